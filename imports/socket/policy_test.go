//go:build unix

package socket_test

import (
	"errors"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/wqjs/wqjs/imports/internal/abi"
	"github.com/wqjs/wqjs/imports/internal/guesttest"
	"github.com/wqjs/wqjs/imports/internal/netsys"
	"github.com/wqjs/wqjs/imports/internal/policy"
)

// onlySockets lets sockets be made and closed; what names an address is a
// failure of the test.
func onlySockets(t *testing.T) netsys.Net {
	return netsys.Fault{Net: netsys.OS, Hook: func(op string, _ netsys.FD, _ int) (error, int) {
		if op != "socket" && op != "close" && op != "socketpair" {
			t.Errorf("%s reached the kernel", op)
			return abi.EIO, 0
		}
		return nil, 0
	}}
}

// TestDenied: without a grant nothing but the making of a socket gets to the
// kernel, and the message names the flag that would allow it.
func TestDenied(t *testing.T) {
	g := newGuest(t, guesttest.Config{Net: onlySockets(t)})
	tcp, udp := g.Call("socket", inet, stream, 0), g.Call("socket", inet, dgram, 0)
	tcp6 := g.Call("socket", inet6, stream, 0)
	us, ud := g.Call("socket", unix, stream, 0), g.Call("socket", unix, dgram, 0)
	pairA, _ := pair(g, dgram)
	data := g.Put([]byte("data"))
	for _, c := range []struct {
		call string
		fd   int32
		host string
		port int
		flag string
	}{
		{"bind", tcp, "127.0.0.1", 8080, "--allow-listen=127.0.0.1:8080"},
		{"bind", tcp, "", 80, "--allow-listen=0.0.0.0:80"},
		{"bind", tcp6, "", 80, "--allow-listen=[::]:80"},
		{"bind", tcp6, "::ffff:127.0.0.1", 80, "--allow-listen=127.0.0.1:80"},
		{"bind", udp, "127.0.0.1", 0, "--allow-udp=127.0.0.1:0"},
		{"bind", us, "/tmp/x", 0, "--allow-unix=/tmp/x"},
		{"bind", us, "@abstract", 0, "--allow-unix=@abstract"},
		{"connect", tcp, "127.0.0.1", 80, "--allow-connect=127.0.0.1:80"},
		{"connect", tcp, "", 80, "--allow-connect=0.0.0.0/32:80"},
		{"connect", tcp, "169.254.169.254", 80, "--allow-connect=169.254.169.254/32:80"},
		{"connect", tcp6, "::1", 80, "--allow-connect=[::1]:80"},
		{"connect", tcp6, "::ffff:10.0.0.1", 80, "--allow-connect=10.0.0.1:80"},
		{"connect", tcp6, "fe80::1%1", 80, "--allow-connect=[fe80::1%1]:80"},
		{"connect", udp, "127.0.0.1", 53, "--allow-udp=127.0.0.1:53"},
		{"connect", us, "/tmp/../tmp/x", 0, "--allow-unix=/tmp/x"},
		{"connect", ud, "@abstract", 0, "--allow-unix=@abstract"},
		{"connect", pairA, "/tmp/x", 0, "--allow-unix=/tmp/x"},
		{"sendto", udp, "127.0.0.1", 53, "--allow-udp=127.0.0.1:53"},
		{"sendto", ud, "/tmp/x", 0, "--allow-unix=/tmp/x"},
		{"sendto", pairA, "/tmp/x", 0, "--allow-unix=/tmp/x"},
		{"sendto", tcp, "127.0.0.1", 53, "--allow-connect=127.0.0.1:53"},
	} {
		p, n := text(g, c.host)
		args := []any{c.fd, p, n, c.port}
		switch c.call {
		case "connect":
			args = append(args, 0)
		case "sendto":
			args = []any{c.fd, data, 4, 0, p, n, c.port}
		}
		err := g.Fail(abi.EACCES, c.call, args...)
		var d *policy.Denied
		if !errors.As(err, &d) || d.Flag != c.flag || !strings.Contains(err.Error(), c.flag) {
			t.Errorf("%s of %q: %v, want %s", c.call, c.host, err, c.flag)
		}
	}
	err := g.Fail(abi.EACCES, "listen", tcp, 1)
	if !strings.Contains(err.Error(), "--allow-listen=0.0.0.0:0") {
		t.Error(err)
	}
	err = g.Fail(abi.EACCES, "listen", tcp6, 1)
	if !strings.Contains(err.Error(), "--allow-listen=[::]:0") {
		t.Error(err)
	}
}

