package guest_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wqjs/wqjs/imports/internal/abi"
	"github.com/wqjs/wqjs/imports/internal/guest"
	"github.com/wqjs/wqjs/imports/internal/guesttest"
	"github.com/wqjs/wqjs/imports/internal/loop"
)

// completed runs the loop until n operations were reported.
func completed(t *testing.T, g *guesttest.Guest, n int) {
	t.Helper()
	for n > 0 {
		events, err := g.Loop.Next(make([]loop.Event, 0, 256))
		check(t, err)
		if len(events) == 0 {
			t.Fatalf("the loop ended with %d operations to go", n)
		}
		n -= len(events)
	}
}

func TestGo(t *testing.T) {
	guesttest.NoLeaks(t)
	g := guesttest.New(t, guesttest.Config{})
	release := make(chan struct{})
	check(t, g.Go(3, 0, func(context.Context) any {
		<-release
		return "value"
	}))
	for _, id := range []int32{3, 4, 0, -1} { // running, and unknown ones
		if v, err := g.Result(id); v != nil || err != error(abi.ENOENT) {
			t.Errorf("result of %d: %v, %v", id, v, err)
		}
	}
	if err := g.Go(3, 0, nil); err != error(abi.EEXIST) {
		t.Errorf("the id of a running operation: %v", err)
	}
	close(release)
	completed(t, g, 1)
	if err := g.Go(3, 0, nil); err != error(abi.EEXIST) {
		t.Errorf("the id of a result to be fetched: %v", err)
	}
	if v, err := g.Result(3); v != "value" || err != nil {
		t.Errorf("%v, %v", v, err)
	}
	if _, err := g.Result(3); err != error(abi.ENOENT) {
		t.Errorf("fetched twice: %v", err)
	}
	check(t, g.Go(3, 0, func(context.Context) any { return nil })) // free again
	completed(t, g, 1)
	if v, err := g.Result(3); v != nil || err != nil {
		t.Errorf("%v, %v", v, err)
	}
}

// TestResultLimit is a guest that starts operations and fetches nothing.
func TestResultLimit(t *testing.T) {
	g := guesttest.New(t, guesttest.Config{})
	var err error
	n := int32(0)
	for ; err == nil && n < 10*guest.MaxResults; n++ {
		if err = g.Go(n, 0, func(context.Context) any { return n }); err == nil {
			completed(t, g, 1)
		}
	}
	if n != guest.MaxResults+1 || !errors.Is(err, abi.EAGAIN) {
		t.Errorf("%d operations, then %v", n, err)
	}
	_, err = g.Result(5)
	check(t, err)
	check(t, g.Go(n, 0, func(context.Context) any { return nil }))
	completed(t, g, 1)
}

// TestFlightLimit: an operation that the loop refuses leaves no trace.
func TestFlightLimit(t *testing.T) {
	guesttest.NoLeaks(t)
	g := guesttest.New(t, guesttest.Config{Loop: loop.Config{MaxOps: 1}})
	var ended atomic.Bool
	check(t, g.Go(1, 0, func(ctx context.Context) any {
		<-ctx.Done()
		ended.Store(true)
		return nil
	}))
	for range 3 {
		if err := g.Go(2, 0, nil); !errors.Is(err, abi.EAGAIN) {
			t.Errorf("one too many: %v", err)
		}
	}
	check(t, g.Loop.Close()) // ends what runs
	for end := time.Now().Add(10 * time.Second); !ended.Load(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("Close did not end the operation")
		}
	}
	if err := g.Go(3, 0, nil); !errors.Is(err, loop.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

func TestAwait(t *testing.T) {
	guesttest.NoLeaks(t)
	g := guesttest.New(t, guesttest.Config{})
	v, err := guest.Await(g.Guest, func(context.Context) (int, error) { return 5, nil })
	if v != 5 || err != nil {
		t.Errorf("%d, %v", v, err)
	}
	failed := errors.New("failed")
	for range 100 { // with the wakes of earlier ones left over
		v, err = guest.Await(g.Guest, func(context.Context) (int, error) { return 6, failed })
		if v != 6 || err != failed {
			t.Fatalf("%d, %v", v, err)
		}
	}
}

// TestAwaitInterrupt ends the wait at once, and the work by its context.
func TestAwaitInterrupt(t *testing.T) {
	guesttest.NoLeaks(t)
	g := guesttest.New(t, guesttest.Config{})
	cause := errors.New("stop")
	for range 20 {
		ended := make(chan struct{})
		time.AfterFunc(time.Millisecond, func() { g.Loop.Interrupt(cause) })
		v, err := guest.Await(g.Guest, func(ctx context.Context) (int, error) {
			<-ctx.Done()
			close(ended)
			return 7, nil
		})
		if v != 0 || err != cause {
			t.Fatalf("%d, %v", v, err)
		}
		select {
		case <-ended:
		case <-time.After(10 * time.Second):
			t.Fatal("the work goes on")
		}
		g.Loop.Resume()
	}
	v, err := guest.Await(g.Guest, func(context.Context) (int, error) { return 8, nil })
	if v != 8 || err != nil {
		t.Errorf("%d, %v", v, err)
	}
}
