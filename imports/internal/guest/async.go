package guest

import (
	"context"
	"sync"

	"github.com/wqjs/wqjs/imports/internal/abi"
	"github.com/wqjs/wqjs/imports/internal/loop"
)

// MaxResults bounds the operations that run or whose value the guest has not
// fetched.
const MaxResults = 2 * loop.DefaultMaxOps

// results are the operations whose value the guest has not yet fetched.
type results struct {
	mu sync.Mutex
	m  map[int32]result
}

type result struct {
	done  bool
	value any
}

// Go runs work in a goroutine as operation id. When it returns, the loop
// reports the completion, and Result hands the value out once. The context ends
// with the sandbox. It holds bytes of Queue, which it gives back when work has
// ended, or it fails: with EEXIST for an id whose value was not fetched, EAGAIN
// beyond MaxResults.
func (g *Guest) Go(id int32, holds int64, work func(context.Context) any) error {
	if err := g.results.reserve(id); err != nil {
		g.Queue.Give(holds)
		return err
	}
	ctx, cancel := context.WithCancel(g.Ctx)
	if err := g.Loop.StartOp(id, cancel); err != nil {
		cancel()
		g.Queue.Give(holds)
		g.results.drop(id)
		return err
	}
	go func() {
		defer cancel()
		v := work(ctx)
		g.Queue.Give(holds)
		g.results.set(id, v)
		g.Loop.Complete(id, 0)
	}()
	return nil
}

// Result is the value of operation id, which it forgets; ENOENT if there is
// none, or none yet.
func (g *Guest) Result(id int32) (any, error) {
	r := &g.results
	r.mu.Lock()
	defer r.mu.Unlock()
	v, ok := r.m[id]
	if !ok || !v.done {
		return nil, abi.ENOENT
	}
	delete(r.m, id)
	return v.value, nil
}

func (r *results) reserve(id int32) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.m[id]; ok {
		return abi.EEXIST
	}
	if len(r.m) >= MaxResults {
		return abi.Detailed(abi.EAGAIN, "too many operations whose results were not fetched (limit %d)", MaxResults)
	}
	if r.m == nil {
		r.m = map[int32]result{}
	}
	r.m[id] = result{}
	return nil
}

func (r *results) set(id int32, value any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.m[id] = result{true, value}
}

func (r *results) drop(id int32) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.m, id)
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