// TestWrongAddress: text that is no address is EINVAL before the policy is
// asked, and never taken for a name.
func TestWrongAddress(t *testing.T) {
	c := guesttest.Config{Net: onlySockets(t)}
	c.Rules.All = true
	g := newGuest(t, c)
	tcp, tcp6 := g.Call("socket", inet, stream, 0), g.Call("socket", inet6, stream, 0)
	for _, host := range []string{"localhost", "example.com", "127.1", "0177.0.0.1", "0x7f000001", "2130706433", "127.0.0.1.", " 127.0.0.1", "127.0.0.1\x00", "[::1]", ":::", "::1%", "é"} {
		p, n := text(g, host)
		for _, fd := range []int32{tcp, tcp6} {
			g.Fail(abi.EINVAL, "bind", fd, p, n, 80)
			err := g.Fail(abi.EINVAL, "connect", fd, p, n, 80, 0)
			if !strings.HasPrefix(err.Error(), "connect: ") {
				t.Errorf("%q: %v", host, err)
			}
		}
	}
	p, n := text(g, "127.0.0.1")
	for _, port := range []int{-1, 65536, 1 << 30, -1 << 31} {
		g.Fail(abi.EINVAL, "connect", tcp, p, n, port, 0)
		g.Fail(abi.EINVAL, "bind", tcp, p, n, port)
		g.Fail(abi.EINVAL, "sendto", tcp, p, 1, 0, p, n, port)
	}
	for _, host := range []string{"::1", "::ffff:127.0.0.1", "::"} {
		p, n := text(g, host)
		g.Fail(abi.EAFNOSUPPORT, "connect", tcp, p, n, 80, 0)
	}
}

// TestNarrow: all interfaces become the one that is granted.
func TestNarrow(t *testing.T) {
	c := guesttest.Config{}
	c.Rules.Listen = []string{"127.0.0.1:0"}
	c.Rules.UDP = []string{"127.0.0.1:0"}
	g := newGuest(t, c)
	for _, typ := range []int{stream, dgram} {
		for _, host := range []string{"", "0.0.0.0"} {
			fd := g.Call("socket", inet, typ, 0)
			bind(g, fd, host, 0)
			if got := name(g, "getsockname", fd); got.text != "127.0.0.1" || got.port == 0 {
				t.Errorf("%q is %+v", host, got)
			}
			if typ == stream {
				g.Call("listen", fd, 1)
			}
		}
		p, n := text(g, "")
		g.Fail(abi.EACCES, "bind", g.Call("socket", inet, typ, 0), p, n, 1)
	}
}

// TestListenUnbound: listening without bind would be on all interfaces, so it
// needs that grant, also on a socket that a failed connect has left with the
// address it would have had.
func TestListenUnbound(t *testing.T) {
	c := guesttest.Config{}
	c.Rules.Listen = []string{"127.0.0.1"}
	c.Rules.Connect = []string{"127.0.0.1"}
	g := newGuest(t, c)
	l, port := listener(g)
	g.Call("close", l) // nobody is there
	host, n := text(g, "127.0.0.1")
	fd := g.Call("socket", inet, stream, 0)
	g.Fail(abi.EACCES, "listen", fd, 1)
	for range 3 {
		if _, err := g.Try("connect", fd, host, n, port, 0); err == nil {
			t.Error("connected to a closed port")
		}
		g.Fail(abi.EACCES, "listen", fd, 1)
	}
	// A bind that fails does not count either.
	busy := listenerPort(g)
	g.Fail(abi.EADDRINUSE, "bind", fd, host, n, busy)
	g.Fail(abi.EACCES, "listen", fd, 1)

	bound := g.Call("socket", inet, stream, 0)
	bind(g, bound, "127.0.0.1", 0)
	g.Call("listen", bound, 1)
	g.Call("listen", bound, 9)

	c.Rules.Listen = []string{"*"}
	all := newGuest(t, c)
	fd = all.Call("socket", inet, stream, 0)
	all.Call("listen", fd, 1)
	if got := name(all, "getsockname", fd); got.text != "0.0.0.0" || got.port == 0 {
		t.Errorf("listening at %+v", got)
	}
}

