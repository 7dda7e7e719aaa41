//go:build unix

package vnet

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/wqjs/wqjs/imports/internal/abi"
	"github.com/wqjs/wqjs/imports/internal/netsys"
)

// links are the kinds of connections: one pair, and two with a wire.
var links = map[string]Link{"pair": {}, "wire": {Latency: time.Millisecond}}

func TestStreams(t *testing.T) {
	for kind, link := range links {
		for _, a := range []netsys.Addr{inet("127.0.0.1:0"), inet("10.1.2.3:80"), inet("[2001:db8::1]:443"), named("/run/x.sock"), named("@name")} {
			t.Run(kind+" "+text(a), func(t *testing.T) {
				n := newNet(t, everywhere(link))
				l, la := listen(t, n, a, 16)
				client := open(t, n, a.Family, netsys.SOCK_STREAM)
				check(t, settle(t, n, client, n.Connect(client, la)))
				server, peer := accept(t, n, l)
				local, err := n.LocalAddr(client)
				check(t, err)
				remote, err := n.PeerAddr(client)
				check(t, err)
				there, err := n.LocalAddr(server)
				check(t, err)
				if peer != local || remote != la || there != la {
					t.Errorf("client %v to %v, server %v from %v; listening at %v", local, remote, there, peer, la)
				}
				if a.Family != netsys.AF_UNIX && (local.AddrPort.Addr() != a.AddrPort.Addr() || local.AddrPort.Port() == 0) {
					t.Errorf("the client is at %v", local)
				}
				wantErr(t, n.Connect(client, la), syscall.EISCONN)
				for _, fd := range []netsys.FD{l, client, server} {
					typ, err := n.Type(fd)
					check(t, err)
					family, err := n.Family(fd)
					check(t, err)
					listening, err := n.IsListening(fd)
					check(t, err)
					if typ != netsys.SOCK_STREAM || family != a.Family || listening != (fd == l) {
						t.Errorf("type %d, family %d, listening %t", typ, family, listening)
					}
				}
				long := strings.Repeat("0123456789abcdef", 1<<16) // more than all buffers hold
				go send(t, n, client, long)
				if got, err := recv(t, n, server, len(long)); got != long || err != nil {
					t.Fatalf("%d bytes, %v", len(got), err)
				}
				check(t, n.Shutdown(client, netsys.SHUT_WR))
				_, err = n.Send(client, []byte("x"), 0)
				wantErr(t, err, syscall.EPIPE)
				ended(t, n, server)
				send(t, n, server, "still")
				if got, err := recv(t, n, client, 5); got != "still" || err != nil {
					t.Errorf("half-closed: %q, %v", got, err)
				}
				check(t, n.Close(server))
				ended(t, n, client)
			})
		}
	}
}

func TestNames(t *testing.T) {
	n := newNet(t, Config{})
	_, a := listen(t, n, inet("0.0.0.0:80"), 1)
	if a != inet("0.0.0.0:80") {
		t.Errorf("bound to %v", a)
	}
	for text, want := range map[string]syscall.Errno{
		"0.0.0.0:80": syscall.EADDRINUSE, "10.0.0.1:80": syscall.EADDRINUSE, "[::]:80": syscall.EADDRINUSE,
		"[::1]:80": 0, "10.0.0.1:81": 0,
	} {
		a := inet(text)
		fd := open(t, n, a.Family, netsys.SOCK_STREAM)
		if err := n.Bind(fd, a); want == 0 {
			check(t, err)
			wantErr(t, n.Bind(fd, a), syscall.EINVAL)
		} else {
			wantErr(t, err, want)
		}
		check(t, n.Close(fd))
	}
	// IPv6 alone leaves IPv4's addresses.
	fd := open(t, n, netsys.AF_INET6, netsys.SOCK_STREAM)
	check(t, n.SetsockoptInt(fd, netsys.IPPROTO_IPV6, netsys.IPV6_V6ONLY, 1))
	check(t, n.Bind(fd, inet("[::]:80")))
	wantErr(t, n.SetsockoptInt(fd, netsys.IPPROTO_IPV6, netsys.IPV6_V6ONLY, 0), syscall.EINVAL)
	// UDP has ports of its own.
	bound(t, n, netsys.SOCK_DGRAM, inet("0.0.0.0:80"))
	// A name is free when its socket is closed.
	l, _ := listen(t, n, named("/x"), 1)
	other := open(t, n, netsys.AF_UNIX, netsys.SOCK_STREAM)
	wantErr(t, n.Bind(other, named("/x")), syscall.EADDRINUSE)
	check(t, n.Close(l))
	check(t, n.Bind(other, named("/x")))
	_, auto := bound(t, n, netsys.SOCK_STREAM, named(""))
	if !strings.HasPrefix(auto.Path, "@") {
		t.Errorf("an unnamed socket is called %q", auto.Path)
	}
	for _, a := range []netsys.Addr{{}, {Family: netsys.AF_INET}, inet("[::1]:1"), {Family: 99}} {
		fd := open(t, n, netsys.AF_INET, netsys.SOCK_STREAM)
		for _, err := range []error{n.Bind(fd, a), n.Connect(fd, a)} {
			if err != error(syscall.EINVAL) && err != error(syscall.EAFNOSUPPORT) {
				t.Errorf("%+v: %v", a, err)
			}
		}
	}
	fd = open(t, n, netsys.AF_UNIX, netsys.SOCK_STREAM)
	wantErr(t, n.Bind(fd, named("a\x00b")), syscall.EINVAL)
	wantErr(t, n.Bind(fd, named(strings.Repeat("x", 108))), syscall.ENAMETOOLONG)
}

