//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package netsys

import (
	"os"
	"os/signal"
	"syscall"
	"testing"
	"time"
)

func TestBadDescriptor(t *testing.T) {
	a, _ := pair(t, SOCK_STREAM)
	p, err := OS.SocketPair(AF_UNIX, SOCK_STREAM, 0)
	check(t, err)
	OS.Close(p[0])
	OS.Close(p[1])
	for _, fd := range []FD{-1, p[0]} {
		if fd == a {
			continue
		}
		buf := make([]byte, 1)
		to := inet("127.0.0.1:1")
		errs := map[string]error{
			"Bind": OS.Bind(fd, to), "Listen": OS.Listen(fd, 1), "Connect": OS.Connect(fd, to),
			"Shutdown": OS.Shutdown(fd, SHUT_RD), "Close": OS.Close(fd), "Adopt": OS.Adopt(fd),
			"SetsockoptInt": OS.SetsockoptInt(fd, SOL_SOCKET, SO_KEEPALIVE, 1), "SetLinger": OS.SetLinger(fd, true, 1),
		}
		_, _, errs["Accept"] = OS.Accept(fd)
		_, errs["Send"] = OS.Send(fd, buf, 0)
		_, errs["Recv"] = OS.Recv(fd, buf, 0)
		_, errs["SendTo"] = OS.SendTo(fd, buf, 0, to)
		_, _, errs["RecvFrom"] = OS.RecvFrom(fd, buf, 0)
		_, errs["GetsockoptInt"] = OS.GetsockoptInt(fd, SOL_SOCKET, SO_KEEPALIVE)
		_, errs["SO_RCVTIMEO"] = OS.GetsockoptInt(fd, SOL_SOCKET, SO_RCVTIMEO)
		_, _, errs["Linger"] = OS.Linger(fd)
		_, errs["LocalAddr"] = OS.LocalAddr(fd)
		_, errs["PeerAddr"] = OS.PeerAddr(fd)
		_, errs["Type"] = OS.Type(fd)
		_, errs["Family"] = OS.Family(fd)
		_, errs["IsListening"] = OS.IsListening(fd)
		for name, err := range errs {
			if err != error(syscall.EBADF) {
				t.Errorf("%s(%d): %v (%T)", name, fd, err, err)
			}
		}
	}
}

func TestConnectionRefused(t *testing.T) {
	l, la := listener(t, inet("127.0.0.1:0"))
	check(t, OS.Close(l))
	fd := socket(t, AF_INET, SOCK_STREAM)
	wantErr(t, connectDone(t, fd, OS.Connect(fd, la)), syscall.ECONNREFUSED)

	fd = socket(t, AF_UNIX, SOCK_STREAM)
	wantErr(t, OS.Connect(fd, Addr{Family: AF_UNIX, Path: unixPath(t).Path}), syscall.ENOENT)
}

func TestAddressInUse(t *testing.T) {
	_, la := listener(t, inet("127.0.0.1:0"))
	wantErr(t, OS.Bind(socket(t, AF_INET, SOCK_STREAM), la), syscall.EADDRINUSE)
	a := unixPath(t)
	listener(t, a)
	wantErr(t, OS.Bind(socket(t, AF_UNIX, SOCK_STREAM), a), syscall.EADDRINUSE)
}

func TestConnectInProgress(t *testing.T) {
	l, la := listener(t, inet("127.0.0.1:0"))
	fd := socket(t, AF_INET, SOCK_STREAM)
	wantErr(t, OS.Connect(fd, la), syscall.EINPROGRESS)
	if got := await(t, fd, EPOLLOUT); got != EPOLLOUT {
		t.Errorf("after the connect: %#x", got)
	}
	OS.Connect(fd, la) // Linux reports the success once more
	wantErr(t, OS.Connect(fd, la), syscall.EISCONN)
	accept(t, l)
	_, _, err := OS.Accept(l)
	wantErr(t, err, syscall.EAGAIN)
}

