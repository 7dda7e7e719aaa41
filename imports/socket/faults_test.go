//go:build unix

package socket_test

import (
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/wqjs/wqjs/imports/internal/abi"
	"github.com/wqjs/wqjs/imports/internal/guesttest"
	"github.com/wqjs/wqjs/imports/internal/netsys"
)

// call is a host function that succeeds when the kernel does, ready to be made.
type call struct {
	op   string // of netsys.Fault, which the function comes down to
	name string
	args []any
}

// calls makes fds such that every function that reaches the kernel succeeds.
func calls(g *guesttest.Guest) []call {
	host, n := text(g, "127.0.0.1")
	out := g.Space(addrSize)
	data := g.Put([]byte("data"))
	l, port := listener(g)
	waiting := g.Call("socket", inet, stream, 0)
	g.Call("connect", waiting, host, n, port, 0)
	a, b := pair(g, stream)
	send(g, b, "some bytes to receive, twice")
	u := g.Call("socket", inet, dgram, 0)
	bind(g, u, "127.0.0.1", 0)
	uport := int(name(g, "getsockname", u).port)
	g.Call("sendto", u, data, 4, 0, host, n, uport)
	fresh := func(typ int) int32 { return g.Call("socket", inet, typ, 0) }
	bound := fresh(stream)
	bind(g, bound, "127.0.0.1", 0)
	sol := netsys.SOL_SOCKET
	return []call{
		{"socket", "socket", []any{inet, stream, 0}},
		{"socketpair", "socketpair", []any{unix, stream, 0, out}},
		{"bind", "bind", []any{fresh(stream), host, n, 0}},
		{"listen", "listen", []any{bound, 1}},
		{"accept", "accept", []any{l, out, 0}},
		{"connect", "connect", []any{fresh(dgram), host, n, uport, 0}},
		{"send", "send", []any{a, data, 4, 0}},
		{"recv", "recv", []any{a, data, 4, 0}},
		{"sendto", "sendto", []any{u, data, 4, 0, host, n, uport}},
		{"recvfrom", "recvfrom", []any{u, data, 4, 0, out}},
		{"setsockopt", "setsockopt", []any{l, sol, netsys.SO_REUSEADDR, 1}},
		{"setsockopt", "setsockopt", []any{l, sol, netsys.SO_LINGER, 1}},
		{"getsockopt", "getsockopt", []any{l, sol, netsys.SO_REUSEADDR, out}},
		{"getsockopt", "getsockopt", []any{l, sol, netsys.SO_LINGER, out}},
		{"getsockopt", "getsockopt", []any{l, sol, netsys.SO_ERROR, out}},
		{"getsockname", "getsockname", []any{l, out}},
		{"getpeername", "getpeername", []any{waiting, out}},
		{"shutdown", "shutdown", []any{b, netsys.SHUT_RDWR}},
		{"close", "close", []any{b}},
	}
}

// TestErrors: an error of any call comes out as its number in WASI, leaks
// nothing, and but for close changes nothing: the next try succeeds.
func TestErrors(t *testing.T) {
	guesttest.NoLeaks(t)
	f := newFaults()
	g := newGuest(t, guesttest.Config{Rules: loopback, Net: f.net()})
	for _, c := range calls(g) {
		before, fds := guesttest.OpenFDs(), g.FDs.Len()
		for errno, want := range map[syscall.Errno]abi.Errno{
			syscall.ECONNRESET: abi.ECONNRESET, syscall.EMFILE: abi.EMFILE, syscall.ENFILE: abi.ENFILE,
			syscall.ENOBUFS: abi.ENOBUFS, syscall.ENOMEM: abi.ENOMEM, syscall.ECONNABORTED: abi.ECONNABORTED,
			syscall.EPIPE: abi.EPIPE, syscall.ETIMEDOUT: abi.ETIMEDOUT, syscall.EACCES: abi.EACCES,
			syscall.ENETUNREACH: abi.ENETUNREACH, syscall.Errno(9999): abi.EIO,
		} {
			if c.op == "close" {
				continue
			}
			f.next(c.op, errno)
			err := g.Fail(want, c.name, c.args...)
			if !abi.IsErrno(err) {
				t.Errorf("%s: %v is told more of than its name", c.name, err)
			}
			if g.FDs.Len() != fds || guesttest.OpenFDs() != before {
				t.Errorf("%s: %v leaves an fd", c.name, errno)
			}
		}
		if c.op == "close" { // closes all the same, as close(2) does
			f.next(c.op, syscall.EIO)
			g.Fail(abi.EIO, c.name, c.args...)
			if g.FDs.Len() != fds-1 || before > 0 && guesttest.OpenFDs() != before-1 {
				t.Error("a close that fails leaves the fd")
			}
			g.Fail(abi.EBADF, c.name, c.args...)
			continue
		}
		g.Call(c.name, c.args...)
	}
}

// TestNotNow: EAGAIN has a blocking call wait and try again, and a non-blocking
// one return.
func TestNotNow(t *testing.T) {
	waits := map[string]bool{"accept": true, "send": true, "recv": true, "sendto": true, "recvfrom": true}
	f := newFaults()
	g := newGuest(t, guesttest.Config{Rules: loopback, Net: f.net()})
	for _, c := range calls(g) {
		if c.op == "close" {
			continue
		}
		again := syscall.EAGAIN
		if !waits[c.op] {
			f.next(c.op, again)
			g.Fail(abi.EAGAIN, c.name, c.args...)
			g.Call(c.name, c.args...)
			continue
		}
		fd := c.args[0].(int32)
		g.Call("fcntl", fd, 4, nonblock)
		f.next(c.op, again, again)
		g.Fail(abi.EAGAIN, c.name, c.args...)
		if n := len(f.plan[c.op]); n != 1 {
			t.Errorf("%s: a non-blocking call tried %d times", c.name, 2-n)
		}
		g.Call("fcntl", fd, 4, 0)
		f.next(c.op, again, again, again)
		g.Call(c.name, c.args...)
		if n := len(f.plan[c.op]); n != 0 {
			t.Errorf("%s: succeeded with %d refusals to go", c.name, n)
		}
	}
}