// TestMapped: an IPv6 socket reaches IPv4, and shows it mapped.
func TestMapped(t *testing.T) {
	n := newNet(t, Config{})
	l, _ := listen(t, n, inet("10.0.0.1:80"), 1)
	c := open(t, n, netsys.AF_INET6, netsys.SOCK_STREAM)
	check(t, settle(t, n, c, n.Connect(c, inet("[::ffff:10.0.0.1]:80"))))
	_, peer := accept(t, n, l)
	local, err := n.LocalAddr(c)
	check(t, err)
	remote, err := n.PeerAddr(c)
	check(t, err)
	if remote != inet("[::ffff:10.0.0.1]:80") || !local.AddrPort.Addr().Is4In6() || peer.Family != netsys.AF_INET || !peer.AddrPort.Addr().Is4() {
		t.Errorf("%v to %v, seen as %v", local, remote, peer)
	}
	only := open(t, n, netsys.AF_INET6, netsys.SOCK_STREAM)
	check(t, n.SetsockoptInt(only, netsys.IPPROTO_IPV6, netsys.IPV6_V6ONLY, 1))
	wantErr(t, n.Connect(only, inet("[::ffff:10.0.0.1]:80")), syscall.ENETUNREACH)
}

func TestReusePort(t *testing.T) {
	n := newNet(t, Config{})
	var ls []netsys.FD
	for range 2 {
		fd := open(t, n, netsys.AF_INET, netsys.SOCK_STREAM)
		check(t, n.SetsockoptInt(fd, netsys.SOL_SOCKET, netsys.SO_REUSEPORT, 1))
		check(t, n.Bind(fd, inet("10.0.0.1:80")))
		check(t, n.Listen(fd, 8))
		ls = append(ls, fd)
	}
	for range 4 {
		c := open(t, n, netsys.AF_INET, netsys.SOCK_STREAM)
		check(t, settle(t, n, c, n.Connect(c, inet("10.0.0.1:80"))))
	}
	for _, l := range ls {
		accept(t, n, l)
		accept(t, n, l)
	}
}

func TestRefused(t *testing.T) {
	for kind, link := range links {
		t.Run(kind, func(t *testing.T) {
			n := newNet(t, everywhere(link))
			c := open(t, n, netsys.AF_INET, netsys.SOCK_STREAM)
			wantErr(t, settle(t, n, c, n.Connect(c, inet("10.0.0.1:80"))), syscall.ECONNREFUSED)
			_, err := n.PeerAddr(c)
			wantErr(t, err, syscall.ENOTCONN)
			_, err = n.Send(c, []byte("x"), 0)
			wantErr(t, err, syscall.EPIPE)
			l, _ := listen(t, n, inet("10.0.0.1:80"), 1)
			err = settle(t, n, c, n.Connect(c, inet("10.0.0.1:80")))
			if link == (Link{}) {
				check(t, err)
				accept(t, n, l)
			} else {
				wantErr(t, err, syscall.ECONNABORTED)
				if now(t, c)&netsys.EPOLLHUP == 0 {
					t.Error("a failed connect does not hang up")
				}
			}
			u := open(t, n, netsys.AF_UNIX, netsys.SOCK_STREAM)
			wantErr(t, n.Connect(u, named("/nobody")), syscall.ENOENT)
			bound(t, n, netsys.SOCK_STREAM, named("/deaf"))
			wantErr(t, n.Connect(u, named("/deaf")), syscall.ECONNREFUSED)
			bound(t, n, netsys.SOCK_DGRAM, named("/post"))
			wantErr(t, n.Connect(u, named("/post")), syscall.EPROTOTYPE)
		})
	}
}

