//go:build unix

package socket_test

import (
	"encoding/binary"
	"math"
	"testing"
	"time"

	"github.com/wqjs/wqjs/imports/internal/abi"
	"github.com/wqjs/wqjs/imports/internal/guesttest"
	"github.com/wqjs/wqjs/imports/internal/netsys"
)

// pollArray is an array of wq_pollfd with fds and events in turn, and garbage
// where the result goes.
func pollArray(g *guesttest.Guest, fdEvents ...any) uint32 {
	var b []byte
	for i := 0; i < len(fdEvents); i += 2 {
		b = binary.LittleEndian.AppendUint32(b, uint32(fdEvents[i].(int32)))
		b = binary.LittleEndian.AppendUint32(b, uint32(fdEvents[i+1].(int)))
		b = binary.LittleEndian.AppendUint32(b, 0xbad)
	}
	return g.Put(b)
}

// revents are the results in an array of n.
func revents(g *guesttest.Guest, p uint32, n int) (out []int) {
	for i := range n {
		v, _ := g.Mem.ReadUint32Le(p + uint32(i*12) + 8)
		out = append(out, int(v))
	}
	return out
}

func TestPoll(t *testing.T) {
	const nval = 0x20
	g := newGuest(t, guesttest.Config{})
	a, b := pair(g, stream)
	closed, end := pair(g, stream)
	g.Call("close", end)
	gone := g.Call("socket", inet, dgram, 0)
	g.Call("close", gone)
	other := insert(t, g)
	send(g, b, "x")
	ep := g.Call("epoll_create1", 0)
	g.Call("epoll_ctl", ep, 1, a, in)

	for _, c := range []struct {
		name    string
		fds     []any
		timeout int
		n       int32
		want    []int
	}{
		{"nothing", nil, 0, 0, nil},
		{"ready", []any{a, in, b, in | out}, 1000, 2, []int{in, out}},
		{"not ready", []any{b, in}, 0, 0, []int{0}},
		{"not ready for a while", []any{b, in}, 5, 0, []int{0}},
		{"negative fds are skipped", []any{int32(-1), in, a, in, int32(math.MinInt32), in}, -1, 1, []int{0, in, 0}},
		{"no such fd ends the wait", []any{gone, in, b, in, int32(5), in}, -1, 2, []int{nval, 0, nval}},
		{"no socket", []any{other, in, a, in}, -1, 2, []int{nval, in}},
		{"the same twice", []any{a, in, a, out, a, 0}, -1, 2, []int{in, out, 0}},
		{"an epoll instance", []any{ep, in}, -1, 1, []int{in}},
		{"hang-up, unasked", []any{closed, 0}, -1, 1, []int{hup}},
		{"bits that mean nothing here", []any{a, in | nval | 0x40 | 1<<20 | int(netsys.EPOLLET) | int(netsys.EPOLLONESHOT)}, -1, 1, []int{in}},
		{"and when it has to wait", []any{b, in | 0x40 | 1<<20}, 5, 0, []int{0}},
	} {
		n := len(c.fds) / 2
		p := pollArray(g, c.fds...)
		start := time.Now()
		got := g.Call("poll", p, n, c.timeout)
		if d := time.Since(start); d > patience/2 {
			t.Errorf("%s: took %v", c.name, d)
		}
		r := revents(g, p, n)
		for i := range r {
			if c.name == "hang-up, unasked" {
				r[i] &= hup
			}
			if r[i] != c.want[i] {
				t.Errorf("%s: revents %#x, want %#x", c.name, r, c.want)
			}
		}
		if got != c.n {
			t.Errorf("%s: %d, want %d", c.name, got, c.n)
		}
	}
	for _, n := range []int{-1, math.MinInt32, 65537, math.MaxInt32} {
		g.Fail(abi.EINVAL, "poll", 0, n, 0)
	}
	g.Fail(abi.EFAULT, "poll", 0, 65536, 0) // 768 KiB of a memory of 64
}

const add, del, mod = 1, 2, 3

// ready is what epoll_wait reports, by fd.
func ready(g *guesttest.Guest, ep int32, max, timeout int) map[int32]int {
	p := g.Space(max * 12)
	n := g.Call("epoll_wait", ep, p, max, timeout)
	got := map[int32]int{}
	for i := range uint32(n) {
		fd, _ := g.Mem.ReadUint32Le(p + 12*i)
		ev, _ := g.Mem.ReadUint32Le(p + 12*i + 8)
		got[int32(fd)] = int(ev)
	}
	return got
}

