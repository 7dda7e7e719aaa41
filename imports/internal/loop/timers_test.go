package loop_test

import (
	"errors"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/wqjs/wqjs/imports/internal/abi"
	"github.com/wqjs/wqjs/imports/internal/loop"
)

func TestTimerOrder(t *testing.T) {
	l := newLoop(t, loop.Config{})
	for id, ms := range []float64{30, 10, 20, 0, math.NaN(), -5, math.Inf(-1), 10} {
		check(t, l.StartTimer(int32(id), ms, false))
	}
	start := time.Now()
	// What is no sensible delay is 0, and equal delays fire as they were set.
	if got, want := drain(t, l, loop.KindTimer), []int32{3, 4, 5, 6, 1, 7, 2, 0}; !slices.Equal(got, want) {
		t.Errorf("fired %v, want %v", got, want)
	}
	if d := time.Since(start); d < 25*time.Millisecond {
		t.Errorf("all were through after %v", d)
	}
	if l.Alive() {
		t.Error("the loop is alive without timers")
	}
}

func TestTimerNeverEarly(t *testing.T) {
	l := newLoop(t, loop.Config{})
	for range 20 {
		start := time.Now()
		check(t, l.StartTimer(1, 2.5, false))
		if got := ids(t, loop.KindTimer, next(t, l)); !slices.Equal(got, []int32{1}) {
			t.Fatal(got)
		}
		if d := time.Since(start); d < 2500*time.Microsecond {
			t.Fatalf("fired after %v", d)
		}
	}
}

func TestTimerLimits(t *testing.T) {
	l := newLoop(t, loop.Config{MaxTimers: 3})
	for id := range int32(3) {
		check(t, l.StartTimer(id, 1, false))
	}
	if err := l.StartTimer(1, 1, false); err != error(abi.EEXIST) {
		t.Errorf("an id in use: %v", err)
	}
	err := l.StartTimer(3, 1, false)
	if !errors.Is(err, abi.EAGAIN) || err.Error() != "too many pending timers (limit 3)" {
		t.Errorf("one too many: %v", err)
	}
	l.StopTimer(2)
	check(t, l.StartTimer(3, 1, false))
	if got := drain(t, l, loop.KindTimer); len(got) != 3 {
		t.Errorf("fired %v", got)
	}
	check(t, l.StartTimer(0, 1, false)) // fired ones make room
}

func TestFarTimer(t *testing.T) {
	l := newLoop(t, loop.Config{})
	for id, ms := range []float64{math.Inf(1), math.MaxFloat64, math.MaxInt64, 1 << 40, math.MaxInt32} {
		check(t, l.StartTimer(int32(id), ms, id%2 == 0))
	}
	check(t, l.StartTimer(99, 1, false))
	if got := ids(t, loop.KindTimer, next(t, l)); !slices.Equal(got, []int32{99}) {
		t.Errorf("fired %v", got)
	}
}

func TestRepeat(t *testing.T) {
	l := newLoop(t, loop.Config{})
	check(t, l.StartTimer(1, 0, true)) // no faster than a millisecond
	start := time.Now()
	const n = 20
	for range n {
		if got := ids(t, loop.KindTimer, next(t, l)); !slices.Equal(got, []int32{1}) {
			t.Fatalf("fired %v", got)
		}
	}
	if d := time.Since(start); d < (n-1)*time.Millisecond {
		t.Errorf("%d times in %v", n, d)
	}
	l.StopTimer(1)
	l.StopTimer(1) // unknown ids are no error
	if l.Alive() || len(next(t, l)) != 0 {
		t.Error("a stopped timer is alive")
	}
}

// TestStopInBatch stops and sets timers between two that are due together, as
// callbacks do while the guest works through a batch.
func TestStopInBatch(t *testing.T) {
	l := newLoop(t, loop.Config{})
	for id := range int32(4) {
		check(t, l.StartTimer(id, 0, id == 3))
	}
	batch := ids(t, loop.KindTimer, next(t, l))
	if !slices.Equal(batch, []int32{0, 1, 2, 3}) {
		t.Fatal(batch)
	}
	l.StopTimer(2) // has fired: the guest skips it by its own id
	check(t, l.StartTimer(2, 0, false))
	l.StopTimer(3)
	if got := drain(t, l, loop.KindTimer); !slices.Equal(got, []int32{2}) {
		t.Errorf("after the batch %v", got)
	}
}

func TestUnrefTimer(t *testing.T) {
	l := newLoop(t, loop.Config{})
	check(t, l.StartTimer(1, 60_000, false))
	check(t, l.StartTimer(2, 60_000, true))
	l.RefTimer(1, false)
	l.RefTimer(1, false) // twice is once
	l.RefTimer(2, false)
	l.RefTimer(77, false) // unknown: no effect
	if l.Alive() {
		t.Error("alive by timers that do not count")
	}
	if events := next(t, l); len(events) != 0 {
		t.Errorf("%+v", events)
	}
	l.RefTimer(1, true)
	l.RefTimer(1, true)
	if !l.Alive() {
		t.Error("a timer that counts again does not")
	}
	l.StopTimer(1)
	l.StopTimer(2)
	if l.Alive() {
		t.Error("alive without timers")
	}

	// While something else keeps the loop going they do fire.
	check(t, l.StartTimer(3, 1, false))
	check(t, l.StartTimer(4, 20, false))
	l.RefTimer(3, false)
	if got := drain(t, l, loop.KindTimer); !slices.Equal(got, []int32{3, 4}) {
		t.Errorf("fired %v", got)
	}
}

func TestManyTimers(t *testing.T) {
	l := newLoop(t, loop.Config{})
	const n = 5000
	for id := range int32(n) {
		check(t, l.StartTimer(id, float64((id*7919)%13), false))
	}
	for id := int32(0); id < n; id += 3 {
		l.StopTimer(id)
	}
	got := drain(t, l, loop.KindTimer)
	if want := n - (n+2)/3; len(got) != want {
		t.Errorf("%d fired, want %d", len(got), want)
	}
	slices.Sort(got)
	if len(slices.Compact(got)) != n-(n+2)/3 || slices.ContainsFunc(got, func(id int32) bool { return id%3 == 0 }) {
		t.Error("a timer fired twice, or after it was stopped")
	}
}

// TestTimerReuse: a timer that sets its successor allocates nothing.
func TestTimerReuse(t *testing.T) {
	l := loop.New(loop.Config{})
	defer l.Close()
	id := int32(0)
	if n := testing.AllocsPerRun(100, func() {
		id++
		if err := l.StartTimer(id, 1e6, false); err != nil {
			t.Fatal(err)
		}
		l.StopTimer(id)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
