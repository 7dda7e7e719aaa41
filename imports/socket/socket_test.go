//go:build unix

package socket_test

import (
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"

	"github.com/wqjs/wqjs/imports/internal/abi"
	"github.com/wqjs/wqjs/imports/internal/guesttest"
	"github.com/wqjs/wqjs/imports/internal/netsys"
)

// needIPv6 skips the test on machines without ::1.
func needIPv6(t *testing.T) {
	t.Helper()
	fd, err := netsys.OS.Socket(inet6, dgram, 0)
	if err == nil {
		g := newGuest(t, guesttest.Config{Rules: loopback})
		netsys.OS.Close(fd)
		p, n := text(g, "::1")
		_, err = g.Try("bind", g.Call("socket", inet6, dgram, 0), p, n, 0)
	}
	if err != nil {
		t.Skip("this machine has no ::1: ", err)
	}
}

// TestTCP is a conversation over IPv4 and IPv6, with all addresses.
func TestTCP(t *testing.T) {
	for _, c := range []struct {
		family int
		host   string
	}{{inet, "127.0.0.1"}, {inet6, "::1"}} {
		t.Run(c.host, func(t *testing.T) {
			if c.family == inet6 {
				needIPv6(t)
			}
			guesttest.NoLeaks(t)
			g := newGuest(t, guesttest.Config{Rules: loopback})
			l := g.Call("socket", c.family, stream, netsys.IPPROTO_TCP)
			bind(g, l, c.host, 0)
			g.Call("listen", l, 5)
			local := name(g, "getsockname", l)
			if local.family != uint16(c.family) || local.port == 0 || local.text != c.host {
				t.Errorf("listening at %+v", local)
			}
			client := g.Call("socket", c.family, stream, 0)
			p, n := text(g, c.host)
			g.Call("connect", client, p, n, int(local.port), 0)
			from := g.Space(addrSize)
			server := g.Call("accept", l, from, 0)
			if peer := addrAt(g, from); peer != name(g, "getsockname", client) || peer != name(g, "getpeername", server) {
				t.Errorf("accepted from %+v", peer)
			}
			if peer := name(g, "getpeername", client); peer != local {
				t.Errorf("connected to %+v", peer)
			}
			all := make([]byte, 256)
			for i := range all {
				all[i] = byte(i)
			}
			send(g, client, string(all))
			if got := recv(g, server, 300, 0); got != string(all) {
				t.Errorf("%q", got)
			}
			send(g, server, "reply")
			if got := recv(g, client, 3, netsys.MSG_PEEK) + recv(g, client, 10, 0); got != "repreply" {
				t.Errorf("%q", got)
			}
			g.Call("shutdown", client, netsys.SHUT_WR)
			if got := recv(g, server, 10, 0); got != "" {
				t.Errorf("%q after the end", got)
			}
			g.Fail(abi.EPIPE, "send", client, 0, 1, 0) // and no SIGPIPE
			for _, fd := range []int32{l, client, server} {
				g.Call("close", fd)
			}
		})
	}
}

func TestUDP(t *testing.T) {
	g := newGuest(t, guesttest.Config{Rules: loopback})
	a, b := g.Call("socket", inet, dgram, 0), g.Call("socket", inet, dgram, netsys.IPPROTO_UDP)
	bind(g, a, "127.0.0.1", 0)
	bind(g, b, "127.0.0.1", 0)
	host, n := text(g, "127.0.0.1")
	data, size := text(g, "datagram")
	port := int(name(g, "getsockname", a).port)
	if sent := g.Call("sendto", b, data, size, 0, host, n, port); sent != 8 {
		t.Errorf("sent %d", sent)
	}
	into, from := g.Space(32), g.Space(addrSize)
	if got := g.Call("recvfrom", a, into, 4, 0, from); string(g.Bytes(into, int(got))) != "data" {
		t.Errorf("%q", g.Bytes(into, int(got))) // the rest is lost, as with recvfrom(2)
	}
	if addrAt(g, from) != name(g, "getsockname", b) {
		t.Errorf("from %+v", addrAt(g, from))
	}
	g.Call("connect", b, host, n, port, 0)
	send(g, b, "")
	send(g, b, "two")
	if got := recv(g, a, 8, 0) + "|" + recv(g, a, 8, 0); got != "|two" {
		t.Errorf("%q", got)
	}
	g.Fail(abi.ENOTCONN, "getpeername", a, from)
	g.Fail(abi.EMSGSIZE, "send", b, 0, guesttest.MemorySize, 0)
}

