package loop_test

import (
	"testing"
	"time"

	"github.com/wqjs/wqjs/imports/internal/loop"
)

// soon bounds what must happen at once; the machine may be busy.
const soon = 10 * time.Second

func newLoop(t testing.TB, c loop.Config) *loop.Loop {
	t.Helper()
	l := loop.New(c)
	t.Cleanup(func() { l.Close() })
	return l
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// next is one Next with room for 256 events, as the guest's ring has.
func next(t testing.TB, l *loop.Loop) []loop.Event {
	t.Helper()
	events, err := l.Next(make([]loop.Event, 0, 256))
	check(t, err)
	return events
}

// ids are the events' ids, which must all be of one kind.
func ids(t testing.TB, kind int32, events []loop.Event) (out []int32) {
	t.Helper()
	for _, e := range events {
		if e.Kind != kind {
			t.Fatalf("%+v is not of kind %d", e, kind)
		}
		out = append(out, e.ID)
	}
	return out
}

// drain collects the ids of all events until nothing is pending.
func drain(t testing.TB, l *loop.Loop, kind int32) (out []int32) {
	t.Helper()
	for {
		events := next(t, l)
		if len(events) == 0 {
			return out
		}
		out = append(out, ids(t, kind, events)...)
	}
}

// returns fails the test unless f comes back.
func returns(t testing.TB, what string, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	select {
	case <-done:
	case <-time.After(soon):
		t.Fatal(what + " does not return")
	}
}
