// Package event is the host module wqjs_event: timers and readiness of fds for
// the sandbox's event loop.
package event

import (
	"context"
	"math"

	"github.com/tetratelabs/wazero"

	"github.com/wqjs/wqjs/imports/internal/abi"
	"github.com/wqjs/wqjs/imports/internal/fdtable"
	"github.com/wqjs/wqjs/imports/internal/guest"
	"github.com/wqjs/wqjs/imports/internal/netsys"
)

// ModuleName is the name guests import from.
const ModuleName = "wqjs_event"

// Instantiate adds the module to r.
func Instantiate(ctx context.Context, r wazero.Runtime) error {
	return guest.Instantiate(ctx, r, ModuleName, Funcs())
}

// Funcs are the functions of the module.
func Funcs() []guest.Func {
	return []guest.Func{
		{Name: "timer_start", Params: "iFi", Call: timerStart},
		{Name: "timer_stop", Params: "i", Call: timerStop},
		{Name: "timer_ref", Params: "ii", Call: timerRef},
		{Name: "watch", Params: "i", Call: watch},
		{Name: "unwatch", Params: "i", Call: unwatch},
		{Name: "watch_ref", Params: "ii", Call: watchRef},
		{Name: "handle_shutdown", Params: "i", Call: handleShutdown},
	}
}

func timerStart(g *guest.Guest, _ guest.Memory, a []uint64) (int32, error) {
	return 0, g.Loop.StartTimer(guest.I32(a[0]), math.Float64frombits(a[1]), guest.I32(a[2]) != 0)
}

func timerStop(g *guest.Guest, _ guest.Memory, a []uint64) (int32, error) {
	g.Loop.StopTimer(guest.I32(a[0]))
	return 0, nil
}

func timerRef(g *guest.Guest, _ guest.Memory, a []uint64) (int32, error) {
	g.Loop.RefTimer(guest.I32(a[0]), guest.I32(a[1]) != 0)
	return 0, nil
}

// handleShutdown says whether the guest wants to be asked to end.
func handleShutdown(g *guest.Guest, _ guest.Memory, a []uint64) (int32, error) {
	g.Loop.HandleShutdown(guest.I32(a[0]) != 0)
	return 0, nil
}

// pollable is an object whose readiness the kernel knows.
type pollable interface{ SysFD() netsys.FD }

func watched(g *guest.Guest, fd int32) (*fdtable.Entry, netsys.FD, error) {
	e, err := g.FDs.Get(fd, 0)
	if err != nil {
		return nil, 0, err
	}
	p, ok := e.Object.(pollable)
	if !ok {
		return nil, 0, abi.EPERM
	}
	return e, p.SysFD(), nil
}

// watch gives the generation that events of this watch have.
func watch(g *guest.Guest, _ guest.Memory, a []uint64) (int32, error) {
	fd := guest.I32(a[0])
	e, sys, err := watched(g, fd)
	if err != nil {
		return 0, err
	}
	if !e.Watched {
		if err := g.Loop.Watch(fd, sys); err != nil {
			return 0, err
		}
		e.Watched = true
	}
	return g.Loop.Generation(fd), nil
}

func unwatch(g *guest.Guest, _ guest.Memory, a []uint64) (int32, error) {
	fd := guest.I32(a[0])
	e, sys, err := watched(g, fd)
	if err != nil {
		return 0, err
	}
	if e.Watched {
		g.Loop.Unwatch(fd, sys)
		e.Watched = false
	}
	return 0, nil
}

func watchRef(g *guest.Guest, _ guest.Memory, a []uint64) (int32, error) {
	fd := guest.I32(a[0])
	e, _, err := watched(g, fd)
	if err != nil {
		return 0, err
	}
	if e.Watched {
		g.Loop.RefWatch(fd, guest.I32(a[1]) != 0)
	}
	return 0, nil
}
