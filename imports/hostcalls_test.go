//go:build unix

package imports_test

import (
	"bytes"
	"context"
	"errors"
	"math"
	"net/netip"
	"slices"
	"testing"

	"github.com/wqjs/wqjs/imports/call"
	"github.com/wqjs/wqjs/imports/codec"
	"github.com/wqjs/wqjs/imports/core"
	"github.com/wqjs/wqjs/imports/event"
	"github.com/wqjs/wqjs/imports/internal/abi"
	"github.com/wqjs/wqjs/imports/internal/guest"
	"github.com/wqjs/wqjs/imports/internal/guesttest"
	"github.com/wqjs/wqjs/imports/internal/netsys"
	"github.com/wqjs/wqjs/imports/internal/quota"
	"github.com/wqjs/wqjs/imports/name"
	"github.com/wqjs/wqjs/imports/socket"
	"github.com/wqjs/wqjs/imports/tls"
)

// funcs are all the functions that a guest can import from us.
func funcs() []guest.Func {
	return slices.Concat(core.Funcs(), event.Funcs(), name.Funcs(), socket.Funcs(), codec.Funcs(), call.Funcs(), tls.Funcs())
}

// allGuest is a guest for all of them.
func allGuest(t testing.TB, c guesttest.Config) *guesttest.Guest {
	c.Modules, c.Resolver, c.Args = modules{}, resolver{}, []string{"a", "b"}
	g := guesttest.New(t, c, funcs())
	g.Codecs = codec.New(nil)
	g.Calls = &calls{}
	g.Queue = quota.New(1 << 20)
	return g
}

// calls are Go functions that give back their arguments; each call can be started
// as an asynchronous one.
type calls struct{ called bool }

func (c *calls) Call(_ uint32, _ int, args []byte) ([]byte, error) {
	c.called = true
	return bytes.Clone(args), nil
}

func (c *calls) Start() (func(context.Context) any, int64, error) {
	if !c.called {
		return nil, 0, abi.EINVAL
	}
	c.called = false
	return func(context.Context) any { return c }, 0, nil
}

func (c *calls) Result(v any) ([]byte, error) {
	if v != any(c) {
		return nil, abi.EINVAL
	}
	return []byte("done"), nil
}

func (*calls) Release(uint32) {}

// pointer is an argument that points to size bytes; with counted set the next
// argument is their number.
type pointer struct {
	size    int
	counted bool
}

func in(n int) pointer  { return pointer{n, true} }
func out(n int) pointer { return pointer{n, false} }

// signature is a call with fds that are there and arguments that are in order,
// as far as pointers go. TestPointers makes the guest's fds such that 1000 is a
// stream of a pair, 1001 its other end, 1002 an epoll instance and 1003 a TLS
// context; encoder 1 is open, and what a pointer points to starts with "gzip".
var signatures = map[string][]any{
	"sample":          {in(16), 16},
	"detail":          {in(16), 16},
	"take":            {in(16), 16},
	"arg":             {0},
	"module_resolve":  {in(4), 4, in(4), 4},
	"module_load":     {in(4), 4},
	"module_url":      {in(4), 4},
	"env_used":        {in(4), 4},
	"timer_start":     {1, 0.0, 0},
	"timer_stop":      {1},
	"timer_ref":       {1, 0},
	"watch":           {1000},
	"unwatch":         {1000},
	"watch_ref":       {1000, 1},
	"handle_shutdown": {1},
	"lookup":          {in(9), 9, 0},
	"lookup_start":    {7, in(9), 9, 0},
	"tick":            {},
	"lookup_result":   {7},
	"lookup_cancel":   {7},
	"socket":          {2, 1, 0},
	"socketpair":      {1, 1, 0, out(8)},
	"bind":            {1000, in(9), 9, 0},
	"listen":          {1000, 1},
	"accept":          {1000, out(128), 1},
	"connect":         {1000, in(9), 9, 80, 1},
	"send":            {1000, in(4), 4, 0},
	"recv":            {1000, in(4), 4, netsys.MSG_DONTWAIT},
	"sendto":          {1000, in(4), 4, 0, in(9), 9, 80},
	"recvfrom":        {1000, in(4), 4, netsys.MSG_DONTWAIT, out(128)},
	"shutdown":        {1000, 0},
	"close":           {1001},
	"setsockopt":      {1000, 1, 2, 1},
	"getsockopt":      {1000, 1, 2, out(4)},
	"getsockname":     {1000, out(128)},
	"getpeername":     {1000, out(128)},
	"fcntl":           {1000, 3, 0},
	"poll":            {out(24), 2, 0},
	"epoll_create1":   {0},
	"epoll_ctl":       {1002, 1, 1000, 1},
	"epoll_wait":      {1002, out(24), 2, 0},
	"granted":         {0},
	"granted_name":    {0},

	"digest":           {1, 0, -1, in(4), 4, out(20)},
	"names":            {},
	"encoder_open":     {in(4), 4, 1},
	"encoder_write":    {1, in(4), 4, 0},
	"encoder_close":    {1},
	"decode":           {in(4), 4, in(4), 4, 100},
	"call":             {1, 0, in(4), 4, 4},
	"start":            {1},
	"result":           {7, 0, 4},
	"release":          {1},
	"context":          {in(4), 4},
	"wrap":             {1000, 1003, in(4), 4},
	"handshake":        {1000},
	"handshake_start":  {7, 1000},
	"handshake_result": {7},
	"info":             {1000},
}