func TestNotConnected(t *testing.T) {
	fd := socket(t, AF_INET, SOCK_STREAM)
	_, err := OS.PeerAddr(fd)
	wantErr(t, err, syscall.ENOTCONN)
	_, err = OS.Recv(fd, make([]byte, 1), 0)
	wantErr(t, err, syscall.ENOTCONN)
	wantErr(t, OS.Shutdown(fd, SHUT_WR), syscall.ENOTCONN)
	wantErr(t, OS.Shutdown(fd, 3), syscall.EINVAL)
	wantErr(t, OS.Shutdown(fd, -1), syscall.EINVAL)
	if _, _, err = OS.Accept(fd); err != syscall.EINVAL {
		t.Errorf("Accept without Listen: %v", err)
	}
}

// TestBrokenPipe also sees that no SIGPIPE is raised. Catching it is what makes
// that visible: otherwise the Go runtime drops it, unless it is embedded in a
// program of another language.
func TestBrokenPipe(t *testing.T) {
	pipes := make(chan os.Signal, 10)
	signal.Notify(pipes, syscall.SIGPIPE)
	defer signal.Stop(pipes)
	for _, mk := range []func(testing.TB) (FD, FD){tcp, func(t testing.TB) (FD, FD) { return pair(t, SOCK_STREAM) }} {
		a, _ := mk(t)
		check(t, OS.Shutdown(a, SHUT_WR))
		_, err := OS.Send(a, []byte("x"), 0)
		wantErr(t, err, syscall.EPIPE)
		_, err = OS.Send(a, make([]byte, 2*65536), 0)
		wantErr(t, err, syscall.EPIPE)
	}
	a, b := pair(t, SOCK_STREAM)
	check(t, OS.Close(b))
	_, err := OS.Send(a, []byte("x"), 0)
	wantErr(t, err, syscall.EPIPE)
	_, err = OS.SendTo(a, []byte("x"), 0, Addr{Family: AF_UNIX, Path: "x"})
	if err != error(syscall.EPIPE) && err != error(syscall.EISCONN) {
		t.Errorf("SendTo: %v", err)
	}
	select {
	case <-pipes:
		t.Error("SIGPIPE was raised")
	case <-time.After(50 * time.Millisecond):
	}
}

func TestReset(t *testing.T) {
	a, b := tcp(t)
	check(t, OS.SetLinger(a, true, 0))
	check(t, OS.Close(a))
	await(t, b, EPOLLIN)
	_, err := OS.Recv(b, make([]byte, 1), 0)
	wantErr(t, err, syscall.ECONNRESET)
	_, err = OS.Send(b, []byte("x"), 0)
	wantErr(t, err, syscall.EPIPE)
}

// TestCloseDoesNotLinger closes a socket that the kernel would keep for a
// minute, since nobody reads its data.
func TestCloseDoesNotLinger(t *testing.T) {
	a, b := tcp(t)
	check(t, OS.SetLinger(a, true, 60))
	sent := 0
	for {
		n, err := OS.Send(a, make([]byte, 64<<10), 0)
		if err == syscall.EAGAIN {
			break
		}
		check(t, err)
		sent += n
	}
	start := time.Now()
	check(t, OS.Close(a))
	if d := time.Since(start); d > 5*time.Second {
		t.Errorf("Close took %v", d)
	}
	recvFull(t, b, sent) // sent in the background, nothing is lost
}

func TestBadAddresses(t *testing.T) {
	fd := socket(t, AF_INET, SOCK_STREAM)
	for _, a := range []Addr{{}, {Family: AF_INET}, {Family: AF_INET, AddrPort: inet("[::1]:1").AddrPort}, {Family: 99, Path: "x"}} {
		for _, err := range []error{OS.Bind(fd, a), OS.Connect(fd, a)} {
			if err != error(syscall.EINVAL) && err != error(syscall.EAFNOSUPPORT) {
				t.Errorf("%+v: %v", a, err)
			}
		}
	}
	if _, err := OS.SendTo(fd, nil, 0, Addr{}); err != error(syscall.EAFNOSUPPORT) {
		t.Errorf("SendTo nowhere: %v", err)
	}
}
