//go:build unix

package loop_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/wqjs/wqjs/imports/internal/guesttest"
	"github.com/wqjs/wqjs/imports/internal/loop"
	"github.com/wqjs/wqjs/imports/internal/netsys"
)

const (
	in  = netsys.EPOLLIN
	out = netsys.EPOLLOUT
	hup = netsys.EPOLLRDHUP
)

// pair is two connected stream sockets.
func pair(t testing.TB) (a, b netsys.FD) {
	t.Helper()
	p, err := netsys.OS.SocketPair(netsys.AF_UNIX, netsys.SOCK_STREAM, 0)
	check(t, err)
	t.Cleanup(func() {
		netsys.OS.Close(p[0])
		netsys.OS.Close(p[1])
	})
	return p[0], p[1]
}

func send(t testing.TB, fd netsys.FD, s string) {
	t.Helper()
	_, err := netsys.OS.Send(fd, []byte(s), 0)
	check(t, err)
}

func recv(t testing.TB, fd netsys.FD) string {
	t.Helper()
	b := make([]byte, 64)
	n, err := netsys.OS.Recv(fd, b, 0)
	check(t, err)
	return string(b[:n])
}

func TestWatch(t *testing.T) {
	guesttest.NoLeaks(t)
	l := newLoop(t, loop.Config{})
	a, b := pair(t)
	check(t, l.Watch(1234, a))
	want := func(bits uint32) {
		t.Helper()
		events := next(t, l)
		if len(events) != 1 || events[0].Kind != loop.KindFD || events[0].ID != 1234 || uint32(events[0].A)&bits != bits {
			t.Fatalf("%+v, want %#x", events, bits)
		}
	}
	want(out)
	send(t, b, "x")
	want(in)
	send(t, b, "y") // a new arrival is an edge, though the old one was not read
	want(in)
	if got := recv(t, a); got != "xy" {
		t.Errorf("%q", got)
	}
	check(t, netsys.OS.Shutdown(b, netsys.SHUT_WR))
	want(in | hup)

	check(t, l.StartTimer(1, 10, false)) // nothing new: the next event is another's
	if got := ids(t, loop.KindTimer, next(t, l)); !slices.Equal(got, []int32{1}) {
		t.Error(got)
	}
	l.Unwatch(1234, a)
	if l.Alive() || len(next(t, l)) != 0 {
		t.Error("alive without a watch")
	}
	check(t, l.Watch(1235, a)) // and again, under another name
	if events := next(t, l); len(events) != 1 || events[0].ID != 1235 {
		t.Errorf("%+v", events)
	}
	l.Unwatch(1235, a)
}

func TestWatchErrors(t *testing.T) {
	l := newLoop(t, loop.Config{})
	if err := l.Watch(1000, -1); err == nil {
		t.Error("watched descriptor -1")
	}
	a, _ := pair(t)
	check(t, l.Watch(1000, a))
	if err := l.Watch(1001, a); err == nil {
		t.Error("watched a descriptor twice")
	}
	l.Unwatch(1000, a)
	if l.Alive() {
		t.Error("a failed watch counts")
	}
	check(t, l.Close())
	if err := l.Watch(1000, a); err == nil {
		t.Error("watched after Close")
	}
}

func TestRefWatch(t *testing.T) {
	l := newLoop(t, loop.Config{})
	a, _ := pair(t)
	c, _ := pair(t)
	check(t, l.Watch(1000, a))
	check(t, l.Watch(1001, c))
	for _, on := range []bool{false, false, true, true, false} {
		l.RefWatch(1000, on)
	}
	if !l.Alive() {
		t.Error("the other watch does not count")
	}
	l.RefWatch(1001, false)
	if l.Alive() {
		t.Error("alive by watches that do not count")
	}
	// What is ready is reported all the same, and then the loop ends.
	if got := ids(t, loop.KindFD, next(t, l)); len(got) != 2 {
		t.Error(got)
	}
	if events := next(t, l); len(events) != 0 {
		t.Errorf("%+v", events)
	}
	l.Unwatch(1000, a)
	l.Unwatch(1001, c)
	check(t, l.Watch(1000, a)) // the number starts anew, counted
	if !l.Alive() {
		t.Error("the new watch does not count")
	}
	l.Unwatch(1000, a)
	if l.Alive() {
		t.Error("alive without watches")
	}
}

// TestNoStarvation has more due timers, completions and ready fds than room:
// every batch serves all three.
func TestNoStarvation(t *testing.T) {
	l := newLoop(t, loop.Config{})
	for i := range int32(20) {
		check(t, l.StartTimer(i, 0, true))
		check(t, l.StartOp(i, func() {}))
		l.Complete(i, 0)
		a, _ := pair(t)
		check(t, l.Watch(1000+i, a))
	}
	time.Sleep(2 * time.Millisecond)
	count := map[int32]int{}
	for range 10 {
		events, err := l.Next(make([]loop.Event, 0, 8))
		check(t, err)
		kinds := map[int32]bool{}
		for _, e := range events {
			kinds[e.Kind] = true
			count[e.Kind]++
		}
		if count[loop.KindFD] < 20 && !kinds[loop.KindFD] || count[loop.KindOp] < 20 && !kinds[loop.KindOp] {
			t.Fatalf("a source starves: %+v after %v", events, count)
		}
	}
	if count[loop.KindFD] != 20 || count[loop.KindOp] != 20 || count[loop.KindTimer] == 0 {
		t.Errorf("%v", count)
	}
}

