package guest

import (
	"context"
	"sync"

	"github.com/wqjs/wqjs/imports/internal/abi"
)

// results are what asynchronous operations produced and the guest has not yet
// fetched.
type results struct {
	mu sync.Mutex
	m  map[int32]any
}

// Go runs work in a goroutine as operation id. When it returns, the loop
// reports the completion, and Result hands the value out once. The context ends
// with the sandbox.
func (g *Guest) Go(id int32, work func(context.Context) any) error {
	ctx, cancel := context.WithCancel(g.Ctx)
	if err := g.Loop.StartOp(id, cancel); err != nil {
		cancel()
		return err
	}
	go func() {
		defer cancel()
		v := work(ctx)
		g.results.mu.Lock()
		if g.results.m == nil {
			g.results.m = map[int32]any{}
		}
		g.results.m[id] = v
		g.results.mu.Unlock()
		g.Loop.Complete(id, 0)
	}()
	return nil
}

// Result is the value of operation id, which it forgets; ENOENT if there is none.
func (g *Guest) Result(id int32) (any, error) {
	g.results.mu.Lock()
	defer g.results.mu.Unlock()
	v, ok := g.results.m[id]
	if !ok {
		return nil, abi.ENOENT
	}
	delete(g.results.m, id)
	return v, nil
}

// Await runs work in a goroutine while the calling guest waits for it; an
// interrupt ends the wait and the work's context.
func Await[T any](g *Guest, work func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithCancel(g.Ctx)
	defer cancel()
	type outcome struct {
		v   T
		err error
	}
	done := make(chan outcome, 1)
	go func() {
		v, err := work(ctx)
		done <- outcome{v, err}
		g.Loop.Wake()
	}()
	for {
		select {
		case o := <-done:
			return o.v, o.err
		default:
		}
		if err := g.Loop.WaitWake(); err != nil {
			var zero T
			return zero, err
		}
	}
}
