//go:build unix

package socket_test

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/wqjs/wqjs/imports/internal/abi"
	"github.com/wqjs/wqjs/imports/internal/fdtable"
	"github.com/wqjs/wqjs/imports/internal/guesttest"
	"github.com/wqjs/wqjs/imports/internal/netsys"
	"github.com/wqjs/wqjs/imports/socket"
)

// filer is what net's listeners and connections have.
type filer interface{ File() (*os.File, error) }

// file is a duplicate of a socket of package net.
func file(t *testing.T, v any) *os.File {
	t.Helper()
	f, err := v.(filer).File()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func listen(t *testing.T, network, address string) net.Listener {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// grant gives the guest a duplicate of f.
func grant(t *testing.T, g *guesttest.Guest, f *os.File) int32 {
	t.Helper()
	e, err := socket.Adopt(f)
	if err != nil {
		t.Fatal(err)
	}
	fd, err := g.FDs.Insert(e)
	if err != nil {
		t.Fatal(err)
	}
	return fd
}

// TestAdopt: what is granted needs no permission, and has the rights of what it
// is.
func TestAdopt(t *testing.T) {
	guesttest.NoLeaks(t)
	const conn = fdtable.Send | fdtable.Recv | fdtable.Shutdown | fdtable.GetOpt | fdtable.SetOpt
	const listening = fdtable.Accept | fdtable.Listen | fdtable.GetOpt | fdtable.SetOpt
	tcp := listen(t, "tcp4", "127.0.0.1:0")
	local := listen(t, "unix", socketDir(t)+"/s")
	out, err := net.Dial("tcp4", tcp.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	udp, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer udp.Close()
	g := newGuest(t, guesttest.Config{})
	for _, c := range []struct {
		socket any
		rights fdtable.Rights
		family int
		typ    int
	}{
		{tcp, listening, inet, stream}, {local, listening, unix, stream}, {out, conn, inet, stream}, {udp, conn, inet, dgram},
	} {
		fd := grant(t, g, file(t, c.socket))
		e, _ := g.FDs.Get(fd, 0)
		if e.Rights != c.rights || e.Family != c.family || e.Type != c.typ || e.Nonblock {
			t.Errorf("%T: %+v", c.socket, e)
		}
		host, n := text(g, "127.0.0.1")
		g.Fail(abi.EACCES, "connect", fd, host, n, 1, 0)
		g.Fail(abi.EACCES, "bind", fd, host, n, 1)
		if c.rights == listening {
			g.Call("listen", fd, 7)
		}
	}
	server := g.Call("accept", 1000, g.Space(addrSize), 0)
	send(g, server, "hello")
	if got := recv(g, 1002, 9, 0); got != "hello" {
		t.Errorf("%q", got)
	}
	if got := name(g, "getsockname", 1000); int(got.port) != tcp.Addr().(*net.TCPAddr).Port {
		t.Errorf("%+v", got)
	}
}

func TestAdoptErrors(t *testing.T) {
	guesttest.NoLeaks(t)
	regular, err := os.Create(filepath.Join(t.TempDir(), "f"))
	if err != nil {
		t.Fatal(err)
	}
	defer regular.Close()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	closed := file(t, listen(t, "tcp4", "127.0.0.1:0"))
	closed.Close()
	seqpacket, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_SEQPACKET, 0)
	files := map[string]*os.File{"a file": regular, "a pipe": r, "a closed one": closed, "none": nil}
	want := map[string]error{"a file": syscall.ENOTSOCK, "a pipe": syscall.ENOTSOCK, "none": os.ErrInvalid}
	if err == nil { // not on macOS
		files["SOCK_SEQPACKET"] = os.NewFile(uintptr(seqpacket), "seqpacket")
		want["SOCK_SEQPACKET"] = syscall.ESOCKTNOSUPPORT
		defer files["SOCK_SEQPACKET"].Close()
	}
	before := guesttest.OpenFDs()
	for what, f := range files {
		e, err := socket.Adopt(f)
		if e != nil || err == nil || want[what] != nil && !errors.Is(err, want[what]) {
			t.Errorf("%s: %v, %v", what, e, err)
		}
	}
	if guesttest.OpenFDs() != before {
		t.Error("a failure leaves a duplicate")
	}
}

// TestCloseShared: the embedder holds a granted socket, too, so the kernel does
// not take it out of the guest's epoll instances when the guest closes it.
func TestCloseShared(t *testing.T) {
	l := listen(t, "tcp4", "127.0.0.1:0")
	f := file(t, l)
	g := newGuest(t, guesttest.Config{})
	fd := grant(t, g, f)
	var eps []int32
	for range 3 {
		ep := g.Call("epoll_create1", 0)
		g.Call("epoll_ctl", ep, add, fd, in)
		eps = append(eps, ep)
	}
	g.Call("watch", fd)
	c, err := net.Dial("tcp4", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if got := ready(g, eps[0], 4, 5000); got[fd] != in {
		t.Fatalf("%v", got)
	}
	g.Call("close", fd)
	for _, ep := range eps {
		if got := ready(g, ep, 4, 0); len(got) != 0 {
			t.Errorf("a closed fd is reported: %v", got)
		}
	}
	if g.Loop.Alive() {
		t.Error("a closed fd is watched")
	}
	// It can be granted again, and is a new fd to all of them.
	fd = grant(t, g, f)
	g.Call("epoll_ctl", eps[1], add, fd, in)
	if got := ready(g, eps[1], 4, 0); got[fd] != in {
		t.Errorf("%v", got)
	}
	g.Call("watch", fd)
	if c, err := l.Accept(); err != nil { // the embedder's own is untouched
		t.Error(err)
	} else {
		c.Close()
	}
}

// TestSharedListener has two guests and the embedder accept from one listener:
// nobody is told that nobody came.
func TestSharedListener(t *testing.T) {
	guesttest.NoLeaks(t)
	l := listen(t, "tcp4", "127.0.0.1:0")
	f := file(t, l)
	const guests, conns = 3, 60
	var wg sync.WaitGroup
	accepted := make(chan int, conns)
	stop := errors.New("stop")
	var all []*guesttest.Guest
	for i := range guests {
		g := newGuest(t, guesttest.Config{})
		fd, space := grant(t, g, f), g.Space(addrSize)
		all = append(all, g)
		wg.Go(func() {
			for {
				c, err := g.Try("accept", fd, space, 0)
				if err == stop {
					return
				}
				if err != nil {
					t.Errorf("accept: %v", err)
					return
				}
				if _, err := g.Try("close", c); err != nil {
					t.Error(err)
				}
				accepted <- i
			}
		})
	}
	for range conns {
		c, err := net.Dial("tcp4", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
	}
	for range conns {
		select {
		case <-accepted:
		case <-time.After(patience):
			t.Fatal("a connection was lost")
		}
	}
	for _, g := range all {
		g.Loop.Interrupt(stop)
	}
	wg.Wait()
}

// TestAdoptedDoesNotBlock: a socket in blocking mode is made non-blocking, and
// its calls can be interrupted.
func TestAdoptedDoesNotBlock(t *testing.T) {
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(fds[1])
	f := os.NewFile(uintptr(fds[0]), "blocking")
	defer f.Close()
	g := newGuest(t, guesttest.Config{})
	fd := grant(t, g, f)
	stop := errors.New("stop")
	time.AfterFunc(5*time.Millisecond, func() { g.Loop.Interrupt(stop) })
	if _, err := g.Try("recv", fd, g.Space(8), 8, 0); err != stop {
		t.Error(err)
	}
	g.Loop.Resume()
	g.Fail(abi.EAGAIN, "recv", fd, g.Space(8), 8, netsys.MSG_DONTWAIT)
}