func TestWaitFDs(t *testing.T) {
	guesttest.NoLeaks(t)
	var depth, waits int
	l := newLoop(t, loop.Config{OnBlock: func(waiting bool) {
		if waiting {
			depth++
			waits++
		} else {
			depth--
		}
	}})
	a, b := pair(t)
	c, _ := pair(t)

	// Ready at once: no waiting.
	fds := []loop.Interest{{FD: a, Events: in}, {FD: c, Events: out}, {FD: a, Events: out}}
	n, err := l.WaitFDs(fds, time.Time{})
	if n != 2 || err != nil || fds[0].Revents != 0 || fds[1].Revents != out || fds[2].Revents != out || waits != 0 {
		t.Errorf("%d, %v, %+v, %d waits", n, err, fds, waits)
	}
	// A deadline that has passed asks without waiting, one to come waits.
	fds = []loop.Interest{{FD: a, Events: in}}
	if n, err := l.WaitFDs(fds, time.Now()); n != 0 || err != nil || waits != 0 {
		t.Errorf("%d, %v, %d waits", n, err, waits)
	}
	start := time.Now()
	if n, err := l.WaitFDs(fds, start.Add(15*time.Millisecond)); n != 0 || err != nil || time.Since(start) < 15*time.Millisecond || waits != 1 {
		t.Errorf("%d, %v after %v, %d waits", n, err, time.Since(start), waits)
	}
	// The same fd twice, with different interests, and another.
	go func() {
		time.Sleep(5 * time.Millisecond)
		netsys.OS.Send(b, []byte("x"), 0)
	}()
	fds = []loop.Interest{{FD: a, Events: in}, {FD: c, Events: in}, {FD: a, Events: hup}}
	if n, err := l.WaitFDs(fds, time.Time{}); n != 1 || err != nil || fds[0].Revents != in || fds[1].Revents != 0 || fds[2].Revents != 0 {
		t.Errorf("%d, %v, %+v", n, err, fds)
	}
	if depth != 0 || waits != 2 {
		t.Errorf("OnBlock: depth %d after %d waits", depth, waits)
	}
}

// TestWaitWatched blocks on an fd that the event loop watches, too.
func TestWaitWatched(t *testing.T) {
	l := newLoop(t, loop.Config{})
	a, b := pair(t)
	check(t, l.Watch(1000, a))
	next(t, l)
	go func() {
		time.Sleep(5 * time.Millisecond)
		netsys.OS.Send(b, []byte("x"), 0)
	}()
	for range 2 { // what the first call left behind must not disturb a second
		fds := []loop.Interest{{FD: a, Events: in}}
		if n, err := l.WaitFDs(fds, time.Time{}); n != 1 || err != nil {
			t.Fatalf("%d, %v", n, err)
		}
	}
	if events := next(t, l); len(events) != 1 || uint32(events[0].A)&in == 0 {
		t.Errorf("the watch missed what was waited for: %+v", events)
	}
	l.Unwatch(1000, a)
}

// TestWaitFDsError: what fails half way leaves nothing in the poller.
func TestWaitFDsError(t *testing.T) {
	l := newLoop(t, loop.Config{})
	a, _ := pair(t)
	c, _ := pair(t)
	bad := []loop.Interest{{FD: a, Events: in}, {FD: c, Events: 1 << 20}}
	for range 3 {
		if n, err := l.WaitFDs(bad, time.Time{}); n != 0 || err == nil {
			t.Fatalf("%d, %v", n, err)
		}
		for _, fd := range []netsys.FD{a, c} {
			n, err := l.WaitFDs([]loop.Interest{{FD: fd, Events: in}}, time.Now().Add(time.Millisecond))
			if n != 0 || err != nil {
				t.Fatalf("%d, %v", n, err)
			}
		}
	}
}

// TestWaitManyFDs waits for the last of many, as poll(2) of a server does.
func TestWaitManyFDs(t *testing.T) {
	l := newLoop(t, loop.Config{})
	var fds []loop.Interest
	for range 300 {
		a, _ := pair(t)
		fds = append(fds, loop.Interest{FD: a, Events: in})
	}
	a, b := pair(t)
	fds = append(fds, loop.Interest{FD: a, Events: in})
	for range 3 {
		go func() {
			time.Sleep(3 * time.Millisecond)
			netsys.OS.Send(b, []byte("x"), 0)
		}()
		n, err := l.WaitFDs(fds, time.Time{})
		if n != 1 || err != nil || fds[300].Revents != in {
			t.Fatalf("%d, %v", n, err)
		}
		recv(t, a)
	}
}

// TestStolenReadiness: somebody who shares the socket may take what a wait was
// for. That is no timeout: without a deadline the wait goes on.
func TestStolenReadiness(t *testing.T) {
	l := newLoop(t, loop.Config{})
	a, b := pair(t)
	stop := make(chan struct{})
	done := make(chan error, 1)
	go func() {
		for {
			n, err := l.WaitFDs([]loop.Interest{{FD: a, Events: in}}, time.Time{})
			if n == 0 && err == nil {
				err = errors.New("a wait without deadline found nothing")
			}
			if err != nil {
				done <- err
				return
			}
		}
	}()
	go func() {
		defer close(stop)
		buf := make([]byte, 8)
		for i := range 4000 {
			netsys.OS.Send(b, []byte("x"), 0)
			for start := time.Now(); time.Since(start) < time.Duration(i%64)*time.Microsecond; {
				// The moment between waking up and looking is short.
			}
			netsys.OS.Recv(a, buf, 0)
		}
	}()
	cause := errors.New("enough")
	select {
	case err := <-done:
		t.Fatal(err)
	case <-stop:
	}
	l.Interrupt(cause)
	if err := <-done; err != cause {
		t.Error(err)
	}
}
