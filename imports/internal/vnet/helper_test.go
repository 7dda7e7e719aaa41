//go:build unix

package vnet

import (
	"io"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"github.com/wqjs/wqjs/imports/internal/guesttest"
	"github.com/wqjs/wqjs/imports/internal/netsys"
)

const patience = 10 * time.Second

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantErr(t testing.TB, got error, want syscall.Errno) {
	t.Helper()
	if got != error(want) {
		t.Fatalf("error is %v (%T), want %v", got, got, want)
	}
}

// newNet makes a net whose descriptors and goroutines must all be gone when the
// test has ended.
func newNet(t testing.TB, c Config) *Net {
	t.Helper()
	guesttest.NoLeaks(t)
	n, err := New(c)
	check(t, err)
	t.Cleanup(func() {
		n.Stop()
		if s := n.Stats(); s.Connections != 0 || s.Sockets != 0 || s.Queued != 0 {
			t.Errorf("left: %+v", s)
		}
	})
	return n
}

func everywhere(l Link) Config {
	return Config{Link: func(string, string, string) Link { return l }}
}

func inet(s string) netsys.Addr {
	a := netip.MustParseAddrPort(s)
	if a.Addr().Is4() {
		return netsys.Addr{Family: netsys.AF_INET, AddrPort: a}
	}
	return netsys.Addr{Family: netsys.AF_INET6, AddrPort: a}
}

func named(s string) netsys.Addr { return netsys.Addr{Family: netsys.AF_UNIX, Path: s} }

func open(t testing.TB, n *Net, family, typ int) netsys.FD {
	t.Helper()
	fd, err := n.Socket(family, typ, 0)
	check(t, err)
	closeLater(t, n, fd)
	return fd
}

// closeLater closes what the test does not.
func closeLater(t testing.TB, n *Net, fd netsys.FD) {
	s := n.get(fd)
	t.Cleanup(func() {
		if n.get(fd) == s {
			n.Close(fd)
		}
	})
}

func bound(t testing.TB, n *Net, typ int, a netsys.Addr) (netsys.FD, netsys.Addr) {
	t.Helper()
	fd := open(t, n, a.Family, typ)
	check(t, n.Bind(fd, a))
	a, err := n.LocalAddr(fd)
	check(t, err)
	return fd, a
}

func listen(t testing.TB, n *Net, a netsys.Addr, backlog int) (netsys.FD, netsys.Addr) {
	t.Helper()
	fd, a := bound(t, n, netsys.SOCK_STREAM, a)
	check(t, n.Listen(fd, backlog))
	return fd, a
}

// await waits for an event, or an error, and tells all that there is.
func await(t testing.TB, fd netsys.FD, events uint32) uint32 {
	t.Helper()
	set := []netsys.PollFD{{FD: fd, Events: events}}
	if k, err := netsys.Poll(set, patience); k != 1 || err != nil {
		t.Fatalf("%d ready, %v", k, err)
	}
	return set[0].Revents
}

// now is what is the case without waiting.
func now(t testing.TB, fd netsys.FD) uint32 {
	t.Helper()
	set := []netsys.PollFD{{FD: fd, Events: netsys.EPOLLIN | netsys.EPOLLOUT}}
	_, err := netsys.Poll(set, 0)
	check(t, err)
	return set[0].Revents
}

// settle waits for a connect and gives its outcome.
func settle(t testing.TB, n *Net, fd netsys.FD, err error) error {
	t.Helper()
	if err != error(syscall.EINPROGRESS) {
		return err
	}
	await(t, fd, netsys.EPOLLOUT)
	val, err := n.GetsockoptInt(fd, netsys.SOL_SOCKET, netsys.SO_ERROR)
	check(t, err)
	if val != 0 {
		return syscall.Errno(val)
	}
	return nil
}

func accept(t testing.TB, n *Net, l netsys.FD) (netsys.FD, netsys.Addr) {
	t.Helper()
	await(t, l, netsys.EPOLLIN)
	fd, a, err := n.Accept(l)
	check(t, err)
	closeLater(t, n, fd)
	return fd, a
}

// pair makes a connection by a listener at a, which it closes.
func pair(t testing.TB, n *Net, a netsys.Addr) (client, server netsys.FD) {
	t.Helper()
	l, a := listen(t, n, a, 1)
	client = open(t, n, a.Family, netsys.SOCK_STREAM)
	check(t, settle(t, n, client, n.Connect(client, a)))
	server, _ = accept(t, n, l)
	check(t, n.Close(l))
	return client, server
}

func send(t testing.TB, n *Net, fd netsys.FD, text string) {
	t.Helper()
	for len(text) > 0 {
		k, err := n.Send(fd, []byte(text), 0)
		if err == error(syscall.EAGAIN) {
			await(t, fd, netsys.EPOLLOUT)
			continue
		}
		check(t, err)
		text = text[k:]
	}
}

// recv receives want bytes, or up to the end.
func recv(t testing.TB, n *Net, fd netsys.FD, want int) (string, error) {
	t.Helper()
	buf, got := make([]byte, want), 0
	for got < want {
		k, err := n.Recv(fd, buf[got:], 0)
		if err == error(syscall.EAGAIN) {
			await(t, fd, netsys.EPOLLIN)
			continue
		}
		if err != nil {
			return string(buf[:got]), err
		}
		if k == 0 {
			return string(buf[:got]), io.EOF
		}
		got += k
	}
	return string(buf), nil
}

// ended checks that nothing more comes, orderly.
func ended(t testing.TB, n *Net, fd netsys.FD) {
	t.Helper()
	if got, err := recv(t, n, fd, 1); got != "" || err != io.EOF {
		t.Fatalf("%q, %v instead of the end", got, err)
	}
}
