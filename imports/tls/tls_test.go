//go:build unix

package tls_test

import (
	"testing"

	"github.com/wqjs/wqjs/imports/event"
	"github.com/wqjs/wqjs/imports/internal/abi"
	"github.com/wqjs/wqjs/imports/internal/guesttest"
	"github.com/wqjs/wqjs/imports/internal/netsys"
	"github.com/wqjs/wqjs/imports/socket"
	"github.com/wqjs/wqjs/imports/tls"
)

const outside = guesttest.MemorySize - 4

func newGuest(t testing.TB, c guesttest.Config) *guesttest.Guest {
	t.Helper()
	return guesttest.New(t, c, tls.Funcs(), socket.Funcs(), event.Funcs())
}

// record is one option as the guest encodes it.
func record(name, value string) string {
	n := len(value)
	return name + "\x00" + string([]byte{byte(n), byte(n >> 8), byte(n >> 16), byte(n >> 24)}) + value
}

func newContext(g *guesttest.Guest, options string) int32 {
	return g.Call("context", g.Put([]byte(options)), len(options))
}

func pair(g *guesttest.Guest) (a, b int32) {
	p := g.Space(8)
	g.Call("socketpair", netsys.AF_UNIX, netsys.SOCK_STREAM, 0, p)
	w := g.Bytes(p, 8)
	return int32(w[0]) | int32(w[1])<<8, int32(w[4]) | int32(w[5])<<8
}

func TestBadArguments(t *testing.T) {
	guesttest.NoLeaks(t)
	g := newGuest(t, guesttest.Config{})
	a, b := pair(g)
	ctx := newContext(g, record("rejectUnauthorized", "false"))
	g.Fail(abi.EFAULT, "context", outside, 8)
	g.Fail(abi.EFAULT, "context", 0, -1)
	g.Fail(abi.EFAULT, "wrap", a, ctx, outside, 8)
	g.Fail(abi.EFAULT, "wrap", a, ctx, 0, -1)
	g.Fail(abi.EBADF, "wrap", 5, ctx, 0, 0)
	g.Fail(abi.EBADF, "wrap", a, 5, 0, 0)
	g.Fail(abi.EINVAL, "wrap", a, b, 0, 0)
	g.Fail(abi.ENOTSOCK, "wrap", ctx, ctx, 0, 0)
	for _, f := range []string{"handshake", "info"} {
		g.Fail(abi.EBADF, f, 5)
		g.Fail(abi.EINVAL, f, a)
		g.Fail(abi.EINVAL, f, ctx)
	}
	g.Fail(abi.EINVAL, "handshake_start", 1, a)
	g.Fail(abi.ENOENT, "handshake_result", 1)
	g.Call("send", a, g.Put([]byte("x")), 1, 0) // the socket is as it was
}

func TestOptions(t *testing.T) {
	g := newGuest(t, guesttest.Config{MaxFDs: 1})
	for _, bad := range []string{
		"x", "ca\x00", "ca\x00\xff\xff\xff\xff", record("no such", ""), record("isServer", "1"),
		record("alpn", ""), record("minVersion", "SSLv3"), record("handshakeTimeout", "NaN"), record("handshakeTimeout", "1e9"),
		record("cert", ""), record("cert", "") + record("key", ""), record("ca", "-----BEGIN"),
	} {
		g.Fail(abi.EINVAL, "context", g.Put([]byte(bad)), len(bad))
	}
	newContext(g, "")
	g.Fail(abi.EMFILE, "context", 0, 0)
}

// TestWrapFails: whatever fails on the way, the socket is as it was.
func TestWrapFails(t *testing.T) {
	guesttest.NoLeaks(t)
	fail := ""
	fault := netsys.Fault{Net: netsys.OS, Hook: func(op string, _ netsys.FD, _ int) (error, int) {
		if op == fail {
			return abi.EMFILE, 0
		}
		return nil, 0
	}}
	g := newGuest(t, guesttest.Config{Net: fault})
	a, b := pair(g)
	ctx := newContext(g, record("rejectUnauthorized", "false"))
	for _, fail = range []string{"socketpair", "getsockname", "getpeername"} {
		g.Fail(abi.EMFILE, "wrap", a, ctx, 0, 0)
	}
	fail = ""
	g.Call("send", a, g.Put([]byte("x")), 1, 0)
	g.Call("close", b)
	g.Call("close", a)
}

// TestSandboxEnds while a handshake is under way, and with bytes that nobody
// takes.
func TestSandboxEnds(t *testing.T) {
	guesttest.NoLeaks(t)
	g := newGuest(t, guesttest.Config{})
	a, _ := pair(g)
	ctx := newContext(g, record("rejectUnauthorized", "false"))
	if fd := g.Call("wrap", a, ctx, 0, 0); fd != a {
		t.Errorf("wrap gave %d for %d", fd, a)
	}
	g.Call("handshake_start", 1, a)
	g.Call("send", a, g.Put([]byte("x")), 1, 0)
	g.Fail(abi.ENOTCONN, "info", a)
	g.Fail(abi.EAGAIN, "recv", a, g.Space(8), 8, 0x40)
}

func FuzzOptions(f *testing.F) {
	f.Add([]byte(record("isServer", "true") + record("alpn", "h2") + record("servername", "x")))
	f.Add([]byte(record("cert", "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n") + record("key", "k")))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 32<<10 {
			return
		}
		g := newGuest(t, guesttest.Config{})
		fd, err := g.Try("context", g.Put(b), len(b))
		if err == nil {
			g.Call("close", fd)
		}
	})
}