func TestUnixSockets(t *testing.T) {
	dir := socketDir(t)
	c := guesttest.Config{}
	c.Rules.Unix = []string{dir + "/"}
	g := newGuest(t, c)
	path, n := text(g, dir+"/listener")
	l := g.Call("socket", unix, stream, 0)
	g.Call("bind", l, path, n, 0)
	g.Fail(abi.EADDRINUSE, "bind", g.Call("socket", unix, stream, 0), path, n, 0)
	g.Call("listen", l, 1)
	client := g.Call("socket", unix, stream, 0)
	g.Call("connect", client, path, n, 0, 0)
	from := g.Space(addrSize)
	server := g.Call("accept", l, from, 0)
	if got := addrAt(g, from); got != (addr{unix, 0, ""}) {
		t.Errorf("from %+v", got) // a client without a name
	}
	if got := name(g, "getpeername", client); got != (addr{unix, 0, dir + "/listener"}) {
		t.Errorf("to %+v", got)
	}
	send(g, client, "over a path")
	if got := recv(g, server, 32, 0); got != "over a path" {
		t.Errorf("%q", got)
	}

	// Datagrams, to a name and back to a name.
	a, b := g.Call("socket", unix, dgram, 0), g.Call("socket", unix, dgram, 0)
	bind(g, a, dir+"/a", 0)
	bind(g, b, dir+"/b", 0)
	toA, nA := text(g, dir+"/a")
	g.Call("sendto", b, path, 4, 0, toA, nA, 0)
	into := g.Space(16)
	g.Call("recvfrom", a, into, 16, 0, from)
	if got := addrAt(g, from); got != (addr{unix, 0, dir + "/b"}) {
		t.Errorf("from %+v", got)
	}
	if runtime.GOOS == "linux" {
		long := dir + "/" + strings.Repeat("x", 107-len(dir)-1)
		e := g.Call("socket", unix, dgram, 0)
		bind(g, e, long, 0)
		if got := name(g, "getsockname", e); got.text != long {
			t.Errorf("%+v", got)
		}
		p, n := text(g, long+"x")
		g.Fail(abi.ENAMETOOLONG, "bind", g.Call("socket", unix, dgram, 0), p, n, 0)
	}
}

// TestSocketArguments: what socket(2) does not know fails, whatever the number.
func TestSocketArguments(t *testing.T) {
	f := newFaults()
	g := newGuest(t, guesttest.Config{Net: f.net()})
	p := g.Space(8)
	for _, c := range []struct {
		family, typ, proto int
		want               abi.Errno
	}{
		{0, stream, 0, abi.EAFNOSUPPORT},
		{3, stream, 0, abi.EAFNOSUPPORT},
		{16, raw - 1, 0, abi.EAFNOSUPPORT}, // AF_NETLINK
		{17, dgram, 0, abi.EAFNOSUPPORT},   // AF_PACKET
		{40, stream, 0, abi.EAFNOSUPPORT},  // AF_VSOCK
		{-1, stream, 0, abi.EAFNOSUPPORT},
		{math.MaxInt32, stream, 0, abi.EAFNOSUPPORT},
		{inet, 0, 0, abi.EPROTONOSUPPORT},
		{inet, 4, 0, abi.EPROTONOSUPPORT},
		{inet, 5, 0, abi.EPROTONOSUPPORT}, // SOCK_SEQPACKET
		{inet, 10, 0, abi.EPROTONOSUPPORT},
		{inet, math.MinInt32, 0, abi.EPROTONOSUPPORT},
		{inet, stream, 132, abi.EPROTONOSUPPORT}, // SCTP
		{inet, stream, 262, abi.EPROTONOSUPPORT}, // MPTCP
		{inet, stream, -1, abi.EPROTONOSUPPORT},
		{inet, stream, 255, abi.EPROTONOSUPPORT},
		{inet, raw, 0, abi.EACCES},
		{inet, raw | nonblock, netsys.IPPROTO_TCP, abi.EACCES},
		{unix, raw, 0, abi.EACCES},
		{inet, dgram, netsys.IPPROTO_ICMP, abi.EACCES},
		{inet6, dgram, netsys.IPPROTO_ICMPV6, abi.EACCES},
	} {
		before := f.count("socket")
		g.Fail(c.want, "socket", c.family, c.typ, c.proto)
		if c.want != abi.EACCES {
			g.Fail(c.want, "socketpair", c.family, c.typ, c.proto, p)
		} else if f.count("socket") != before {
			t.Errorf("%+v: the kernel was asked", c)
		}
	}
	if err := g.Fail(abi.EACCES, "socket", inet, raw, 0); err.Error() != "raw socket denied: not granted (allow it with --allow-raw)" {
		t.Error(err)
	}
	if g.FDs.Len() != 0 {
		t.Errorf("%d fds are open", g.FDs.Len())
	}
}

