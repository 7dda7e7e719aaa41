//go:build unix

package socket_test

import (
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/wqjs/wqjs/imports/internal/abi"
	"github.com/wqjs/wqjs/imports/internal/guesttest"
	"github.com/wqjs/wqjs/imports/internal/netsys"
)

const solSocket, rcvTimeo, sndTimeo = netsys.SOL_SOCKET, netsys.SO_RCVTIMEO, netsys.SO_SNDTIMEO

// blockers are calls that wait for ever, by name.
func blockers(t *testing.T, g *guesttest.Guest) map[string]func() error {
	try := func(name string, args ...any) func() error {
		return func() error {
			_, err := g.Try(name, args...)
			return err
		}
	}
	l, _ := listener(g)
	a, _ := pair(g, stream)
	full, _ := pair(g, stream)
	fill(g, full)
	u := g.Call("socket", inet, dgram, 0)
	bind(g, u, "127.0.0.1", 0)
	ep := g.Call("epoll_create1", 0)
	g.Call("epoll_ctl", ep, 1, a, in)
	p, space := pollArray(g, a, in), g.Space(addrSize)
	return map[string]func() error{
		"accept":         try("accept", l, space, 0),
		"recv":           try("recv", a, p, 1, 0),
		"recv all":       try("recv", a, p, 8, netsys.MSG_WAITALL),
		"recvfrom":       try("recvfrom", u, p, 1, 0, space),
		"send":           try("send", full, p, 1, 0),
		"poll":           try("poll", p, 1, -1),
		"poll none":      try("poll", p, 0, -1),
		"poll for long":  try("poll", p, 1, math.MaxInt32),
		"epoll_wait":     try("epoll_wait", ep, space, 1, -1),
		"epoll for long": try("epoll_wait", ep, space, 1, math.MaxInt32),
	}
}

// TestInterrupt ends every call that waits, before and during the wait, and
// leaves the sockets as they were.
func TestInterrupt(t *testing.T) {
	guesttest.NoLeaks(t)
	g := newGuest(t, guesttest.Config{Rules: loopback})
	cause := errors.New("stop")
	for name, call := range blockers(t, g) {
		for range 3 {
			start := time.Now()
			timer := time.AfterFunc(2*time.Millisecond, func() { g.Loop.Interrupt(cause) })
			if err := call(); err != cause {
				t.Errorf("%s ended with %v", name, err)
			}
			if d := time.Since(start); d > patience || d < time.Millisecond {
				t.Errorf("%s ended after %v", name, d)
			}
			timer.Stop()
			if err := call(); err != cause {
				t.Errorf("%s began with %v", name, err)
			}
			g.Loop.Resume()
		}
	}
}

// TestTimeouts: SO_RCVTIMEO and SO_SNDTIMEO are EAGAIN, as socket(7) says.
func TestTimeouts(t *testing.T) {
	g := newGuest(t, guesttest.Config{Rules: loopback})
	const ms = 15
	l, _ := listener(g)
	a, b := pair(g, stream)
	full, _ := pair(g, stream)
	fill(g, full)
	for _, fd := range []int32{l, a, full} {
		g.Call("setsockopt", fd, solSocket, rcvTimeo, ms)
		g.Call("setsockopt", fd, solSocket, sndTimeo, ms)
	}
	late := func(what string, args ...any) {
		t.Helper()
		start := time.Now()
		g.Fail(abi.EAGAIN, what, args...)
		if d := time.Since(start); d < ms*time.Millisecond || d > patience {
			t.Errorf("%s ended after %v", what, d)
		}
	}
	p := g.Space(addrSize)
	late("accept", l, p, 0)
	late("recv", a, p, 8, 0)
	late("recv", a, p, 8, netsys.MSG_WAITALL)
	late("recvfrom", a, p, 8, 0, p)
	late("send", full, p, 8, 0)
	send(g, b, "abc")
	if got := recv(g, a, 8, netsys.MSG_WAITALL); got != "abc" { // what came in time is not lost
		t.Errorf("%q", got)
	}
	g.Call("setsockopt", a, solSocket, rcvTimeo, 0) // for ever again
	cause := errors.New("stop")
	time.AfterFunc(3*ms*time.Millisecond, func() { g.Loop.Interrupt(cause) })
	if _, err := g.Try("recv", a, p, 8, 0); err != cause {
		t.Error(err)
	}
}