func TestStates(t *testing.T) {
	n := newNet(t, Config{})
	fd := open(t, n, netsys.AF_INET, netsys.SOCK_STREAM)
	_, _, err := n.Accept(fd)
	wantErr(t, err, syscall.EINVAL)
	_, err = n.Recv(fd, make([]byte, 1), 0)
	wantErr(t, err, syscall.ENOTCONN)
	wantErr(t, n.Shutdown(fd, netsys.SHUT_WR), syscall.ENOTCONN)
	wantErr(t, n.Shutdown(fd, 3), syscall.EINVAL)
	check(t, n.Listen(fd, 1))
	if now(t, fd) != 0 {
		t.Errorf("an idle listener has %#x", now(t, fd))
	}
	_, _, err = n.Accept(fd)
	if abi.ToErrno(err) != abi.EAGAIN {
		t.Error(err)
	}
	wantErr(t, n.Connect(fd, inet("10.0.0.1:80")), syscall.EISCONN)
	u := open(t, n, netsys.AF_UNIX, netsys.SOCK_STREAM)
	wantErr(t, n.Listen(u, 1), syscall.EINVAL) // not bound
	d := open(t, n, netsys.AF_INET, netsys.SOCK_DGRAM)
	wantErr(t, n.Listen(d, 1), syscall.EOPNOTSUPP)
	for _, c := range []struct {
		family, typ, proto int
		want               abi.Errno
	}{
		{netsys.AF_INET, netsys.SOCK_RAW, netsys.IPPROTO_ICMP, abi.EPROTONOSUPPORT},
		{netsys.AF_INET, netsys.SOCK_STREAM, netsys.IPPROTO_UDP, abi.EPROTONOSUPPORT},
		{netsys.AF_INET, 77, 0, abi.EPROTONOSUPPORT},
		{77, netsys.SOCK_STREAM, 0, abi.EAFNOSUPPORT},
	} {
		if fd, err := n.Socket(c.family, c.typ, c.proto); fd != -1 || abi.ToErrno(err) != c.want {
			t.Errorf("socket(%d, %d, %d) = %d, %v", c.family, c.typ, c.proto, fd, err)
		}
	}
	wantErr(t, n.Close(-1), syscall.EBADF)
}

// TestBacklog: who finds the queue full waits until there is room.
func TestBacklog(t *testing.T) {
	for kind, link := range links {
		t.Run(kind, func(t *testing.T) {
			n := newNet(t, everywhere(link))
			l, a := listen(t, n, inet("10.0.0.1:80"), 2)
			var waiting netsys.FD
			for i := range 3 {
				waiting = open(t, n, netsys.AF_INET, netsys.SOCK_STREAM)
				err := n.Connect(waiting, a)
				if i < 2 {
					check(t, settle(t, n, waiting, err))
				} else {
					wantErr(t, err, syscall.EINPROGRESS)
				}
			}
			if now(t, waiting) != 0 {
				t.Errorf("what is connecting has %#x", now(t, waiting))
			}
			_, err := n.Send(waiting, []byte("x"), 0)
			wantErr(t, err, syscall.EAGAIN)
			wantErr(t, n.Connect(waiting, a), syscall.EALREADY)
			accept(t, n, l)
			check(t, settle(t, n, waiting, syscall.EINPROGRESS))
			check(t, n.Listen(l, 1)) // a second listen changes the limit
		})
	}
	n := newNet(t, Config{MaxBacklog: 1})
	l, a := listen(t, n, named("/full"), 100)
	check(t, n.Connect(open(t, n, netsys.AF_UNIX, netsys.SOCK_STREAM), a))
	late := open(t, n, netsys.AF_UNIX, netsys.SOCK_STREAM)
	if err := n.Connect(late, a); abi.ToErrno(err) != abi.EAGAIN {
		t.Errorf("beyond MaxBacklog: %v", err)
	}
	accept(t, n, l)
	check(t, n.Connect(late, a))
}

// TestListenerCloses: who waits to be accepted is reset.
func TestListenerCloses(t *testing.T) {
	n := newNet(t, Config{})
	l, a := listen(t, n, inet("10.0.0.1:80"), 2)
	c := open(t, n, netsys.AF_INET, netsys.SOCK_STREAM)
	check(t, settle(t, n, c, n.Connect(c, a)))
	check(t, n.Close(l))
	_, err := recv(t, n, c, 1)
	wantErr(t, err, syscall.ECONNRESET)
	ended(t, n, c)
}

