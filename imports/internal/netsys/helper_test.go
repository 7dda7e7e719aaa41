//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package netsys

import (
	"bytes"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// patience bounds every wait of the tests for something that should happen.
const patience = 10 * time.Second

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wantErr asserts a bare errno.
func wantErr(t testing.TB, got error, want syscall.Errno) {
	t.Helper()
	if got != error(want) {
		t.Fatalf("error is %v (%T), want %v", got, got, want)
	}
}

func closeLater(t testing.TB, fds ...FD) {
	t.Cleanup(func() {
		for _, fd := range fds {
			OS.Close(fd)
		}
	})
}

func socket(t testing.TB, family, typ int) FD {
	t.Helper()
	fd, err := OS.Socket(family, typ, 0)
	check(t, err)
	closeLater(t, fd)
	return fd
}

func pair(t testing.TB, typ int) (FD, FD) {
	t.Helper()
	p, err := OS.SocketPair(AF_UNIX, typ, 0)
	check(t, err)
	closeLater(t, p[0], p[1])
	return p[0], p[1]
}

func inet(s string) Addr {
	ap := netip.MustParseAddrPort(s)
	if ap.Addr().Is4() {
		return Addr{Family: AF_INET, AddrPort: ap}
	}
	return Addr{Family: AF_INET6, AddrPort: ap}
}

func unixPath(t testing.TB) Addr {
	t.Helper()
	dir, err := os.MkdirTemp("", "s") // t.TempDir may be too long for a socket
	check(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	return Addr{Family: AF_UNIX, Path: filepath.Join(dir, "s")}
}

// needIPv6 skips the test on machines without ::1.
func needIPv6(t testing.TB) {
	t.Helper()
	fd, err := OS.Socket(AF_INET6, SOCK_DGRAM, 0)
	if err == nil {
		err = OS.Bind(fd, inet("[::1]:0"))
		OS.Close(fd)
	}
	if err != nil {
		t.Skip("this machine has no ::1: ", err)
	}
}

// bound makes a socket bound to a and tells the address that it got.
func bound(t testing.TB, typ int, a Addr) (FD, Addr) {
	t.Helper()
	fd := socket(t, a.Family, typ)
	check(t, OS.Bind(fd, a))
	got, err := OS.LocalAddr(fd)
	check(t, err)
	return fd, got
}

func listener(t testing.TB, a Addr) (FD, Addr) {
	t.Helper()
	fd, got := bound(t, SOCK_STREAM, a)
	check(t, OS.Listen(fd, 16))
	return fd, got
}

// connectDone waits for a Connect and returns its outcome.
func connectDone(t testing.TB, fd FD, err error) error {
	t.Helper()
	if err != syscall.EINPROGRESS {
		return err
	}
	await(t, fd, EPOLLOUT)
	val, err := OS.GetsockoptInt(fd, SOL_SOCKET, SO_ERROR)
	check(t, err)
	if val != 0 {
		return syscall.Errno(val)
	}
	return nil
}

func accept(t testing.TB, l FD) (FD, Addr) {
	t.Helper()
	await(t, l, EPOLLIN)
	fd, a, err := OS.Accept(l)
	check(t, err)
	closeLater(t, fd)
	return fd, a
}

// connected gives the two ends of a connection by way of a listener at a.
func connected(t testing.TB, a Addr) (client, server FD) {
	t.Helper()
	l, la := listener(t, a)
	client = socket(t, la.Family, SOCK_STREAM)
	check(t, connectDone(t, client, OS.Connect(client, la)))
	server, _ = accept(t, l)
	return client, server
}

func tcp(t testing.TB) (client, server FD) {
	t.Helper()
	return connected(t, inet("127.0.0.1:0"))
}

// await waits by Poll until one of the events or an error is there.
func await(t testing.TB, fd FD, events uint32) uint32 {
	t.Helper()
	set := []PollFD{{FD: fd, Events: events}}
	n, err := Poll(set, patience)
	check(t, err)
	if n != 1 {
		t.Fatalf("fd %d is not ready for %#x", fd, events)
	}
	return set[0].Revents
}

func sendAll(t testing.TB, fd FD, p []byte) {
	t.Helper()
	for len(p) > 0 {
		n, err := OS.Send(fd, p, 0)
		if err == syscall.EAGAIN {
			await(t, fd, EPOLLOUT)
			continue
		}
		check(t, err)
		p = p[n:]
	}
}

func recvFull(t testing.TB, fd FD, n int) []byte {
	t.Helper()
	p := make([]byte, n)
	for got := 0; got < n; {
		m, err := OS.Recv(fd, p[got:], 0)
		if err == syscall.EAGAIN {
			await(t, fd, EPOLLIN)
			continue
		}
		check(t, err)
		if m == 0 {
			t.Fatalf("end after %d of %d bytes", got, n)
		}
		got += m
	}
	return p
}

// talk sends all 256 byte values both ways.
func talk(t testing.TB, a, b FD) {
	t.Helper()
	var p []byte
	for i := range 256 {
		p = append(p, byte(i))
	}
	sendAll(t, a, p)
	sendAll(t, b, p)
	if !bytes.Equal(recvFull(t, a, len(p)), p) || !bytes.Equal(recvFull(t, b, len(p)), p) {
		t.Fatal("bytes changed on the way")
	}
}

// wantFlags asserts what every socket of this package must be.
func wantFlags(t testing.TB, fd FD) {
	t.Helper()
	fl, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
	check(t, err)
	if fl&unix.O_NONBLOCK == 0 {
		t.Errorf("fd %d blocks", fd)
	}
	fl, err = unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
	check(t, err)
	if fl&unix.FD_CLOEXEC == 0 {
		t.Errorf("fd %d survives exec", fd)
	}
}

func newPoller(t testing.TB) *Poller {
	t.Helper()
	p, err := NewPoller()
	check(t, err)
	t.Cleanup(func() {
		if err := p.Close(); err != nil && !errors.Is(err, ErrClosed) {
			t.Error(err)
		}
	})
	return p
}