// TestTimeoutOfTheCall: bytes that come one by one do not put it off.
func TestTimeoutOfTheCall(t *testing.T) {
	var peer netsys.FD
	g := newGuest(t, guesttest.Config{Net: netsys.Fault{Net: netsys.OS, Hook: func(op string, _ netsys.FD, _ int) (error, int) {
		if op == "recv" { // each look for data has the next byte sent
			time.AfterFunc(15*time.Millisecond, func() { netsys.OS.Send(peer, []byte("x"), 0) })
		}
		return nil, 0
	}}})
	a, b := pair(g, stream)
	e, _ := g.FDs.Get(b, 0)
	peer = e.Object.(interface{ SysFD() netsys.FD }).SysFD()
	g.Call("setsockopt", a, solSocket, rcvTimeo, 50)
	start := time.Now()
	if got := recv(g, a, 20, netsys.MSG_WAITALL); len(got) == 0 || len(got) >= 20 {
		t.Errorf("%q after %v", got, time.Since(start))
	}
	time.Sleep(20 * time.Millisecond) // for what is under way
}

// TestFullReceiver: a Unix datagram socket looks writable while its receiver's
// queue is full. Waiting for that is no busy loop, and ends when there is room.
func TestFullReceiver(t *testing.T) {
	f := newFaults()
	c := guesttest.Config{Net: f.net()}
	dir := socketDir(t)
	c.Rules.Unix = []string{dir + "/"}
	g := newGuest(t, c)
	to, from := g.Call("socket", unix, dgram, 0), g.Call("socket", unix, dgram, 0)
	bind(g, to, dir+"/s", 0)
	path, n := text(g, dir+"/s")
	sendto := func(flags int) error {
		_, err := g.Try("sendto", from, path, 4<<10, flags, path, n, 0)
		return err
	}
	var err error
	for err == nil {
		err = sendto(netsys.MSG_DONTWAIT)
	}
	if abi.ToErrno(err) == abi.ENOBUFS {
		t.Skip("this system tells a full queue by ENOBUFS, for which nothing waits")
	}
	if abi.ToErrno(err) != abi.EAGAIN {
		t.Fatal(err)
	}
	before := f.count("sendto")
	g.Call("setsockopt", from, solSocket, sndTimeo, 100)
	start := time.Now()
	if err := sendto(0); abi.ToErrno(err) != abi.EAGAIN {
		t.Error(err)
	}
	if d := time.Since(start); d < 100*time.Millisecond || d > patience {
		t.Errorf("timed out after %v", d)
	}
	if n := f.count("sendto") - before; n > 30 {
		t.Errorf("tried %d times in 100 ms", n)
	}
	g.Call("setsockopt", from, solSocket, sndTimeo, 0)
	e, _ := g.FDs.Get(to, 0)
	sys := e.Object.(interface{ SysFD() netsys.FD }).SysFD()
	time.AfterFunc(20*time.Millisecond, func() { netsys.OS.Recv(sys, make([]byte, 8<<10), 0) })
	if err := sendto(0); err != nil {
		t.Errorf("when there was room: %v", err)
	}
}