func listenerPort(g *guesttest.Guest) int {
	_, port := listener(g)
	return port
}

// TestUnixLinks: a symbolic link in a granted folder opens nothing outside of it.
func TestUnixLinks(t *testing.T) {
	granted, outside := socketDir(t), socketDir(t)
	server := guesttest.Config{}
	server.Rules.Unix = []string{outside + "/", granted + "/"}
	s := newGuest(t, server)
	for _, path := range []string{outside + "/secret", granted + "/open"} {
		fd := s.Call("socket", unix, stream, 0)
		bind(s, fd, path, 0)
		s.Call("listen", fd, 8)
	}
	for link, target := range map[string]string{
		"toSecret": outside + "/secret", "toDir": outside, "relative": "../" + outside[strings.LastIndexByte(outside, '/')+1:] + "/secret",
		"chain": "toSecret", "toOpen": "open", "dangling": outside + "/none", "loop": "loop", "danglingHere": "none",
	} {
		if err := os.Symlink(target, granted+"/"+link); err != nil {
			t.Fatal(err)
		}
	}
	c := guesttest.Config{}
	c.Rules.Unix = []string{granted + "/"}
	g := newGuest(t, c)
	for path, want := range map[string]abi.Errno{
		"/open": 0, "/./open": 0, "/toOpen": 0,
		"/toSecret": abi.EACCES, "/chain": abi.EACCES, "/relative": abi.EACCES, "/toDir/secret": abi.EACCES, "/toDir/none": abi.EACCES,
		"/../x": abi.EACCES, "/none": abi.ENOENT, "/none/x": abi.ENOENT, "/danglingHere": abi.ENOENT,
		"/open/x": abi.ENOTDIR, "/loop": abi.ELOOP, "/dangling": abi.ENOENT,
		"": abi.EACCES, "/": abi.EACCES, "/\xff": abi.EACCES,
		"/open\x00": abi.EINVAL, "/\x00/../open": abi.EINVAL,
	} {
		p, n := text(g, granted+path)
		fd := g.Call("socket", unix, stream, 0)
		if _, err := g.Try("connect", fd, p, n, 0, 0); abi.ToErrno(err) != want {
			t.Errorf("connect to %q: %v, want %v", path, err, want)
		}
		g.Call("close", fd)
	}
	for path, want := range map[string]abi.Errno{
		"/new": 0, "/toDir/new": abi.EACCES, "/open": abi.EADDRINUSE, "/dangling": abi.EADDRINUSE, "/toSecret": abi.EACCES,
		"/toOpen": abi.EADDRINUSE, "/none/x": abi.ENOENT,
	} {
		p, n := text(g, granted+path)
		fd := g.Call("socket", unix, stream, 0)
		if _, err := g.Try("bind", fd, p, n, 0); abi.ToErrno(err) != want {
			t.Errorf("bind to %q: %v, want %v", path, err, want)
		}
		g.Call("close", fd)
	}
	if names, _ := os.ReadDir(outside); len(names) != 1 {
		t.Errorf("the other folder has %d names", len(names))
	}
}

func TestAbstractNames(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("abstract names are Linux's")
	}
	c := guesttest.Config{}
	mine := "@wqjs-test-" + t.Name() + "-" + strings.ReplaceAll(socketDir(t), "/", "-")
	c.Rules.Unix = []string{mine}
	g := newGuest(t, c)
	fd := g.Call("socket", unix, dgram, 0)
	bind(g, fd, mine, 0)
	if got := name(g, "getsockname", fd); got.text != mine {
		t.Errorf("%+v", got)
	}
	for _, other := range []string{mine + "x", mine[:len(mine)-1], "@", strings.ToUpper(mine), mine + "\x00"} {
		p, n := text(g, other)
		g.Fail(abi.EACCES, "bind", g.Call("socket", unix, dgram, 0), p, n, 0)
	}
}
