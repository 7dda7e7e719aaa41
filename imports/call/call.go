// Package call is the host module wqjs_call: Go functions that JavaScript may
// call. What the bytes mean is between package host and wasm/shim/value.c.
package call

import (
	"bytes"
	"context"

	"github.com/tetratelabs/wazero"

	"github.com/wqjs/wqjs/imports/internal/abi"
	"github.com/wqjs/wqjs/imports/internal/guest"
)

// ModuleName is the name guests import from.
const ModuleName = "wqjs_call"

// Instantiate adds the module to r.
func Instantiate(ctx context.Context, r wazero.Runtime) error {
	return guest.Instantiate(ctx, r, ModuleName, Funcs())
}

// Funcs are the functions of the module.
func Funcs() []guest.Func {
	return []guest.Func{
		{Name: "call", Params: "iiiii", Call: call},
		{Name: "start", Params: "i", Call: start},
		{Name: "result", Params: "iii", Call: result},
		{Name: "release", Params: "i", Call: release},
	}
}

func call(g *guest.Guest, m guest.Memory, a []uint64) (int32, error) {
	ptr, n, room := guest.Ptr(a[2]), guest.I32(a[3]), guest.I32(a[4])
	args, err := m.Bytes(ptr, n)
	if err != nil {
		return 0, err
	}
	if g.Calls == nil {
		return 0, abi.ENOSYS
	}
	reply, err := g.Calls.Call(guest.Ptr(a[0]), int(guest.I32(a[1])), args)
	if err != nil {
		return 0, err
	}
	return deliver(g, m, reply, ptr, room)
}

// deliver writes a reply to the guest's room, if it fits, or offers it.
func deliver(g *guest.Guest, m guest.Memory, reply []byte, ptr uint32, room int32) (int32, error) {
	b, err := m.Bytes(ptr, room)
	if err != nil {
		return 0, err
	}
	if len(reply) > len(b) {
		return g.Offer(bytes.Clone(reply))
	}
	return int32(copy(b, reply)), nil
}

func start(g *guest.Guest, _ guest.Memory, a []uint64) (int32, error) {
	if g.Calls == nil {
		return 0, abi.ENOSYS
	}
	work, holds, err := g.Calls.Start()
	if err != nil {
		return 0, err
	}
	return 0, g.Go(guest.I32(a[0]), holds, work)
}

func result(g *guest.Guest, m guest.Memory, a []uint64) (int32, error) {
	if g.Calls == nil {
		return 0, abi.ENOSYS
	}
	v, err := g.Result(guest.I32(a[0]))
	if err != nil {
		return 0, err
	}
	reply, err := g.Calls.Result(v)
	if err != nil {
		return 0, err
	}
	return deliver(g, m, reply, guest.Ptr(a[1]), guest.I32(a[2]))
}

func release(g *guest.Guest, _ guest.Memory, a []uint64) (int32, error) {
	if g.Calls != nil {
		g.Calls.Release(guest.Ptr(a[0]))
	}
	return 0, nil
}