// TestNonblock: the flag of socket and fcntl's are one.
func TestNonblock(t *testing.T) {
	const getfl, setfl, cloexec = 3, 4, 0x80000
	g := newGuest(t, guesttest.Config{Rules: loopback})
	fd := g.Call("socket", inet, dgram|nonblock|cloexec, 0)
	bind(g, fd, "127.0.0.1", 0)
	if fl := g.Call("fcntl", fd, getfl, 0); fl != nonblock {
		t.Errorf("F_GETFL is %#x", fl)
	}
	p := g.Space(16)
	g.Fail(abi.EAGAIN, "recv", fd, p, 16, 0)
	g.Fail(abi.EAGAIN, "recvfrom", fd, p, 16, 0, g.Space(addrSize))
	g.Call("fcntl", fd, setfl, 0)
	if fl := g.Call("fcntl", fd, getfl, 99); fl != 0 {
		t.Errorf("F_GETFL is %#x", fl)
	}
	g.Fail(abi.EAGAIN, "recv", fd, p, 16, netsys.MSG_DONTWAIT)
	g.Call("fcntl", fd, setfl, nonblock)
	g.Fail(abi.EAGAIN, "recv", fd, p, 16, 0)
	for _, arg := range []int{1, 0x400, nonblock | 2, -1} {
		g.Fail(abi.EINVAL, "fcntl", fd, setfl, arg)
	}
	for _, cmd := range []int{0, 1, 2, 5, -1, 1030} {
		g.Fail(abi.EINVAL, "fcntl", fd, cmd, 0)
	}
	a, b := pair(g, stream|nonblock)
	g.Fail(abi.EAGAIN, "recv", a, p, 1, 0)
	g.Fail(abi.EAGAIN, "recv", b, p, 1, 0)
	if fl := g.Call("fcntl", g.Call("epoll_create1", cloexec), getfl, 0); fl != 0 {
		t.Errorf("F_GETFL of an epoll instance is %#x", fl)
	}
}

// TestFlags: message flags that are not offered are refused with their bits.
func TestFlags(t *testing.T) {
	g := newGuest(t, guesttest.Config{Rules: loopback})
	a, b := pair(g, stream)
	p, n := text(g, "127.0.0.1")
	for _, flags := range []int{1, 0x20, 0x4000000, 0x2000, 0x20000000, -1, math.MinInt32} {
		for _, err := range []error{
			g.Fail(abi.EINVAL, "send", a, p, 1, flags),
			g.Fail(abi.EINVAL, "recv", a, p, 1, flags),
			g.Fail(abi.EINVAL, "sendto", a, p, 1, flags, p, n, 9),
			g.Fail(abi.EINVAL, "recvfrom", a, p, 1, flags, g.Space(addrSize)),
		} {
			if !strings.HasPrefix(err.Error(), "unknown flags ") {
				t.Error(err)
			}
		}
	}
	send(g, b, "x")
	all := netsys.MSG_PEEK | netsys.MSG_DONTWAIT | netsys.MSG_WAITALL | netsys.MSG_NOSIGNAL
	if got := recv(g, a, 4, all); got != "x" { // PEEK does not wait for all
		t.Errorf("%q", got)
	}
	for _, how := range []int{-1, 3, math.MaxInt32} {
		g.Fail(abi.EINVAL, "shutdown", a, how)
	}
	g.Fail(abi.EINVAL, "epoll_create1", 1)
	g.Fail(abi.EINVAL, "epoll_create1", -1)
}

// TestListenBacklog takes any number: the kernel's own limit is above.
func TestListenBacklog(t *testing.T) {
	g := newGuest(t, guesttest.Config{Rules: loopback})
	l, _ := listener(g)
	for _, backlog := range []int{0, 1, -1, math.MaxInt32, math.MinInt32} {
		g.Call("listen", l, backlog)
	}
	u := g.Call("socket", inet, dgram, 0)
	bind(g, u, "127.0.0.1", 0)
	if _, err := g.Try("listen", u, 1); err == nil {
		t.Error("a UDP socket listens")
	}
}

func TestGranted(t *testing.T) {
	g := newGuest(t, guesttest.Config{})
	for _, i := range []int{0, -1, math.MaxInt32} {
		g.Fail(abi.ENOENT, "granted", i)
		g.Fail(abi.ENOENT, "granted_name", i)
	}
	var fds []int32
	for i := range 3 {
		a, b := pair(g, stream)
		e, err := g.FDs.Get(a, 0)
		if err != nil {
			t.Fatal(err)
		}
		e.Name = fmt.Sprint("grant ", i)
		g.AddGranted(a, e)
		fds = append(fds, a)
		g.Call("close", b)
	}
	for i := range 3 {
		if fd := g.Call("granted", i); fd != fds[i] {
			t.Errorf("number %d is %d", i, fd)
		}
		if s := g.Taken(g.Call("granted_name", i)); s != fmt.Sprint("grant ", i) {
			t.Errorf("number %d is called %q", i, s)
		}
	}
	g.Call("close", fds[1])
	g.Fail(abi.EBADF, "granted_name", 1)
	g.Fail(abi.ENOENT, "granted", 3)
	// The number is another socket's now, and with the next grant not in the list.
	again, _ := pair(g, stream)
	e, err := g.FDs.Get(again, 0)
	if err != nil {
		t.Fatal(err)
	}
	if e.Name = "new"; again != fds[1] {
		t.Fatal(again)
	}
	g.AddGranted(again, e)
	for i, want := range []string{"grant 0", "grant 2", "new"} {
		if s := g.Taken(g.Call("granted_name", i)); s != want {
			t.Errorf("number %d is called %q, want %q", i, s, want)
		}
	}
}
