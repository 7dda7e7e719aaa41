//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package netsys

import (
	"bytes"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func TestStreams(t *testing.T) {
	cases := []struct {
		name string
		addr func(t *testing.T) Addr
	}{
		{"IPv4", func(*testing.T) Addr { return inet("127.0.0.1:0") }},
		{"IPv6", func(t *testing.T) Addr { needIPv6(t); return inet("[::1]:0") }},
		{"Unix", func(t *testing.T) Addr { return unixPath(t) }},
		{"abstract", func(t *testing.T) Addr {
			if !hasAbstract {
				t.Skip("abstract names are Linux's")
			}
			return Addr{Family: AF_UNIX, Path: "@" + unixPath(t).Path}
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			a := c.addr(t)
			l, la := listener(t, a)
			if a.Family == AF_UNIX && la != a {
				t.Errorf("bound to %+v, LocalAddr %+v", a, la)
			}
			if a.Family != AF_UNIX && (la.AddrPort.Addr() != a.AddrPort.Addr() || la.AddrPort.Port() == 0) {
				t.Errorf("bound to %+v, LocalAddr %+v", a, la)
			}
			client := socket(t, a.Family, SOCK_STREAM)
			check(t, connectDone(t, client, OS.Connect(client, la)))
			server, peer := accept(t, l)
			wantFlags(t, l)
			wantFlags(t, client)
			wantFlags(t, server)
			local, err := OS.LocalAddr(client)
			check(t, err)
			if peer != local {
				t.Errorf("accepted %+v from a client at %+v", peer, local)
			}
			remote, err := OS.PeerAddr(client)
			check(t, err)
			if remote != la {
				t.Errorf("connected to %+v, PeerAddr %+v", la, remote)
			}
			for _, fd := range []FD{l, client, server} {
				typ, err := OS.Type(fd)
				check(t, err)
				family, err := OS.Family(fd)
				check(t, err)
				listening, err := OS.IsListening(fd)
				check(t, err)
				if typ != SOCK_STREAM || family != a.Family || listening != (fd == l) {
					t.Errorf("type %d family %d listening %v", typ, family, listening)
				}
			}
			talk(t, client, server)

			check(t, OS.Shutdown(client, SHUT_WR))
			await(t, server, EPOLLIN)
			if n, err := OS.Recv(server, make([]byte, 1), 0); n != 0 || err != nil {
				t.Errorf("after the peer's shutdown: %d, %v", n, err)
			}
			sendAll(t, server, []byte("still"))
			if got := recvFull(t, client, 5); string(got) != "still" {
				t.Errorf("half-closed: %q", got)
			}
		})
	}
}

func TestMappedIPv4(t *testing.T) {
	needIPv6(t)
	l := socket(t, AF_INET6, SOCK_STREAM)
	check(t, OS.SetsockoptInt(l, IPPROTO_IPV6, IPV6_V6ONLY, 0))
	// A plain IPv4 address under AF_INET6 goes to the kernel mapped.
	err := OS.Bind(l, Addr{Family: AF_INET6, AddrPort: netip.MustParseAddrPort("127.0.0.1:0")})
	check(t, err)
	check(t, OS.Listen(l, 1))
	la, err := OS.LocalAddr(l)
	check(t, err)
	if got := la.AddrPort.Addr(); got != netip.MustParseAddr("::ffff:127.0.0.1") {
		t.Errorf("the kernel's form was changed: %v", got)
	}
	client := socket(t, AF_INET, SOCK_STREAM)
	// A mapped address under AF_INET goes to the kernel unmapped.
	err = OS.Connect(client, Addr{Family: AF_INET, AddrPort: la.AddrPort})
	check(t, connectDone(t, client, err))
	server, peer := accept(t, l)
	if peer.Family != AF_INET6 || !peer.AddrPort.Addr().Is4In6() {
		t.Errorf("peer is %+v", peer)
	}
	talk(t, client, server)
}

func TestDatagrams(t *testing.T) {
	cases := []struct {
		name string
		addr func(t *testing.T) Addr
	}{
		{"IPv4", func(*testing.T) Addr { return inet("127.0.0.1:0") }},
		{"IPv6", func(t *testing.T) Addr { needIPv6(t); return inet("[::1]:0") }},
		{"Unix", func(t *testing.T) Addr { return unixPath(t) }},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			a, aa := bound(t, SOCK_DGRAM, c.addr(t))
			b, ba := bound(t, SOCK_DGRAM, c.addr(t))
			buf := make([]byte, 100)
			_, _, err := OS.RecvFrom(b, buf, 0)
			wantErr(t, err, syscall.EAGAIN)

			for _, msg := range []string{"hello", "", "cut short"} {
				n, err := OS.SendTo(a, []byte(msg), 0, ba)
				if n != len(msg) || err != nil {
					t.Fatalf("SendTo: %d, %v", n, err)
				}
			}
			await(t, b, EPOLLIN)
			for _, want := range []string{"hello", "", "cut s"} {
				n, from, err := OS.RecvFrom(b, buf[:5], 0)
				check(t, err)
				if string(buf[:n]) != want || from != aa {
					t.Errorf("got %q from %+v, want %q from %+v", buf[:n], from, want, aa)
				}
			}

			check(t, connectDone(t, a, OS.Connect(a, ba)))
			if n, err := OS.Send(a, []byte("connected"), 0); n != 9 || err != nil {
				t.Errorf("Send: %d, %v", n, err)
			}
			await(t, b, EPOLLIN)
			n, err := OS.Recv(b, buf, 0)
			if err != nil || string(buf[:n]) != "connected" {
				t.Errorf("Recv: %q, %v", buf[:n], err)
			}
			if typ, err := OS.Type(a); typ != SOCK_DGRAM || err != nil {
				t.Errorf("Type: %d, %v", typ, err)
			}
		})
	}
}

