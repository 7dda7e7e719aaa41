package loop_test

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/wqjs/wqjs/imports/internal/abi"
	"github.com/wqjs/wqjs/imports/internal/guesttest"
	"github.com/wqjs/wqjs/imports/internal/loop"
)

func TestCompletions(t *testing.T) {
	l := newLoop(t, loop.Config{})
	check(t, l.StartOp(5, func() {}))
	check(t, l.StartOp(6, func() {}))
	if !l.Alive() {
		t.Error("an operation does not keep the loop alive")
	}
	go func() {
		time.Sleep(5 * time.Millisecond)
		l.Complete(6, -3)
		l.Complete(5, 0)
	}()
	var got []loop.Event
	for len(got) < 2 {
		got = append(got, next(t, l)...)
	}
	want := []loop.Event{{Kind: loop.KindOp, ID: 6, A: -3}, {Kind: loop.KindOp, ID: 5}}
	if !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
	if l.Alive() || len(next(t, l)) != 0 {
		t.Error("alive after the last operation")
	}
}

func TestOpLimit(t *testing.T) {
	l := newLoop(t, loop.Config{MaxOps: 2})
	check(t, l.StartOp(1, func() {}))
	if err := l.StartOp(1, func() {}); err != error(abi.EEXIST) {
		t.Errorf("an id in flight: %v", err)
	}
	check(t, l.StartOp(2, func() {}))
	full := func() {
		t.Helper()
		err := l.StartOp(9, func() {})
		if !errors.Is(err, abi.EAGAIN) || err.Error() != "too many operations in flight (limit 2)" {
			t.Errorf("one too many: %v", err)
		}
	}
	full()
	l.Complete(1, 0)
	full() // completed, but not reported: the queue has a limit, too
	if got := ids(t, loop.KindOp, next(t, l)); !slices.Equal(got, []int32{1}) {
		t.Fatal(got)
	}
	check(t, l.StartOp(3, func() {}))
	full()
}

func TestCancelOp(t *testing.T) {
	l := newLoop(t, loop.Config{})
	cancelled := 0
	check(t, l.StartOp(1, func() { cancelled++ }))
	l.CancelOp(2) // unknown: no effect
	l.CancelOp(1)
	if cancelled != 1 || !l.Alive() {
		t.Errorf("cancelled %d times, alive %v", cancelled, l.Alive())
	}
	l.Complete(1, 0)
	l.CancelOp(1) // too late
	if got := ids(t, loop.KindOp, next(t, l)); !slices.Equal(got, []int32{1}) || cancelled != 1 {
		t.Errorf("%v, cancelled %d times", got, cancelled)
	}
	check(t, l.Close())
	l.CancelOp(1)
}

func TestDefaultOpLimit(t *testing.T) {
	l := newLoop(t, loop.Config{MaxOps: -1})
	n := int32(0)
	for l.StartOp(n, func() {}) == nil {
		n++
	}
	if n != loop.DefaultMaxOps {
		t.Errorf("%d operations", n)
	}
}

// TestLittleRoom: Next never returns more than fits, loses nothing, and every
// source has its share when all have more than fits.
func TestLittleRoom(t *testing.T) {
	for _, room := range []int{loop.MinEvents, 5, 8, 64} {
		l := newLoop(t, loop.Config{MaxOps: 500})
		for id := range int32(300) {
			check(t, l.StartOp(id, func() {}))
			check(t, l.StartTimer(id, 0, false))
		}
		for id := range int32(300) {
			l.Complete(id, 0)
		}
		count := map[int32]int{}
		for first := true; ; first = false {
			events, err := l.Next(make([]loop.Event, 0, room))
			check(t, err)
			if len(events) == 0 {
				break
			}
			if len(events) > room {
				t.Fatalf("%d events in room for %d", len(events), room)
			}
			kinds := map[int32]bool{}
			for _, e := range events {
				count[e.Kind]++
				kinds[e.Kind] = true
			}
			if first && len(kinds) != 2 {
				t.Errorf("room %d: only one source in %+v", room, events)
			}
		}
		if count[loop.KindTimer] != 300 || count[loop.KindOp] != 300 {
			t.Errorf("room %d: %v", room, count)
		}
	}
	l := newLoop(t, loop.Config{})
	check(t, l.StartTimer(1, 0, false))
	for room := range loop.MinEvents {
		if _, err := l.Next(make([]loop.Event, 0, room)); err != error(abi.EINVAL) {
			t.Errorf("room for %d: %v", room, err)
		}
	}
}

func TestCloseLoop(t *testing.T) {
	guesttest.NoLeaks(t)
	l := loop.New(loop.Config{})
	var cancelled sync.WaitGroup
	cancelled.Add(2)
	check(t, l.StartOp(1, cancelled.Done))
	check(t, l.StartOp(2, cancelled.Done))
	l.Interrupt(errors.New("earlier"))
	check(t, l.Close())
	returns(t, "cancelling", cancelled.Wait)
	l.Complete(1, 0) // too late: no effect
	l.Wake()
	l.Resume()
	l.Interrupt(errors.New("later"))

	for what, err := range map[string]error{
		"Sleep":    l.Sleep(time.Hour),
		"WaitWake": l.WaitWake(),
		"StartOp":  l.StartOp(3, func() {}),
		"cause":    l.Interrupted(),
	} {
		if !errors.Is(err, loop.ErrClosed) {
			t.Errorf("%s after Close: %v", what, err)
		}
	}
	if events, err := l.Next(make([]loop.Event, 0, 8)); !errors.Is(err, loop.ErrClosed) || len(events) != 0 {
		t.Errorf("Next after Close: %+v, %v", events, err)
	}
	l.SleepNS(int64(time.Hour))
	check(t, l.Close())
}

// TestWakeStorm completes operations from many goroutines, with wakes and
// interrupts in between: each is reported once.
func TestWakeStorm(t *testing.T) {
	guesttest.NoLeaks(t)
	const workers, each = 8, 200
	l := newLoop(t, loop.Config{MaxOps: workers * each})
	for id := range int32(workers * each) {
		check(t, l.StartOp(id, func() {}))
	}
	cause := errors.New("stop")
	var wg sync.WaitGroup
	for w := range int32(workers) {
		wg.Go(func() {
			for i := range int32(each) {
				l.Complete(w*each+i, i)
				switch i % 16 {
				case 3:
					l.Interrupt(cause)
				case 7:
					l.Wake()
				}
			}
		})
	}
	seen := make([]int, workers*each)
	for l.Alive() {
		events, err := l.Next(make([]loop.Event, 0, 16))
		if err != nil {
			if err != cause {
				t.Fatal(err)
			}
			l.Resume()
		}
		for _, e := range events {
			if e.Kind != loop.KindOp || e.A != e.ID%each {
				t.Fatalf("%+v", e)
			}
			seen[e.ID]++
		}
	}
	wg.Wait()
	for id, n := range seen {
		if n != 1 {
			t.Errorf("operation %d was reported %d times", id, n)
		}
	}
}
