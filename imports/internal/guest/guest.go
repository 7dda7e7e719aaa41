// Package guest holds what the host functions know of the sandbox that calls
// them, and binds them to wazero.
package guest

import (
	"context"
	"errors"
	"io"
	"net/netip"
	"slices"
	"sync/atomic"

	"github.com/tetratelabs/wazero/api"

	"github.com/wqjs/wqjs/imports/internal/abi"
	"github.com/wqjs/wqjs/imports/internal/boundary"
	"github.com/wqjs/wqjs/imports/internal/fdtable"
	"github.com/wqjs/wqjs/imports/internal/loop"
	"github.com/wqjs/wqjs/imports/internal/netsys"
	"github.com/wqjs/wqjs/imports/internal/policy"
	"github.com/wqjs/wqjs/imports/internal/quota"
)

// Resolver looks names up; family is 0, 4 or 6. *name.Resolver is the real one.
type Resolver interface {
	Lookup(ctx context.Context, name string, family int) ([]netip.Addr, error)
}

// Modules resolves and loads ES modules.
type Modules interface {
	// Resolve turns a specifier of the module base into a module's name.
	Resolve(base, specifier string) (string, error)
	// Load returns the source of the module with that name.
	Load(name string) ([]byte, error)
	// URL is the file URL of a module whose name is a path.
	URL(name string) string
}

// Calls are the Go functions of a sandbox. Methods are called by the goroutine
// that runs the guest. Arguments are guest memory: valid until the guest runs
// again. Replies are valid until the next call of any method.
type Calls interface {
	// Call calls function fn with argc encoded arguments.
	Call(fn uint32, argc int, args []byte) ([]byte, error)
	// Start gives the work of the asynchronous function that Call met last, and
	// how many bytes of Guest.Queue it holds.
	Start() (work func(context.Context) any, holds int64, err error)
	// Result encodes what such a work returned; anything else is an error.
	Result(value any) ([]byte, error)
	// Release forgets a function or error; it may not call the guest.
	Release(id uint32)
}

// Profiler collects samples of what a guest executes.
type Profiler interface {
	// Due says whether it is time for a sample.
	Due() bool
	// Sample gets the frames as wasm/shim/profile.c writes them; they are the
	// guest's word, and its memory.
	Sample(frames []byte)
}

// Guest is the state of one sandbox. One goroutine runs a sandbox at a time;
// only Loop's documented methods may be called from others.
type Guest struct {
	FDs      *fdtable.Table
	Net      netsys.Net
	Policy   *policy.Policy
	Pins     *policy.Pins
	Loop     *loop.Loop
	Resolver Resolver
	Modules  Modules
	// Codecs is the *codec.State; nil without the module.
	Codecs io.Closer
	Calls  Calls // nil: none
	Args   []string
	// Profiler is asked at every tick; nil is off.
	Profiler Profiler
	// Tap stands between the guest and its imports; nil is none.
	Tap Tap
	// Dir is the guest's working folder on the host: absolute, for relative paths.
	Dir string
	// granted are the fds that the embedder handed over, in order.
	granted []grantedFD
	// Ctx ends with the sandbox; asynchronous host work hangs on it.
	Ctx context.Context

	// MaxLookups bounds the names this sandbox may ask for; Lookups counts them.
	MaxLookups, Lookups int

	// Queue counts bytes that wait in the host for the guest, and for others who
	// are to get them from it; nil is any number.
	Queue *quota.Quota
	// BytesIn and BytesOut count what sockets received and sent.
	BytesIn, BytesOut atomic.Uint64
	// OnDenied, if set, is told of refusals by the policy.
	OnDenied func(err error)
	// OnEnv, if set, is told the name of each environment variable that is read.
	OnEnv func(name string)

	results results
	pending []byte // result of a call that the guest takes with a second one
	detail  string // text of the last failed call
}

type grantedFD struct {
	fd    int32
	entry *fdtable.Entry
}

// AddGranted adds to the list of what the embedder handed over, and takes out
// what was closed since.
func (g *Guest) AddGranted(fd int32, e *fdtable.Entry) {
	g.granted = slices.DeleteFunc(g.granted, func(o grantedFD) bool {
		now, err := g.FDs.Get(o.fd, 0)
		return err != nil || now != o.entry
	})
	g.granted = append(g.granted, grantedFD{fd, e})
}

