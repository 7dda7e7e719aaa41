//go:build unix

package socket_test

import (
	"errors"
	"math"
	"testing"

	"github.com/wqjs/wqjs/imports/internal/abi"
	"github.com/wqjs/wqjs/imports/internal/fdtable"
	"github.com/wqjs/wqjs/imports/internal/guesttest"
	"github.com/wqjs/wqjs/imports/internal/netsys"
	"github.com/wqjs/wqjs/imports/socket"
)

// onFD are the functions that take a socket first, with arguments that would do.
var onFD = []struct {
	name string
	need fdtable.Rights
	args []any
}{
	{"bind", fdtable.Bind, []any{0, 0, 0}},
	{"listen", fdtable.Listen, []any{1}},
	{"accept", fdtable.Accept, []any{0, 1}},
	{"connect", fdtable.Connect, []any{0, 0, 0, 1}},
	{"send", fdtable.Send, []any{0, 0, 0}},
	{"recv", fdtable.Recv, []any{0, 0, netsys.MSG_DONTWAIT}},
	{"sendto", fdtable.Send | fdtable.Connect, []any{0, 0, 0, 0, 0, 0}},
	{"recvfrom", fdtable.Recv, []any{0, 0, netsys.MSG_DONTWAIT, 0}},
	{"shutdown", fdtable.Shutdown, []any{0}},
	{"setsockopt", fdtable.SetOpt, []any{1, 2, 1}},
	{"getsockopt", fdtable.GetOpt, []any{1, 2, 0}},
	{"getsockname", 0, []any{0}},
	{"getpeername", 0, []any{0}},
	{"fcntl", 0, []any{3, 0}},
	{"close", 0, nil},
	{"epoll_wait", 0, []any{0, 1, 0}},
	{"epoll_ctl", 0, []any{1, 1000, 1}},
	{"watch", 0, nil},
	{"unwatch", 0, nil},
	{"watch_ref", 0, []any{1}},
}

// untouched is a Net for calls that must not get there.
func untouched(t *testing.T) netsys.Net {
	return netsys.Fault{Net: netsys.OS, Hook: func(op string, _ netsys.FD, _ int) (error, int) {
		t.Errorf("%s reached the kernel", op)
		return abi.EIO, 0
	}}
}

func TestOnFDIsComplete(t *testing.T) {
	known := map[string]bool{ // what takes no fd
		"socket": true, "socketpair": true, "poll": true, "epoll_create1": true, "granted": true, "granted_name": true,
	}
	for _, f := range onFD {
		known[f.name] = true
	}
	for _, f := range socket.Funcs() {
		if !known[f.Name] {
			t.Errorf("%s is in no table of this test", f.Name)
		}
	}
}

// TestNoSuchFD: numbers that are no fd of the guest, WASI's files among them.
func TestNoSuchFD(t *testing.T) {
	g := newGuest(t, guesttest.Config{Net: untouched(t)})
	a, b := insert(t, g), insert(t, g)
	for _, fd := range []int32{a, b} { // used and given back
		if _, err := g.FDs.Remove(fd); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range onFD {
		for _, fd := range []int32{-1, 0, 1, 2, 3, 999, a, b, 1002, 66535, 66536, math.MaxInt32, math.MinInt32} {
			g.Fail(abi.EBADF, f.name, append([]any{fd}, f.args...)...)
		}
	}
}

// object is an fd that is no socket.
type object struct{}

func (object) Close() error { return nil }

func insert(t *testing.T, g *guesttest.Guest) int32 {
	t.Helper()
	fd, err := g.FDs.Insert(&fdtable.Entry{Object: object{}, Rights: fdtable.All})
	if err != nil {
		t.Fatal(err)
	}
	return fd
}

// TestNotASocket: neither an epoll instance nor any other object is a socket,
// whatever the rights.
func TestNotASocket(t *testing.T) {
	g := newGuest(t, guesttest.Config{Net: untouched(t)})
	ep, other := g.Call("epoll_create1", 0), insert(t, g)
	for _, f := range onFD {
		switch f.name {
		case "close", "fcntl", "watch", "unwatch", "watch_ref":
			continue // for any fd
		case "epoll_wait", "epoll_ctl":
			g.Fail(abi.EINVAL, f.name, append([]any{other}, f.args...)...)
			continue
		}
		g.Fail(abi.ENOTSOCK, f.name, append([]any{ep}, f.args...)...)
		g.Fail(abi.ENOTSOCK, f.name, append([]any{other}, f.args...)...)
	}
	g.Fail(abi.EPERM, "epoll_ctl", ep, 1, other, in)
	g.Fail(abi.EPERM, "watch", other)
}

// TestRights: a call that lacks one right of those it needs gets no further.
func TestRights(t *testing.T) {
	for _, f := range onFD {
		g := newGuest(t, guesttest.Config{})
		fd, _ := pair(g, stream)
		e, err := g.FDs.Get(fd, 0)
		if err != nil {
			t.Fatal(err)
		}
		g.Net = untouched(t)
		for right := fdtable.Rights(1); right <= fdtable.All; right <<= 1 {
			if f.need&right == 0 {
				continue
			}
			e.Rights = fdtable.All &^ right
			err := g.Fail(abi.EACCES, f.name, append([]any{fd}, f.args...)...)
			var r *fdtable.RightError
			if !errors.As(err, &r) || r.FD != fd || r.Missing != right {
				t.Errorf("%s: %v", f.name, err)
			}
		}
		g.Net = netsys.OS
		if f.need == 0 { // and what needs none works without any
			e.Rights = 0
			if _, err := g.Try(f.name, append([]any{fd}, f.args...)...); abi.ToErrno(err) == abi.EACCES {
				t.Errorf("%s: %v", f.name, err)
			}
		}
	}
}

// TestAcceptedRights: a connection can be used, not turned into something else,
// and has no more rights to options than its listener.
func TestAcceptedRights(t *testing.T) {
	g := newGuest(t, guesttest.Config{Rules: loopback})
	for _, opts := range []fdtable.Rights{0, fdtable.GetOpt, fdtable.SetOpt | fdtable.GetOpt} {
		l, port := listener(g)
		e, _ := g.FDs.Get(l, 0)
		e.Rights = fdtable.Accept | opts
		c := g.Call("socket", inet, stream, 0)
		host, n := text(g, "127.0.0.1")
		g.Call("connect", c, host, n, port, 0)
		s := g.Call("accept", l, g.Space(addrSize), 0)
		got, _ := g.FDs.Get(s, 0)
		if want := fdtable.Send | fdtable.Recv | fdtable.Shutdown | opts; got.Rights != want {
			t.Errorf("rights %b, want %b", got.Rights, want)
		}
		g.Fail(abi.EACCES, "connect", s, host, n, port, 0)
		g.Fail(abi.EACCES, "bind", s, host, n, 0)
		g.Fail(abi.EACCES, "listen", s, 1)
		g.Fail(abi.EACCES, "accept", s, 0, 1)
		g.Fail(abi.EACCES, "sendto", s, host, n, 0, host, n, port)
	}
}
