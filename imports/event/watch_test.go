//go:build unix

package event_test

import (
	"testing"

	"github.com/wqjs/wqjs/imports/event"
	"github.com/wqjs/wqjs/imports/internal/guesttest"
	"github.com/wqjs/wqjs/imports/internal/loop"
	"github.com/wqjs/wqjs/imports/internal/netsys"
	"github.com/wqjs/wqjs/imports/socket"
)

// pair makes two connected sockets of the guest.
func pair(g *guesttest.Guest) (int32, int32) {
	p := g.Space(8)
	g.Call("socketpair", netsys.AF_UNIX, netsys.SOCK_STREAM, 0, p)
	a, _ := g.Mem.ReadUint32Le(p)
	b, _ := g.Mem.ReadUint32Le(p + 4)
	return int32(a), int32(b)
}

// watched is the readiness that one turn of the loop reports, by fd.
func watched(t *testing.T, g *guesttest.Guest) map[int32]uint32 {
	t.Helper()
	events, err := g.Loop.Next(make([]loop.Event, 0, 64))
	if err != nil {
		t.Fatal(err)
	}
	got := map[int32]uint32{}
	for _, e := range events {
		if e.Kind != loop.KindFD {
			t.Fatalf("%+v", e)
		}
		got[e.ID] = uint32(e.A)
	}
	return got
}

func TestWatch(t *testing.T) {
	guesttest.NoLeaks(t)
	g := guesttest.New(t, guesttest.Config{}, event.Funcs(), socket.Funcs())
	a, b := pair(g)
	g.Call("watch", a)
	g.Call("watch", a) // again is no error, and counts once
	if got := watched(t, g); got[a] != netsys.EPOLLOUT {
		t.Errorf("%v", got)
	}
	g.Call("send", b, g.Put([]byte("x")), 1, 0)
	if got := watched(t, g); got[a]&netsys.EPOLLIN == 0 {
		t.Errorf("%v", got)
	}
	g.Call("watch_ref", a, 0)
	if g.Loop.Alive() {
		t.Error("alive by a watch that does not count")
	}
	g.Call("watch_ref", b, 0) // not watched: no effect
	g.Call("watch_ref", a, 1)
	if !g.Loop.Alive() {
		t.Error("the watch does not count")
	}
	g.Call("unwatch", a)
	g.Call("unwatch", a)
	if g.Loop.Alive() || len(watched(t, g)) != 0 {
		t.Error("alive without a watch")
	}
}

// TestCloseWatched: closing ends the watch, and the number may be another
// socket at once.
func TestCloseWatched(t *testing.T) {
	guesttest.NoLeaks(t)
	g := guesttest.New(t, guesttest.Config{}, event.Funcs(), socket.Funcs())
	for _, unref := range []bool{false, true} {
		a, b := pair(g)
		g.Call("watch", a)
		if unref {
			g.Call("watch_ref", a, 0)
		}
		g.Call("send", b, g.Put([]byte("x")), 1, 0)
		g.Call("close", a)
		if g.Loop.Alive() || len(watched(t, g)) != 0 {
			t.Error("a closed fd is watched")
		}
		c, d := pair(g)
		if c != a {
			t.Fatalf("the number is %d, not %d", c, a)
		}
		g.Call("watch", c)
		if got := watched(t, g); got[c] != netsys.EPOLLOUT || !g.Loop.Alive() {
			t.Errorf("%v", got)
		}
		for _, fd := range []int32{b, c, d} {
			g.Call("close", fd)
		}
		if g.Loop.Alive() {
			t.Error("alive without fds")
		}
	}
}

// TestWatchEpoll: an epoll instance is readable while it has something ready.
func TestWatchEpoll(t *testing.T) {
	g := guesttest.New(t, guesttest.Config{}, event.Funcs(), socket.Funcs())
	a, b := pair(g)
	ep := g.Call("epoll_create1", 0)
	g.Call("epoll_ctl", ep, 1, a, int(netsys.EPOLLIN))
	g.Call("watch", ep)
	g.Call("send", b, g.Put([]byte("x")), 1, 0)
	if got := watched(t, g); got[ep]&netsys.EPOLLIN == 0 {
		t.Errorf("%v", got)
	}
	g.Call("close", ep)
	if g.Loop.Alive() {
		t.Error("a closed instance is watched")
	}
}

// TestWatchGeneration: what was fetched of an fd that is closed then is told from
// the events of the next fd with its number.
func TestWatchGeneration(t *testing.T) {
	g := guesttest.New(t, guesttest.Config{}, event.Funcs(), socket.Funcs())
	a, b := pair(g)
	first := g.Call("watch", a)
	if first <= 0 || g.Call("watch", a) != first {
		t.Errorf("generation %d, watched again: %d", first, g.Call("watch", a))
	}
	g.Call("close", b)
	old, err := g.Loop.Next(make([]loop.Event, 0, 64))
	if err != nil || len(old) != 1 || old[0].ID != a || old[0].B != int32(first) {
		t.Fatalf("%+v, %v", old, err)
	}
	g.Call("close", a)
	c, _ := pair(g)
	if c != a {
		t.Fatalf("fd %d, want the number %d again", c, a)
	}
	second := g.Call("watch", c)
	if second == first {
		t.Errorf("both are of generation %d", first)
	}
	events, err := g.Loop.Next(make([]loop.Event, 0, 64))
	if err != nil || len(events) != 1 || events[0].ID != c || events[0].B != int32(second) {
		t.Errorf("%+v, %v", events, err)
	}
}