func TestDatagramFromUnnamed(t *testing.T) {
	b, ba := bound(t, SOCK_DGRAM, unixPath(t))
	a := socket(t, AF_UNIX, SOCK_DGRAM)
	if local, err := OS.LocalAddr(a); err != nil || local != (Addr{Family: AF_UNIX}) {
		t.Errorf("LocalAddr of an unnamed socket: %+v, %v", local, err)
	}
	_, err := OS.SendTo(a, []byte("x"), 0, ba)
	check(t, err)
	await(t, b, EPOLLIN)
	n, from, err := OS.RecvFrom(b, make([]byte, 8), 0)
	if n != 1 || err != nil || from.Path != "" {
		t.Errorf("RecvFrom: %d, %+v, %v", n, from, err)
	}
}

func TestSocketPair(t *testing.T) {
	for _, typ := range []int{SOCK_STREAM, SOCK_DGRAM} {
		a, b := pair(t, typ)
		wantFlags(t, a)
		wantFlags(t, b)
		talk(t, a, b)
		if peer, err := OS.PeerAddr(a); err != nil || peer.Family != AF_UNIX || peer.Path != "" {
			t.Errorf("PeerAddr: %+v, %v", peer, err)
		}
	}
	if _, err := OS.SocketPair(AF_INET, SOCK_STREAM, 0); err == nil {
		t.Error("a pair of internet sockets was made")
	}
}

func TestRecvFlags(t *testing.T) {
	a, b := pair(t, SOCK_STREAM)
	sendAll(t, a, []byte("abc"))
	buf := make([]byte, 8)
	for range 2 {
		n, err := OS.Recv(b, buf, MSG_PEEK)
		if string(buf[:n]) != "abc" || err != nil {
			t.Errorf("MSG_PEEK: %q, %v", buf[:n], err)
		}
	}
	n, err := OS.Recv(b, buf, MSG_WAITALL|MSG_DONTWAIT|MSG_NOSIGNAL)
	if string(buf[:n]) != "abc" || err != nil {
		t.Errorf("MSG_WAITALL on what is there: %q, %v", buf[:n], err)
	}
	if n, err := OS.Recv(b, nil, 0); n != 0 && err == nil {
		t.Errorf("empty buffer: %d, %v", n, err)
	}
	if n, err := OS.Send(a, nil, 0); n != 0 || err != nil {
		t.Errorf("empty Send: %d, %v", n, err)
	}
	for _, flag := range []int{1, 0x20, 0x8000, 0x4000000, 0x20000000, -1} {
		_, err := OS.Send(a, buf, flag)
		wantErr(t, err, syscall.EOPNOTSUPP)
		_, err = OS.Recv(a, buf, flag)
		wantErr(t, err, syscall.EOPNOTSUPP)
		_, err = OS.SendTo(a, buf, flag, inet("127.0.0.1:1"))
		wantErr(t, err, syscall.EOPNOTSUPP)
		_, _, err = OS.RecvFrom(a, buf, flag)
		wantErr(t, err, syscall.EOPNOTSUPP)
	}
}

// TestNeverBlocks shares a socket with somebody who made it blocking again.
func TestNeverBlocks(t *testing.T) {
	a, b := pair(t, SOCK_STREAM)
	check(t, unix.SetNonblock(int(a), false))
	if hasAbstract { // Linux: MSG_DONTWAIT on every call
		_, err := OS.Recv(a, make([]byte, 1), 0)
		wantErr(t, err, syscall.EAGAIN)
	}
	check(t, OS.Adopt(a))
	_, err := OS.Recv(a, make([]byte, 1), 0)
	wantErr(t, err, syscall.EAGAIN)
	talk(t, a, b)
}

