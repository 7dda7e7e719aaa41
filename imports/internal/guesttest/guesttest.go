// Package guesttest makes guests with a real memory, for tests that call host
// functions without an engine.
package guesttest

import (
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/tetratelabs/wazero"

	"github.com/wqjs/wqjs/imports/internal/abi"
	"github.com/wqjs/wqjs/imports/internal/fdtable"
	"github.com/wqjs/wqjs/imports/internal/guest"
	"github.com/wqjs/wqjs/imports/internal/loop"
	"github.com/wqjs/wqjs/imports/internal/netsys"
	"github.com/wqjs/wqjs/imports/internal/policy"
)

// MemorySize is the size of a guest's memory: one page.
const MemorySize = 64 << 10

// module is a module with a memory of one page, exported as "m", and nothing
// else (WebAssembly core specification, 5.5).
var module = []byte{
	0, 'a', 's', 'm', 1, 0, 0, 0,
	5, 3, 1, 0, 1, // memory section: one memory, no maximum, 1 page
	7, 5, 1, 1, 'm', 2, 0, // export section
}

// Config is what a guest is made of. The zero value grants nothing and has the
// limits of the packages beneath.
type Config struct {
	Rules      policy.Config
	Net        netsys.Net // nil: netsys.OS
	Loop       loop.Config
	Resolver   guest.Resolver
	Modules    guest.Modules
	Args       []string
	MaxFDs     int
	MaxLookups int
	// Memory is what NewMemory made; nil makes a new one.
	Memory guest.Memory
}

// Guest is a guest under test.
type Guest struct {
	*guest.Guest
	Mem guest.Memory

	t     testing.TB
	funcs map[string]guest.Func
	free  uint32 // the first unused byte of Mem
}

// NewMemory makes a guest memory of MemorySize, valid until the test ends.
func NewMemory(t testing.TB) guest.Memory {
	t.Helper()
	ctx := context.Background()
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter())
	t.Cleanup(func() { r.Close(ctx) })
	mod, err := r.Instantiate(ctx, module)
	if err != nil {
		t.Fatal(err)
	}
	return guest.Memory{Memory: mod.Memory()}
}

// New makes a guest that can call funcs; it is closed when the test ends.
func New(t testing.TB, c Config, funcs ...[]guest.Func) *Guest {
	t.Helper()
	rules, err := policy.Compile(c.Rules)
	if err != nil {
		t.Fatal(err)
	}
	if c.Net == nil {
		c.Net = netsys.OS
	}
	if c.Memory.Memory == nil {
		c.Memory = NewMemory(t)
	}
	ctx, cancel := context.WithCancel(context.Background())
	g := &Guest{
		Guest: &guest.Guest{
			FDs:        fdtable.New(c.MaxFDs),
			Net:        c.Net,
			Policy:     rules,
			Pins:       &policy.Pins{},
			Loop:       loop.New(c.Loop),
			Resolver:   c.Resolver,
			Modules:    c.Modules,
			Args:       c.Args,
			MaxLookups: c.MaxLookups,
			Ctx:        ctx,
		},
		Mem:   c.Memory,
		t:     t,
		funcs: map[string]guest.Func{},
		free:  1024,
	}
	for _, list := range funcs {
		for _, f := range list {
			g.funcs[f.Name] = f
		}
	}
	t.Cleanup(func() {
		cancel()
		if err := g.Loop.Close(); err != nil {
			t.Error(err)
		}
		_ = g.FDs.CloseAll() // tests inject errors of close
	})
	return g
}

// Put copies b into the guest's memory and returns its address.
func (g *Guest) Put(b []byte) uint32 {
	g.t.Helper()
	p := g.Space(len(b))
	copy(g.Bytes(p, len(b)), b)
	return p
}

// Space reserves n bytes of the guest's memory.
func (g *Guest) Space(n int) uint32 {
	g.t.Helper()
	p := g.free
	g.free += uint32(n+7) &^ 7
	if g.free > MemorySize {
		g.t.Fatal("the guest's memory is used up")
	}
	return p
}

// Bytes is the guest's memory at p.
func (g *Guest) Bytes(p uint32, n int) []byte {
	g.t.Helper()
	b, err := g.Mem.Bytes(p, int32(n))
	if err != nil {
		g.t.Fatal(err)
	}
	return b
}

// Stack is the arguments of f as wazero passes them. It stores an i32 in half
// of a slot, and what the other half holds is left over from earlier.
func Stack(f guest.Func, args ...any) []uint64 {
	if len(args) != len(f.Params) {
		panic(fmt.Sprintf("%s takes %d arguments, not %d", f.Name, len(f.Params), len(args)))
	}
	stack := make([]uint64, max(len(args), 1))
	for i, a := range args {
		switch a := a.(type) {
		case int:
			stack[i] = uint64(uint32(a)) | 0xdeadbeef<<32
		case int32:
			stack[i] = uint64(uint32(a)) | 0xdeadbeef<<32
		case uint32:
			stack[i] = uint64(a) | 0xdeadbeef<<32
		case float64:
			stack[i] = math.Float64bits(a)
		default:
			panic(fmt.Sprintf("%s: argument %d is a %T", f.Name, i, a))
		}
	}
	return stack
}

// Try calls a host function.
func (g *Guest) Try(name string, args ...any) (int32, error) {
	g.t.Helper()
	f, ok := g.funcs[name]
	if !ok {
		g.t.Fatalf("no function %s", name)
	}
	n, err := f.Call(g.Guest, g.Mem, Stack(f, args...))
	if err != nil && abi.ToErrno(err) == abi.ESUCCESS {
		g.t.Fatalf("%s%v: the error %v looks like success", name, args, err)
	}
	if err == nil && n < 0 {
		g.t.Fatalf("%s%v = %d without an error", name, args, n)
	}
	return n, err
}

// Call calls a host function that must succeed.
func (g *Guest) Call(name string, args ...any) int32 {
	g.t.Helper()
	n, err := g.Try(name, args...)
	if err != nil {
		g.t.Fatalf("%s%v: %v", name, args, err)
	}
	return n
}

// Fail calls a host function that must fail, and returns the error.
func (g *Guest) Fail(want abi.Errno, name string, args ...any) error {
	g.t.Helper()
	n, err := g.Try(name, args...)
	if got := abi.ToErrno(err); got != want {
		g.t.Fatalf("%s%v = %d, %v (%v); want %v", name, args, n, err, got, want)
	}
	return err
}

// Taken is what the last call offered to take, n bytes.
func (g *Guest) Taken(n int32) string {
	b := make([]byte, n+1)
	return string(b[:g.Take(b)])
}
