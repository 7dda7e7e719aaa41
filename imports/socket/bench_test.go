//go:build unix

package socket_test

import (
	"testing"

	"github.com/wqjs/wqjs/imports/internal/guest"
	"github.com/wqjs/wqjs/imports/internal/guesttest"
	"github.com/wqjs/wqjs/imports/internal/netsys"
	"github.com/wqjs/wqjs/imports/socket"
)

// rawCall calls one function over and over with the same arguments.
func rawCall(t testing.TB, g *guesttest.Guest, name string, args ...any) func() {
	t.Helper()
	for _, f := range socket.Funcs() {
		if f.Name == name {
			return rawFunc(t, g, f, guesttest.Stack(f, args...))
		}
	}
	t.Fatal("no function ", name)
	return nil
}

func rawFunc(t testing.TB, g *guesttest.Guest, f guest.Func, stack []uint64) func() {
	return func() {
		if _, err := f.Call(g.Guest, g.Mem, stack); err != nil {
			t.Fatal(f.Name, err)
		}
	}
}

// TestAllocations: what moves bytes makes no garbage.
func TestAllocations(t *testing.T) {
	g := newGuest(t, guesttest.Config{})
	a, b := pair(g, stream)
	send(g, a, "data to peek at")
	p := g.Space(64)
	sendOne, recvOne := rawCall(t, g, "send", a, p, 1, 0), rawCall(t, g, "recv", b, p, 1, 0)
	for name, call := range map[string]func(){
		"recv":          rawCall(t, g, "recv", b, p, 8, netsys.MSG_PEEK),
		"send and recv": func() { sendOne(); recvOne() },
		"getsockopt":    rawCall(t, g, "getsockopt", a, netsys.SOL_SOCKET, netsys.SO_RCVTIMEO, p),
		"fcntl":         rawCall(t, g, "fcntl", a, 3, 0),
	} {
		if n := testing.AllocsPerRun(200, call); n != 0 {
			t.Errorf("%s makes %v allocations", name, n)
		}
	}
	// One that has to wait may, but not by how often it waits.
	empty, _ := pair(g, stream|nonblock)
	again := func() {
		if _, err := g.Try("recv", empty, p, 8, 0); err == nil {
			t.Fatal("received something")
		}
	}
	if n := testing.AllocsPerRun(200, again); n > 10 { // arguments of the test, mostly
		t.Errorf("a recv of nothing makes %v allocations", n)
	}
}

// BenchmarkRecvCall is one recv of data that is there, without the way from wasm.
func BenchmarkRecvCall(b *testing.B) {
	g := newGuest(b, guesttest.Config{})
	x, y := pair(g, stream)
	send(g, x, "data to peek at")
	recv := rawCall(b, g, "recv", y, g.Space(64), 64, netsys.MSG_PEEK)
	b.ReportAllocs()
	for b.Loop() {
		recv()
	}
}

// BenchmarkSendRecv64K moves 64 KiB through a socketpair.
func BenchmarkSendRecv64K(b *testing.B) {
	const size = guesttest.MemorySize
	g := newGuest(b, guesttest.Config{})
	x, y := pair(g, stream)
	send, recv := rawCall(b, g, "send", x, 0, size, 0), rawCall(b, g, "recv", y, 0, size, netsys.MSG_WAITALL)
	b.ReportAllocs()
	b.SetBytes(size)
	for b.Loop() {
		send()
		recv()
	}
}

// BenchmarkDatagram is a sendto and a recvfrom over UDP.
func BenchmarkDatagram(b *testing.B) {
	g := newGuest(b, guesttest.Config{Rules: loopback})
	fd := g.Call("socket", inet, dgram, 0)
	bind(g, fd, "127.0.0.1", 0)
	host, n := text(g, "127.0.0.1")
	p := g.Space(64)
	send := rawCall(b, g, "sendto", fd, p, 64, 0, host, n, int(name(g, "getsockname", fd).port))
	recv := rawCall(b, g, "recvfrom", fd, p, 64, 0, g.Space(addrSize))
	b.ReportAllocs()
	for b.Loop() {
		send()
		recv()
	}
}

// BenchmarkPoll asks for 100 sockets of which one is ready.
func BenchmarkPoll(b *testing.B) {
	g := newGuest(b, guesttest.Config{})
	var entries []any
	for range 100 {
		x, _ := pair(g, stream)
		entries = append(entries, x, in)
	}
	x, y := pair(g, stream)
	send(g, y, "x")
	poll := rawCall(b, g, "poll", pollArray(g, append(entries, x, in)...), 101, -1)
	b.ReportAllocs()
	for b.Loop() {
		poll()
	}
}