func TestLargeTransfer(t *testing.T) {
	a, b := tcp(t)
	want := bytes.Repeat([]byte("0123456789abcdef"), 3<<20/16) // above rawLimit, more than the buffers hold
	go func() {
		p := want
		for len(p) > 0 {
			n, err := OS.Send(a, p, 0)
			if err == syscall.EAGAIN {
				Poll([]PollFD{{FD: a, Events: EPOLLOUT}}, patience)
				continue
			}
			if err != nil {
				t.Error(err)
				break
			}
			p = p[n:]
		}
		OS.Shutdown(a, SHUT_WR)
	}()
	if !bytes.Equal(recvFull(t, b, len(want)), want) {
		t.Error("bytes changed on the way")
	}
}

func TestAdopt(t *testing.T) {
	raw, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0) // blocking, inheritable
	check(t, err)
	closeLater(t, FD(raw))
	check(t, OS.Adopt(FD(raw)))
	wantFlags(t, FD(raw))

	f, err := os.Open(os.DevNull)
	check(t, err)
	defer f.Close()
	conn, err := f.SyscallConn()
	check(t, err)
	conn.Control(func(fd uintptr) { wantErr(t, OS.Adopt(FD(fd)), syscall.ENOTSOCK) })
	wantErr(t, OS.Adopt(-1), syscall.EBADF)
}

func TestUnknownNumbers(t *testing.T) {
	cases := []struct {
		family, typ, proto int
		want               syscall.Errno
	}{
		{0, SOCK_STREAM, 0, syscall.EAFNOSUPPORT},
		{16, SOCK_RAW, 0, syscall.EAFNOSUPPORT}, // netlink
		{17, SOCK_RAW, 0, syscall.EAFNOSUPPORT}, // packet
		{40, SOCK_STREAM, 0, syscall.EAFNOSUPPORT},
		{30, SOCK_STREAM, 0, syscall.EAFNOSUPPORT}, // IPv6 of darwin
		{-1, SOCK_STREAM, 0, syscall.EAFNOSUPPORT},
		{AF_INET, 0, 0, syscall.ESOCKTNOSUPPORT},
		{AF_INET, 5, 0, syscall.ESOCKTNOSUPPORT},
		{AF_INET, SOCK_STREAM | 0x800, 0, syscall.ESOCKTNOSUPPORT},
		{AF_INET, SOCK_STREAM, 255, syscall.EPROTONOSUPPORT},
		{AF_INET, SOCK_RAW, 255, syscall.EPROTONOSUPPORT},
		{AF_INET, SOCK_STREAM, 262, syscall.EPROTONOSUPPORT},
		{AF_INET, SOCK_STREAM, -1, syscall.EPROTONOSUPPORT},
		{AF_INET, SOCK_STREAM, IPPROTO_UDP, syscall.EPROTONOSUPPORT},
	}
	for _, c := range cases {
		fd, err := OS.Socket(c.family, c.typ, c.proto)
		if err != error(c.want) || fd != -1 {
			t.Errorf("Socket(%d, %d, %d) = %d, %v; want %v", c.family, c.typ, c.proto, fd, err, c.want)
		}
	}
	fd, err := OS.Socket(AF_INET, SOCK_STREAM, IPPROTO_TCP)
	check(t, err)
	closeLater(t, fd)
	fd, err = OS.Socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP)
	check(t, err)
	closeLater(t, fd)
}

func TestRawSocket(t *testing.T) {
	fd, err := OS.Socket(AF_INET, SOCK_RAW, IPPROTO_ICMP)
	if err == syscall.EPERM || err == syscall.EACCES {
		return // as it should be without the privilege
	}
	check(t, err)
	closeLater(t, fd)
	if typ, err := OS.Type(fd); typ != SOCK_RAW || err != nil {
		t.Errorf("Type: %d, %v", typ, err)
	}
	// An echo request to oneself (RFC 792), checksum included.
	_, err = OS.SendTo(fd, []byte{8, 0, 0xf7, 0xfd, 0, 1, 0, 1}, 0, inet("127.0.0.1:0"))
	check(t, err)
	await(t, fd, EPOLLIN)
	_, from, err := OS.RecvFrom(fd, make([]byte, 128), 0)
	if err != nil || from.AddrPort.Addr() != netip.MustParseAddr("127.0.0.1") {
		t.Errorf("RecvFrom: %+v, %v", from, err)
	}
}

func TestAutobind(t *testing.T) {
	fd := socket(t, AF_UNIX, SOCK_STREAM)
	err := OS.Bind(fd, Addr{Family: AF_UNIX})
	if !hasAbstract {
		wantErr(t, err, syscall.EINVAL)
		return
	}
	check(t, err)
	a, err := OS.LocalAddr(fd)
	if err != nil || !strings.HasPrefix(a.Path, "@") || len(a.Path) < 2 {
		t.Errorf("LocalAddr: %+v, %v", a, err)
	}
}

func TestDup(t *testing.T) {
	a, b := pair(t, SOCK_STREAM)
	c, err := Dup(a)
	check(t, err)
	closeLater(t, c)
	wantFlags(t, c)
	check(t, OS.Close(a))
	talk(t, b, c)
	_, err = Dup(-1)
	wantErr(t, err, syscall.EBADF)
}
