// Package core is the host module wqjs_core: what the engine itself needs of
// the host. That is module resolution and sources, script arguments, and the
// text of the last failed call.
package core

import (
	"context"

	"github.com/tetratelabs/wazero"

	"github.com/wqjs/wqjs/imports/internal/abi"
	"github.com/wqjs/wqjs/imports/internal/guest"
)

// ModuleName is the name guests import from.
const ModuleName = "wqjs_core"

// Instantiate adds the module to r.
func Instantiate(ctx context.Context, r wazero.Runtime) error {
	return guest.Instantiate(ctx, r, ModuleName, Funcs())
}

// Funcs are the functions of the module.
func Funcs() []guest.Func {
	return []guest.Func{
		{Name: "tick", Params: "", Call: tick},
		{Name: "sample", Params: "ii", Call: sample},
		{Name: "detail", Params: "ii", Call: detail},
		{Name: "take", Params: "ii", Call: take},
		{Name: "arg", Params: "i", Call: arg},
		{Name: "module_resolve", Params: "iiii", Call: moduleResolve},
		{Name: "module_load", Params: "ii", Call: moduleLoad},
		{Name: "module_url", Params: "ii", Call: moduleURL},
		{Name: "env_used", Params: "ii", Call: envUsed},
	}
}

// tick lets the scheduler and the garbage collector in, which any call of a Go
// function does, and says whether the guest is to stop, or to give a sample.
func tick(g *guest.Guest, _ guest.Memory, _ []uint64) (int32, error) {
	if g.Loop.Interrupted() != nil {
		return tickStop, nil
	}
	if g.Profiler != nil && g.Profiler.Due() {
		return tickSample, nil
	}
	return 0, nil
}

// Results of tick: WQ_TICK_* of wasm/shim/wqjs.h.
const (
	tickStop   = 1
	tickSample = 2
)

// sample takes the frames of the running code; the guest writes them anew each
// time, as often as it likes: the profiler bounds what it keeps.
func sample(g *guest.Guest, m guest.Memory, a []uint64) (int32, error) {
	frames, err := m.Bytes(guest.Ptr(a[0]), guest.I32(a[1]))
	if err != nil {
		return 0, err
	}
	if g.Profiler != nil {
		g.Profiler.Sample(frames)
	}
	return 0, nil
}

func detail(g *guest.Guest, m guest.Memory, a []uint64) (int32, error) {
	b, err := m.Bytes(guest.Ptr(a[0]), guest.I32(a[1]))
	if err != nil {
		return 0, err
	}
	return int32(copy(b, g.TakeDetail())), nil
}

func take(g *guest.Guest, m guest.Memory, a []uint64) (int32, error) {
	b, err := m.Bytes(guest.Ptr(a[0]), guest.I32(a[1]))
	if err != nil {
		return 0, err
	}
	return g.Take(b), nil
}

func arg(g *guest.Guest, _ guest.Memory, a []uint64) (int32, error) {
	i := guest.I32(a[0])
	if i < 0 || int(i) >= len(g.Args) {
		return 0, abi.ENOENT
	}
	return g.Offer([]byte(g.Args[i]))
}

// envUsed tells that a script reads an environment variable, which is in the
// guest's memory.
func envUsed(g *guest.Guest, m guest.Memory, a []uint64) (int32, error) {
	name, err := m.String(guest.Ptr(a[0]), guest.I32(a[1]))
	if err == nil && g.OnEnv != nil {
		g.OnEnv(name)
	}
	return 0, err
}

func moduleResolve(g *guest.Guest, m guest.Memory, a []uint64) (int32, error) {
	base, err := m.String(guest.Ptr(a[0]), guest.I32(a[1]))
	if err != nil {
		return 0, err
	}
	spec, err := m.String(guest.Ptr(a[2]), guest.I32(a[3]))
	if err != nil {
		return 0, err
	}
	name, err := g.Modules.Resolve(base, spec)
	if err != nil {
		return 0, err
	}
	return g.Offer([]byte(name))
}

func moduleLoad(g *guest.Guest, m guest.Memory, a []uint64) (int32, error) {
	name, err := m.String(guest.Ptr(a[0]), guest.I32(a[1]))
	if err != nil {
		return 0, err
	}
	src, err := g.Modules.Load(name)
	if err != nil {
		return 0, err
	}
	return g.Offer(src)
}

func moduleURL(g *guest.Guest, m guest.Memory, a []uint64) (int32, error) {
	name, err := m.String(guest.Ptr(a[0]), guest.I32(a[1]))
	if err != nil {
		return 0, err
	}
	return g.Offer([]byte(g.Modules.URL(name)))
}
