//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package netsys

import (
	"slices"
	"syscall"
	"testing"
)

func TestFaultErrors(t *testing.T) {
	var ops []string
	f := Fault{Net: OS, Hook: func(op string, fd FD, n int) (error, int) {
		ops = append(ops, op)
		if making := op == "socket" || op == "socketpair"; making != (fd == -1) {
			t.Errorf("%s of fd %d", op, fd)
		}
		return syscall.ENOBUFS, 0
	}}
	a, b := pair(t, SOCK_STREAM)
	to := inet("127.0.0.1:1")
	buf := make([]byte, 4)
	var n Net = f
	var errs []error
	add := func(err error) { errs = append(errs, err) }
	_, err := n.Socket(AF_INET, SOCK_STREAM, 0)
	add(err)
	_, err = n.SocketPair(AF_UNIX, SOCK_STREAM, 0)
	add(err)
	add(n.Bind(a, to))
	add(n.Listen(a, 1))
	_, _, err = n.Accept(a)
	add(err)
	add(n.Connect(a, to))
	_, err = n.Send(a, buf, 0)
	add(err)
	_, err = n.Recv(a, buf, 0)
	add(err)
	_, err = n.SendTo(a, buf, 0, to)
	add(err)
	_, _, err = n.RecvFrom(a, buf, 0)
	add(err)
	add(n.Shutdown(a, SHUT_WR))
	add(n.SetsockoptInt(a, SOL_SOCKET, SO_KEEPALIVE, 1))
	_, err = n.GetsockoptInt(a, SOL_SOCKET, SO_KEEPALIVE)
	add(err)
	add(n.SetLinger(a, true, 1))
	_, _, err = n.Linger(a)
	add(err)
	_, err = n.LocalAddr(a)
	add(err)
	_, err = n.PeerAddr(a)
	add(err)
	_, err = n.Type(a)
	add(err)
	_, err = n.Family(a)
	add(err)
	_, err = n.IsListening(a)
	add(err)
	add(n.Adopt(a))
	talk(t, a, b) // nothing of that was done
	add(n.Close(a))
	for i, err := range errs {
		if err != error(syscall.ENOBUFS) {
			t.Errorf("call %d: %v", i, err)
		}
	}
	if _, err := OS.Type(a); err != error(syscall.EBADF) {
		t.Errorf("close did not close: %v", err)
	}
	want := []string{"socket", "socketpair", "bind", "listen", "accept", "connect", "send", "recv", "sendto", "recvfrom",
		"shutdown", "setsockopt", "getsockopt", "setsockopt", "getsockopt", "getsockname", "getpeername",
		"getsockopt", "getsockopt", "getsockopt", "adopt", "close"}
	if !slices.Equal(ops, want) {
		t.Errorf("ops %q", ops)
	}
}

func TestFaultLimits(t *testing.T) {
	f := Fault{Net: OS, Hook: func(op string, _ FD, n int) (error, int) {
		if n != 5 {
			t.Errorf("%s of %d bytes", op, n)
		}
		return nil, map[string]int{"send": 3, "recv": 2, "sendto": 4, "recvfrom": 1}[op]
	}}
	a, b := pair(t, SOCK_STREAM)
	buf := []byte("hello")
	if n, err := f.Send(a, buf, 0); n != 3 || err != nil {
		t.Errorf("Send: %d, %v", n, err)
	}
	if n, err := f.Recv(b, buf, 0); n != 2 || err != nil || string(buf) != "hello" {
		t.Errorf("Recv: %d, %v, %q", n, err, buf)
	}
	u, ua := bound(t, SOCK_DGRAM, inet("127.0.0.1:0"))
	if n, err := f.SendTo(u, buf, 0, ua); n != 4 || err != nil {
		t.Errorf("SendTo: %d, %v", n, err)
	}
	await(t, u, EPOLLIN)
	if n, from, err := f.RecvFrom(u, buf, 0); n != 1 || from != ua || err != nil {
		t.Errorf("RecvFrom: %d, %+v, %v", n, from, err)
	}
}

// TestFaultPassesOn is the loop-back test through a Fault without a Hook.
func TestFaultPassesOn(t *testing.T) {
	defer func(os Net) { OS = os }(OS)
	OS = Fault{Net: OS}
	a, b := tcp(t)
	talk(t, a, b)
	check(t, OS.SetLinger(a, true, 3))
	if on, seconds, err := OS.Linger(a); !on || seconds != 3 || err != nil {
		t.Errorf("Linger: %v, %d, %v", on, seconds, err)
	}
	check(t, OS.Adopt(a))
	check(t, OS.Shutdown(a, SHUT_WR))
	p, err := OS.SocketPair(AF_UNIX, SOCK_DGRAM, 0)
	check(t, err)
	check(t, OS.Close(p[0]))
	check(t, OS.Close(p[1]))
}