// TestErrorAfterWait: what ends a wait is reported, too.
func TestErrorAfterWait(t *testing.T) {
	f := newFaults()
	g := newGuest(t, guesttest.Config{Rules: loopback, Net: f.net()})
	for _, c := range calls(g) {
		switch c.op {
		case "accept", "send", "recv", "sendto", "recvfrom":
			f.next(c.op, syscall.EAGAIN, syscall.EAGAIN, syscall.ECONNRESET)
			g.Fail(abi.ECONNRESET, c.name, c.args...)
		}
	}
}

func TestPartial(t *testing.T) {
	f := newFaults()
	g := newGuest(t, guesttest.Config{Net: f.net()})
	a, b := pair(g, stream)
	f.limit["send"] = 3
	if n := send(g, a, "hello"); n != 3 { // short writes are returned as such
		t.Errorf("sent %d", n)
	}
	f.limit["send"] = 0
	send(g, a, "lo and more")
	f.limit["recv"] = 2
	if got := recv(g, b, 64, 0); got != "he" {
		t.Errorf("%q", got)
	}
	if got := recv(g, b, 9, netsys.MSG_WAITALL); got != "llo and m" {
		t.Errorf("%q", got)
	}
	if n := f.count("recv"); n != 1+5 {
		t.Errorf("%d calls", n)
	}
	// What came before an error, or the end, is not lost.
	f.next("recv", nil, syscall.ECONNRESET)
	if got := recv(g, b, 9, netsys.MSG_WAITALL); got != "or" {
		t.Errorf("%q", got)
	}
	f.next("recv", syscall.ECONNRESET)
	g.Fail(abi.ECONNRESET, "recv", b, 0, 9, netsys.MSG_WAITALL)
	g.Call("shutdown", a, netsys.SHUT_WR)
	if got := recv(g, b, 9, netsys.MSG_WAITALL); got != "e" {
		t.Errorf("%q", got)
	}
	if got := recv(g, b, 9, netsys.MSG_WAITALL); got != "" {
		t.Errorf("%q after the end", got)
	}
	// Without waiting it gives what there is.
	send(g, b, "xyz")
	f.limit["recv"] = 0
	if got := recv(g, a, 9, netsys.MSG_WAITALL|netsys.MSG_DONTWAIT); got != "xyz" {
		t.Errorf("%q", got)
	}
	g.Fail(abi.EAGAIN, "recv", a, 0, 9, netsys.MSG_WAITALL|netsys.MSG_DONTWAIT)
}

// TestWaitAll waits for the rest, which comes later.
func TestWaitAll(t *testing.T) {
	g := newGuest(t, guesttest.Config{})
	a, b := pair(g, stream)
	e, err := g.FDs.Get(b, 0)
	if err != nil {
		t.Fatal(err)
	}
	sys := e.Object.(interface{ SysFD() netsys.FD }).SysFD()
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := range 10 {
			netsys.OS.Send(sys, []byte{'0' + byte(i)}, 0)
			time.Sleep(time.Millisecond)
		}
	})
	if got := recv(g, a, 10, netsys.MSG_WAITALL); got != "0123456789" {
		t.Errorf("%q", got)
	}
	wg.Wait()
}

// TestSocketpairRollback: of a pair of which one finds no place, both go.
func TestSocketpairRollback(t *testing.T) {
	guesttest.NoLeaks(t)
	g := newGuest(t, guesttest.Config{MaxFDs: 3})
	pair(g, stream)
	for range 3 {
		g.Fail(abi.EMFILE, "socketpair", unix, stream, 0, 0)
		if g.FDs.Len() != 2 {
			t.Fatalf("%d fds are open", g.FDs.Len())
		}
	}
}

// TestFull: at the limit nothing is made in the kernel, and a connection that
// waits stays.
func TestFull(t *testing.T) {
	guesttest.NoLeaks(t)
	f := newFaults()
	g := newGuest(t, guesttest.Config{Rules: loopback, Net: f.net(), MaxFDs: 3})
	l, port := listener(g)
	c := g.Call("socket", inet, stream, 0)
	host, n := text(g, "127.0.0.1")
	g.Call("connect", c, host, n, port, 0)
	third := g.Call("epoll_create1", 0)
	sockets, pairs, before := f.count("socket"), f.count("socketpair"), guesttest.OpenFDs()
	p := g.Space(addrSize)
	g.Fail(abi.EMFILE, "socket", inet, stream, 0)
	g.Fail(abi.EMFILE, "socketpair", unix, stream, 0, p)
	g.Fail(abi.EMFILE, "accept", l, p, 0)
	g.Fail(abi.EMFILE, "epoll_create1", 0)
	if f.count("socket") != sockets || f.count("socketpair") != pairs || f.count("accept") != 0 || guesttest.OpenFDs() != before {
		t.Error("something reached the kernel")
	}
	g.Call("close", third)
	if fd := g.Call("accept", l, p, 0); fd != third {
		t.Errorf("accepted as %d", fd)
	}
	if !strings.HasPrefix(addrAt(g, p).text, "127.") {
		t.Errorf("from %+v", addrAt(g, p))
	}
}