// TestEdges: a poller that reports only changes hears of each connection.
func TestEdges(t *testing.T) {
	n := newNet(t, Config{})
	l, a := listen(t, n, inet("10.0.0.1:80"), 1000)
	p, err := netsys.NewPoller()
	check(t, err)
	defer p.Close()
	check(t, p.Add(l, netsys.EPOLLIN|netsys.EPOLLOUT|netsys.EPOLLET, 7))
	var ev [4]netsys.Event
	for range 3 {
		c := open(t, n, netsys.AF_INET, netsys.SOCK_STREAM)
		check(t, settle(t, n, c, n.Connect(c, a)))
		if k, err := p.Wait(ev[:], time.Now().Add(patience)); k != 1 || err != nil || ev[0] != (netsys.Event{Token: 7, Events: netsys.EPOLLIN}) {
			t.Fatalf("%d, %v, %+v", k, err, ev[0])
		}
	}
	for range 600 { // more than the pair has room for bytes
		c := open(t, n, netsys.AF_INET, netsys.SOCK_STREAM)
		check(t, settle(t, n, c, n.Connect(c, a)))
	}
	for range 603 {
		accept(t, n, l)
	}
	if now(t, l) != 0 {
		t.Errorf("an empty queue has %#x", now(t, l))
	}
}

// TestKernelSockets: descriptors that are not the net's are the kernel's.
func TestKernelSockets(t *testing.T) {
	n := newNet(t, Config{})
	p, err := n.SocketPair(netsys.AF_UNIX, netsys.SOCK_STREAM, 0)
	check(t, err)
	send(t, n, p[0], "hello")
	if got, err := recv(t, n, p[1], 5); got != "hello" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	if typ, err := n.Type(p[0]); typ != netsys.SOCK_STREAM || err != nil {
		t.Error(typ, err)
	}
	check(t, n.Shutdown(p[0], netsys.SHUT_WR))
	ended(t, n, p[1])
	check(t, n.Close(p[0]))
	check(t, n.Close(p[1]))
}

func TestOptions(t *testing.T) {
	n := newNet(t, everywhere(Link{Latency: time.Millisecond}))
	l, a := listen(t, n, inet("10.0.0.1:80"), 1)
	check(t, n.SetsockoptInt(l, netsys.IPPROTO_TCP, netsys.TCP_NODELAY, 5))
	c := open(t, n, netsys.AF_INET, netsys.SOCK_STREAM)
	before, err := n.GetsockoptInt(c, netsys.SOL_SOCKET, netsys.SO_SNDBUF)
	check(t, err)
	wantErr(t, n.Connect(c, a), syscall.EINPROGRESS)
	during, err := n.GetsockoptInt(c, netsys.SOL_SOCKET, netsys.SO_SNDBUF)
	check(t, err)
	check(t, settle(t, n, c, syscall.EINPROGRESS))
	after, err := n.GetsockoptInt(c, netsys.SOL_SOCKET, netsys.SO_SNDBUF)
	check(t, err)
	if before != during || before != after {
		t.Errorf("the send buffer is %d, %d while connecting, %d after", before, during, after)
	}
	s, _ := accept(t, n, l)
	for _, o := range []struct{ level, opt, want int }{
		{netsys.IPPROTO_TCP, netsys.TCP_NODELAY, 1}, // from the listener
		{netsys.IPPROTO_TCP, netsys.TCP_KEEPIDLE, 7200},
		{netsys.SOL_SOCKET, netsys.SO_TYPE, netsys.SOCK_STREAM},
		{netsys.SOL_SOCKET, netsys.SO_DOMAIN, netsys.AF_INET},
		{netsys.SOL_SOCKET, netsys.SO_ACCEPTCONN, 0},
		{netsys.SOL_SOCKET, netsys.SO_ERROR, 0},
	} {
		if got, err := n.GetsockoptInt(s, o.level, o.opt); got != o.want || err != nil {
			t.Errorf("option %d %d: %d, %v; want %d", o.level, o.opt, got, err, o.want)
		}
	}
	check(t, n.SetsockoptInt(s, netsys.IPPROTO_TCP, netsys.TCP_KEEPCNT, 3))
	wantErr(t, n.SetsockoptInt(s, netsys.IPPROTO_TCP, netsys.TCP_KEEPCNT, 0), syscall.EINVAL)
	wantErr(t, n.SetsockoptInt(s, netsys.IPPROTO_IPV6, netsys.IPV6_V6ONLY, 1), syscall.ENOPROTOOPT)
	wantErr(t, n.SetsockoptInt(s, netsys.SOL_SOCKET, 999, 1), syscall.ENOPROTOOPT)
	check(t, n.SetLinger(s, true, 5))
	if on, secs, err := n.Linger(s); !on || secs != 5 || err != nil {
		t.Error(on, secs, err)
	}
}