// modules is a Modules that knows all names.
type modules struct{}

func (modules) Resolve(base, spec string) (string, error) { return base + spec, nil }
func (modules) Load(name string) ([]byte, error)          { return []byte(name), nil }
func (modules) URL(name string) string                    { return "file:" + name }

// resolver answers at once.
type resolver struct{}

func (resolver) Lookup(_ context.Context, name string, _ int) ([]netip.Addr, error) {
	if len(name)%2 == 1 {
		return nil, abi.ENOTFOUND
	}
	return []netip.Addr{netip.IPv6Loopback()}, nil
}

func TestSignatures(t *testing.T) {
	known := 0
	for _, f := range funcs() {
		sig, ok := signatures[f.Name]
		if !ok || len(sig) != len(f.Params) {
			t.Errorf("%s has %d parameters, and %d here", f.Name, len(f.Params), len(sig))
		}
		known++
	}
	if known != len(signatures) {
		t.Errorf("%d functions, %d signatures", known, len(signatures))
	}
}

// TestPointers gives every pointer and length of every function values that lie
// outside of the memory: EFAULT, and nothing reaches the kernel.
func TestPointers(t *testing.T) {
	touched := false
	g := allGuest(t, guesttest.Config{
		MaxLookups: 1000,
		Net: netsys.Fault{Net: netsys.OS, Hook: func(string, netsys.FD, int) (error, int) {
			touched = true
			return nil, 0
		}},
	})
	g.Call("socketpair", netsys.AF_UNIX, netsys.SOCK_STREAM, 0, g.Space(8))
	g.Call("epoll_create1", 0)
	g.Call("context", 0, 0)
	g.Call("encoder_open", g.Put([]byte("gzip")), 4, 1)

	const size = guesttest.MemorySize
	for _, f := range funcs() {
		sig := signatures[f.Name]
		valid := make([]any, len(sig))
		for i, a := range sig {
			valid[i] = a
			if p, ok := a.(pointer); ok {
				at := g.Space(p.size)
				copy(g.Bytes(at, p.size), "gzip")
				valid[i] = at
			}
		}
		fault := func(args []any) {
			t.Helper()
			touched = false
			if _, err := g.Try(f.Name, args...); abi.ToErrno(err) != abi.EFAULT || touched {
				t.Errorf("%s%v: %v, reached the kernel: %v", f.Name, args, err, touched)
			}
		}
		for i, a := range sig {
			p, ok := a.(pointer)
			if !ok {
				continue
			}
			for _, bad := range []uint32{
				uint32(size - p.size + 1), size - 1, size, size + 1, 1 << 31, math.MaxUint32 - uint32(p.size) + 1, math.MaxUint32 - 1, math.MaxUint32,
			} {
				args := slices.Clone(valid)
				args[i] = bad
				fault(args)
			}
			if !p.counted {
				continue
			}
			at := int(valid[i].(uint32))
			for _, n := range []int{-1, math.MinInt32, math.MaxInt32, size, size - at + 1} {
				args := slices.Clone(valid)
				args[i+1] = n
				fault(args)
			}
			args := slices.Clone(valid)
			args[i], args[i+1] = uint32(size+1), 0 // nothing, but out there
			fault(args)
		}
	}
}

// TestEndOfMemory: the last bytes are as good as any.
func TestEndOfMemory(t *testing.T) {
	g := allGuest(t, guesttest.Config{})
	g.Call("socketpair", netsys.AF_UNIX, netsys.SOCK_STREAM, 0, guesttest.MemorySize-8)
	g.Call("epoll_create1", 0)
	for _, f := range funcs() {
		args := slices.Clone(signatures[f.Name])
		for i, a := range args {
			if p, ok := a.(pointer); ok {
				args[i] = guesttest.MemorySize - p.size
			}
		}
		if f.Name == "close" {
			continue
		}
		if _, err := g.Try(f.Name, args...); abi.ToErrno(err) == abi.EFAULT {
			t.Errorf("%s%v: %v", f.Name, args, err)
		}
	}
	// What is too long for a name is refused before anybody looks at it.
	big := guesttest.New(t, guesttest.Config{Modules: modules{}}, funcs())
	if _, ok := big.Mem.Grow(2); !ok {
		t.Fatal("cannot grow")
	}
	for _, call := range []string{"module_load", "module_url"} {
		if _, err := big.Try(call, 0, abi.MaxString+1); !errors.Is(err, abi.ENAMETOOLONG) {
			t.Errorf("%s: %v", call, err)
		}
	}
}
