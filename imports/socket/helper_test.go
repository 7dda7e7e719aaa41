//go:build unix

package socket_test

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/wqjs/wqjs/imports/event"
	"github.com/wqjs/wqjs/imports/internal/guesttest"
	"github.com/wqjs/wqjs/imports/internal/netsys"
	"github.com/wqjs/wqjs/imports/internal/policy"
	"github.com/wqjs/wqjs/imports/socket"
)

const (
	inet   = netsys.AF_INET
	inet6  = netsys.AF_INET6
	unix   = netsys.AF_UNIX
	stream = netsys.SOCK_STREAM
	dgram  = netsys.SOCK_DGRAM
	raw    = netsys.SOCK_RAW

	nonblock = 0x800
	in       = int(netsys.EPOLLIN)
	out      = int(netsys.EPOLLOUT)
	hup      = int(netsys.EPOLLHUP)
	rdhup    = int(netsys.EPOLLRDHUP)

	addrSize = 128
	// patience bounds waits for what should happen soon.
	patience = 10 * time.Second
)

// loopback allows all that the tests do, and nothing beyond this machine.
var loopback = policy.Config{
	Listen: []string{"127.0.0.1", "[::1]"}, Connect: []string{"127.0.0.1", "[::1]"}, UDP: []string{"127.0.0.1", "[::1]"},
}

func newGuest(t testing.TB, c guesttest.Config) *guesttest.Guest {
	t.Helper()
	return guesttest.New(t, c, socket.Funcs(), event.Funcs())
}

// addr is an address as the guest sees it.
type addr struct {
	family, port uint16
	text         string
}

func addrAt(g *guesttest.Guest, p uint32) addr {
	b := g.Bytes(p, addrSize)
	n := binary.LittleEndian.Uint16(b[4:])
	return addr{binary.LittleEndian.Uint16(b), binary.LittleEndian.Uint16(b[2:]), string(b[8 : 8+n])}
}

// text places a string and returns its address and length.
func text(g *guesttest.Guest, s string) (uint32, int) { return g.Put([]byte(s)), len(s) }

func bind(g *guesttest.Guest, fd int32, host string, port int) {
	p, n := text(g, host)
	g.Call("bind", fd, p, n, port)
}

// name is getsockname or getpeername of fd.
func name(g *guesttest.Guest, call string, fd int32) addr {
	p := g.Space(addrSize)
	g.Call(call, fd, p)
	return addrAt(g, p)
}

// listener makes a listening TCP socket on 127.0.0.1 and tells its port.
func listener(g *guesttest.Guest) (fd int32, port int) {
	fd = g.Call("socket", inet, stream, 0)
	bind(g, fd, "127.0.0.1", 0)
	g.Call("listen", fd, 16)
	return fd, int(name(g, "getsockname", fd).port)
}

// connected makes the two ends of a TCP connection.
func connected(g *guesttest.Guest) (client, server int32) {
	l, port := listener(g)
	client = g.Call("socket", inet, stream, 0)
	p, n := text(g, "127.0.0.1")
	g.Call("connect", client, p, n, port, 0)
	server = g.Call("accept", l, g.Space(addrSize), 0)
	g.Call("close", l)
	return client, server
}

// pair makes two connected sockets.
func pair(g *guesttest.Guest, typ int) (a, b int32) {
	p := g.Space(8)
	g.Call("socketpair", unix, typ, 0, p)
	fds := g.Bytes(p, 8)
	return int32(binary.LittleEndian.Uint32(fds)), int32(binary.LittleEndian.Uint32(fds[4:]))
}

func send(g *guesttest.Guest, fd int32, s string) int32 {
	p, n := text(g, s)
	return g.Call("send", fd, p, n, 0)
}

func recv(g *guesttest.Guest, fd int32, n, flags int) string {
	p := g.Space(n)
	return string(g.Bytes(p, int(g.Call("recv", fd, p, n, flags))))
}

// fill sends until the socket takes no more.
func fill(g *guesttest.Guest, fd int32) {
	const dontwait, size = netsys.MSG_DONTWAIT, 32 << 10
	for {
		if _, err := g.Try("send", fd, 0, size, dontwait); err != nil {
			return
		}
	}
}

// socketDir is a folder with a short name, as paths of Unix sockets need.
func socketDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "s")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if dir, err = filepath.EvalSymlinks(dir); err != nil { // as on macOS
		t.Fatal(err)
	}
	return dir
}

// faults is a Net whose calls fail as the test says.
type faults struct {
	mu    sync.Mutex
	plan  map[string][]error // what the next calls return; nil is: make the call
	limit map[string]int     // longest data
	calls map[string]int
}

func newFaults() *faults {
	return &faults{plan: map[string][]error{}, limit: map[string]int{}, calls: map[string]int{}}
}

func (f *faults) net() netsys.Net {
	return netsys.Fault{Net: netsys.OS, Hook: func(op string, _ netsys.FD, _ int) (err error, limit int) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.calls[op]++
		if p := f.plan[op]; len(p) > 0 {
			err, f.plan[op] = p[0], p[1:]
		}
		return err, f.limit[op]
	}}
}

// next has the following calls of op fail with errs, in their order.
func (f *faults) next(op string, errs ...error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.plan[op] = errs
}

func (f *faults) count(op string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls[op]
}