// Granted is fd i of the list.
func (g *Guest) Granted(i int32) (fd int32, ok bool) {
	if i < 0 || int(i) >= len(g.granted) {
		return 0, false
	}
	return g.granted[i].fd, true
}

// Memory is the guest memory of the calling module.
type Memory = abi.Memory

// Func is a host function: args are the wasm values, to be read with I32 and
// Ptr, since the upper half of an i32's slot holds anything. A negative result
// is for errors only, which are returned as such.
type Func struct {
	Name   string
	Params string // one letter a parameter: i for i32, F for f64
	Call   func(g *Guest, m Memory, args []uint64) (int32, error)
}

// I32 reads an i32 argument.
func I32(v uint64) int32 { return int32(uint32(v)) }

// Ptr reads an i32 argument that is an address.
func Ptr(v uint64) uint32 { return uint32(v) }

// ParamTypes returns the wazero types of f.
func (f Func) ParamTypes() []api.ValueType {
	types := make([]api.ValueType, len(f.Params))
	for i, c := range f.Params {
		types[i] = api.ValueTypeI32
		if c == 'F' {
			types[i] = api.ValueTypeF64
		}
	}
	return types
}

// GoModuleFunction adapts f to wazero's raw stack. A Tap gets to know its calls
// under the shape given, if any.
func (f Func) GoModuleFunction(shape *boundary.Func) api.GoModuleFunction {
	return api.GoModuleFunc(func(ctx context.Context, mod api.Module, stack []uint64) {
		g := From(ctx)
		if g.Tap != nil && shape != nil {
			f.tapped(g, shape, mod, stack)
			return
		}
		r, err := f.Call(g, Memory{Memory: mod.Memory()}, stack)
		if err != nil {
			r = g.fail(err)
		}
		stack[0] = uint64(uint32(r))
	})
}

// tapped is a call through the guest's Tap.
func (f Func) tapped(g *Guest, shape *boundary.Func, mod api.Module, stack []uint64) {
	m := Memory{Memory: mod.Memory()}
	g.Tap.Import(shape, m, stack, func() {
		r, err := f.Call(g, m, stack)
		if err != nil {
			r = g.fail(err)
		}
		stack[0] = uint64(uint32(r))
	})
}

// fail turns an error into the negated number the guest gets, and keeps its text.
func (g *Guest) fail(err error) int32 {
	g.detail = ""
	if !abi.IsErrno(err) {
		g.detail = err.Error()
	}
	n := abi.ToErrno(err)
	if n == abi.EACCES && g.OnDenied != nil {
		g.OnDenied(err)
	}
	if cause := g.Loop.Interrupted(); cause != nil && errors.Is(err, cause) {
		n = abi.ECANCELED
	}
	return -int32(n)
}

// TakeDetail returns the text of the last failed call and forgets it.
func (g *Guest) TakeDetail() string {
	s := g.detail
	g.detail = ""
	return s
}

// Offer keeps b for the guest to take; the result is its length.
func (g *Guest) Offer(b []byte) (int32, error) {
	if len(b) > 1<<30 {
		return 0, abi.EOVERFLOW
	}
	g.pending = b
	return int32(len(b)), nil
}

// Take copies the offered bytes to p and forgets them.
func (g *Guest) Take(p []byte) int32 {
	n := copy(p, g.pending)
	g.pending = nil
	return int32(n)
}

type key struct{}

// guestContext carries a Guest as the outermost value of a context, where it
// is found without a walk.
type guestContext struct {
	context.Context
	g *Guest
}

func (c *guestContext) Value(k any) any {
	if k == (key{}) {
		return c.g
	}
	return c.Context.Value(k)
}

// With returns a context for calls into g's module.
func With(ctx context.Context, g *Guest) context.Context { return &guestContext{ctx, g} }

// From finds the Guest of a call. The guest's module is only ever called with
// a context made by With.
func From(ctx context.Context) *Guest {
	if c, ok := ctx.(*guestContext); ok {
		return c.g
	}
	return ctx.Value(key{}).(*Guest)
}
