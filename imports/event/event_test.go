package event_test

import (
	"math"
	"slices"
	"testing"

	"github.com/wqjs/wqjs/imports/event"
	"github.com/wqjs/wqjs/imports/internal/abi"
	"github.com/wqjs/wqjs/imports/internal/fdtable"
	"github.com/wqjs/wqjs/imports/internal/guesttest"
	"github.com/wqjs/wqjs/imports/internal/loop"
)

// fired runs the loop until nothing is pending.
func fired(t *testing.T, g *guesttest.Guest) (ids []int32) {
	t.Helper()
	for {
		events, err := g.Loop.Next(make([]loop.Event, 0, 64))
		if err != nil {
			t.Fatal(err)
		}
		if len(events) == 0 {
			return ids
		}
		for _, e := range events {
			if e.Kind != loop.KindTimer {
				t.Fatalf("%+v", e)
			}
			ids = append(ids, e.ID)
		}
	}
}

func TestTimers(t *testing.T) {
	g := guesttest.New(t, guesttest.Config{Loop: loop.Config{MaxTimers: 5}}, event.Funcs())
	for id, ms := range []float64{400, 1, math.NaN(), 2, -1} {
		g.Call("timer_start", id, ms, 0)
	}
	g.Fail(abi.EEXIST, "timer_start", 1, 1.0, 0)
	g.Fail(abi.EAGAIN, "timer_start", 5, 1.0, 0)
	g.Call("timer_stop", 3)
	g.Call("timer_stop", 77)
	// The flags are 32 bits of a slot of 64: zero is off, whatever the others hold.
	g.Call("timer_ref", 0, 0)
	if got := fired(t, g); !slices.Equal(got, []int32{2, 4, 1}) {
		t.Errorf("fired %v", got)
	}
	g.Call("timer_ref", 0, 1)
	if got := fired(t, g); !slices.Equal(got, []int32{0}) {
		t.Errorf("fired %v", got)
	}
	g.Call("timer_start", -1, 0.0, 1) // ids are the guest's business
	for range 3 {
		events, err := g.Loop.Next(make([]loop.Event, 0, 64))
		if err != nil || len(events) != 1 || events[0].ID != -1 {
			t.Errorf("%+v, %v", events, err)
		}
	}
	g.Call("timer_stop", -1)
	if got := fired(t, g); got != nil {
		t.Errorf("fired %v", got)
	}
}

// TestNoSuchFD: numbers that are nothing, and objects no poller knows.
func TestNoSuchFD(t *testing.T) {
	g := guesttest.New(t, guesttest.Config{}, event.Funcs())
	fd, err := g.FDs.Insert(&fdtable.Entry{Object: object{}})
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []int32{-1, 0, 2, 999, 1001, math.MaxInt32, math.MinInt32} {
		g.Fail(abi.EBADF, "watch", bad)
		g.Fail(abi.EBADF, "unwatch", bad)
		g.Fail(abi.EBADF, "watch_ref", bad, 1)
	}
	g.Fail(abi.EPERM, "watch", fd)
	g.Fail(abi.EPERM, "unwatch", fd)
	g.Fail(abi.EPERM, "watch_ref", fd, 0)
	if g.Loop.Alive() {
		t.Error("a failed watch keeps the loop alive")
	}
}

type object struct{}

func (object) Close() error { return nil }