func TestEpoll(t *testing.T) {
	guesttest.NoLeaks(t)
	const et, oneshot = int(netsys.EPOLLET), int(netsys.EPOLLONESHOT)
	g := newGuest(t, guesttest.Config{})
	ep := g.Call("epoll_create1", 0)
	a, b := pair(g, stream)
	want := func(what string, events int) {
		t.Helper()
		got := ready(g, ep, 4, 0)
		if len(got) > 1 || got[a] != events {
			t.Errorf("%s: %#v, want %#x", what, got, events)
		}
	}
	g.Call("epoll_ctl", ep, add, a, in)
	want("nothing to read", 0)
	send(g, b, "x")
	want("level", in)
	want("level again", in)
	g.Call("epoll_ctl", ep, mod, a, in|out)
	want("both", in|out)
	g.Call("epoll_ctl", ep, mod, a, in|et)
	want("edge", in)
	want("no new edge", 0)
	send(g, b, "y")
	want("new edge", in)
	g.Call("epoll_ctl", ep, mod, a, out|oneshot)
	want("once", out)
	want("only once", 0)
	g.Call("epoll_ctl", ep, mod, a, out|oneshot)
	want("once more", out)
	g.Call("epoll_ctl", ep, mod, a, in|rdhup)
	g.Call("shutdown", b, netsys.SHUT_WR)
	want("the other end", in|rdhup)
	g.Call("epoll_ctl", ep, del, a, 0)
	want("removed", 0)

	g.Fail(abi.ENOENT, "epoll_ctl", ep, del, a, 0)
	g.Fail(abi.ENOENT, "epoll_ctl", ep, mod, a, in)
	g.Call("epoll_ctl", ep, add, a, in)
	g.Fail(abi.EEXIST, "epoll_ctl", ep, add, a, in)
	g.Fail(abi.EINVAL, "epoll_ctl", ep, add, ep, in)
	g.Fail(abi.EBADF, "epoll_ctl", ep, add, int32(-1), in)
	for _, op := range []int{0, 4, -1} {
		g.Fail(abi.EINVAL, "epoll_ctl", ep, op, a, in)
	}
	for _, events := range []int{1 << 28, 0x20, 0x40, 1 << 29} { // EPOLLEXCLUSIVE and others
		g.Fail(abi.EINVAL, "epoll_ctl", ep, mod, a, events)
	}
	for _, max := range []int{0, -1, math.MinInt32, 65537} {
		g.Fail(abi.EINVAL, "epoll_wait", ep, 0, max, 0)
	}
	g.Fail(abi.EFAULT, "epoll_wait", ep, 0, 65536, 0)
	g.Fail(abi.EINVAL, "epoll_wait", a, 0, 1, 0)

	start := time.Now()
	c, d := pair(g, stream)
	g.Call("epoll_ctl", ep, del, a, 0)
	g.Call("epoll_ctl", ep, add, c, in)
	if got := ready(g, ep, 1, 10); len(got) != 0 || time.Since(start) < 10*time.Millisecond {
		t.Errorf("%v after %v", got, time.Since(start))
	}
	g.Call("close", c) // what is closed is not watched
	send(g, a, "x")
	if got := ready(g, ep, 1, 0); len(got) != 0 {
		t.Errorf("%v", got)
	}
	g.Call("close", d)
}

// TestEpollNested: an instance in another, and no rings of them.
func TestEpollNested(t *testing.T) {
	g := newGuest(t, guesttest.Config{})
	inner, outer := g.Call("epoll_create1", 0), g.Call("epoll_create1", 0)
	a, b := pair(g, stream)
	g.Call("epoll_ctl", inner, add, a, in)
	g.Call("epoll_ctl", outer, add, inner, in)
	if got := ready(g, outer, 4, 0); len(got) != 0 {
		t.Errorf("%v", got)
	}
	send(g, b, "x")
	if got := ready(g, outer, 4, -1); got[inner] != in {
		t.Errorf("%v", got)
	}
	if _, err := g.Try("epoll_ctl", inner, add, outer, in); err == nil {
		t.Error("made a ring")
	}
	g.Call("close", inner)
	if got := ready(g, outer, 4, 0); len(got) != 0 {
		t.Errorf("%v", got)
	}
}

// TestEpollMany: more is ready than one call reports; all come in turn.
func TestEpollMany(t *testing.T) {
	g := newGuest(t, guesttest.Config{})
	ep := g.Call("epoll_create1", 0)
	fds := g.Space(8)
	const n = 150
	for range n {
		g.Call("socketpair", unix, stream, 0, fds)
		for i := range uint32(2) {
			fd, _ := g.Mem.ReadUint32Le(fds + 4*i)
			g.Call("epoll_ctl", ep, add, fd, out|int(netsys.EPOLLET))
		}
	}
	seen := map[int32]bool{}
	for {
		got := ready(g, ep, 200, 0)
		if len(got) == 0 {
			break
		}
		for fd := range got {
			if seen[fd] {
				t.Errorf("fd %d twice", fd)
			}
			seen[fd] = true
		}
	}
	if len(seen) != 2*n {
		t.Errorf("%d of %d", len(seen), 2*n)
	}
}