// TestConnectQueue: connecting to a Unix listener whose queue is full waits
// until somebody accepts, though no event tells.
func TestConnectQueue(t *testing.T) {
	f := newFaults()
	c := guesttest.Config{Net: f.net()}
	dir := socketDir(t)
	c.Rules.Unix = []string{dir + "/"}
	g := newGuest(t, c)
	l := g.Call("socket", unix, stream, 0)
	bind(g, l, dir+"/s", 0)
	g.Call("listen", l, 1)
	path, n := text(g, dir+"/s")
	connect := func(typ int) error {
		_, err := g.Try("connect", g.Call("socket", unix, typ, 0), path, n, 0, 0)
		return err
	}
	var err error
	for err == nil {
		err = connect(stream | nonblock)
	}
	if abi.ToErrno(err) == abi.ECONNREFUSED {
		t.Skip("this system refuses connections to a full listener")
	}
	if abi.ToErrno(err) != abi.EAGAIN {
		t.Fatal(err)
	}
	before := f.count("connect")
	e, _ := g.FDs.Get(l, 0)
	sys := e.Object.(interface{ SysFD() netsys.FD }).SysFD()
	time.AfterFunc(60*time.Millisecond, func() {
		if fd, _, err := netsys.OS.Accept(sys); err == nil {
			netsys.OS.Close(fd)
		}
	})
	if err := connect(stream); err != nil {
		t.Error(err)
	}
	if n := f.count("connect") - before; n < 2 || n > 60 {
		t.Errorf("tried %d times in 60 ms", n)
	}
	cause := errors.New("stop")
	time.AfterFunc(5*time.Millisecond, func() { g.Loop.Interrupt(cause) })
	if err := connect(stream); err != cause {
		t.Error(err)
	}
}

// TestConnectInProgress: connecting waits, unless the fd or the call does not.
func TestConnectInProgress(t *testing.T) {
	g := newGuest(t, guesttest.Config{Rules: loopback})
	l, port := listener(g)
	host, n := text(g, "127.0.0.1")
	for _, c := range []struct {
		typ, dontwait int
	}{{stream, 1}, {stream | nonblock, 0}} {
		fd := g.Call("socket", inet, c.typ, 0)
		if _, err := g.Try("connect", fd, host, n, port, c.dontwait); err != nil && abi.ToErrno(err) != abi.EINPROGRESS {
			t.Errorf("connect: %v", err)
		}
		if g.Call("poll", pollArray(g, fd, out), 1, -1) != 1 {
			t.Error("not writable")
		}
		val := g.Space(4)
		g.Call("getsockopt", fd, solSocket, netsys.SO_ERROR, val)
		if v, _ := g.Mem.ReadUint32Le(val); v != 0 {
			t.Errorf("connected with error %d", v)
		}
		g.Call("accept", l, g.Space(addrSize), 0)
	}
	// The error of one that fails is there in WASI's numbers.
	g.Call("close", l)
	fd := g.Call("socket", inet, stream, 0)
	if _, err := g.Try("connect", fd, host, n, port, 1); abi.ToErrno(err) == abi.EINPROGRESS {
		g.Call("poll", pollArray(g, fd, out), 1, -1)
		val := g.Space(4)
		g.Call("getsockopt", fd, solSocket, netsys.SO_ERROR, val)
		if v, _ := g.Mem.ReadUint32Le(val); v != uint32(abi.ECONNREFUSED) {
			t.Errorf("refused with error %d", v)
		}
	} else if abi.ToErrno(err) != abi.ECONNREFUSED {
		t.Error(err)
	}
	g.Fail(abi.ECONNREFUSED, "connect", g.Call("socket", inet, stream, 0), host, n, port, 0)
}

// TestManyInARow has each call wait a little: what one leaves behind must not
// disturb the next.
func TestManyInARow(t *testing.T) {
	g := newGuest(t, guesttest.Config{})
	a, b := pair(g, stream)
	e, _ := g.FDs.Get(b, 0)
	sys := e.Object.(interface{ SysFD() netsys.FD }).SysFD()
	p := g.Space(64)
	for i := range 200 {
		msg := fmt.Sprint("message ", i)
		time.AfterFunc(time.Duration(i%5)*100*time.Microsecond, func() { netsys.OS.Send(sys, []byte(msg), 0) })
		if n := g.Call("recv", a, p, 64, 0); string(g.Bytes(p, int(n))) != msg {
			t.Fatalf("%q, want %q", g.Bytes(p, int(n)), msg)
		}
	}
}
