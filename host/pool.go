package host

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// PoolConfig configures a Pool.
type PoolConfig struct {
	// Sandbox configures every sandbox of the pool.
	Sandbox SandboxConfig
	// Size is how many sandboxes there may be at a time: at least 1.
	Size int
	// Warm is how many are made at once; at most Size.
	Warm int
}

// Pool lends sandboxes of one image, each reset before it is lent again. Its
// methods may be called from any goroutine.
type Pool struct {
	image  *Image
	config PoolConfig
	tokens chan struct{} // one for each sandbox that is lent
	done   chan struct{} // closed by Close

	mu    sync.Mutex
	idle  []pooled
	lent  map[*Sandbox]struct{}
	stats PoolStats
}

// pooled is an idle sandbox. It is as new but for the app, if that is set, which is
// loaded and waits for a request.
type pooled struct {
	*Sandbox
	app *Handler
}

// PoolStats counts what a pool did. InUse, Idle and Waiting are of the moment.
type PoolStats struct {
	InUse, Idle, Waiting int
	Gets                 uint64 // sandboxes lent
	Waits                uint64 // Gets that waited for one
	Made                 uint64 // sandboxes made
	Evicted              uint64 // closed for a trap, a limit, or a reset that failed
}

// ErrPoolClosed: the pool was closed.
var ErrPoolClosed = errors.New("pool is closed")

// NewPool makes a pool of sandboxes of the image. The image is to be closed
// after the pool.
func (img *Image) NewPool(ctx context.Context, c PoolConfig) (*Pool, error) {
	switch {
	case c.Size < 1:
		return nil, fmt.Errorf("PoolConfig.Size is %d, must be at least 1", c.Size)
	case c.Warm < 0 || c.Warm > c.Size:
		return nil, fmt.Errorf("PoolConfig.Warm is %d, must be from 0 to Size, which is %d", c.Warm, c.Size)
	}
	for _, g := range c.Sandbox.Grants {
		if g.once() {
			return nil, fmt.Errorf("PoolConfig.Sandbox.Grants: %q is for one life of a sandbox: use Sandbox.Grant of one that Get gave", g.Name)
		}
	}
	p := &Pool{
		image: img, config: c,
		tokens: make(chan struct{}, c.Size), done: make(chan struct{}),
		lent: map[*Sandbox]struct{}{},
	}
	for range max(c.Warm, 1) { // also to find errors of the configuration now
		s, err := p.make(ctx)
		if err != nil {
			return nil, errors.Join(err, p.Close())
		}
		p.idle = append(p.idle, pooled{s, nil})
	}
	return p, nil
}

func (p *Pool) make(ctx context.Context) (*Sandbox, error) {
	s, err := p.image.NewSandbox(ctx, p.config.Sandbox)
	if err == nil {
		p.mu.Lock()
		p.stats.Made++
		p.mu.Unlock()
	}
	return s, err
}

// Get lends a sandbox, as new; it waits for one to be given back when Size are
// lent, at most until ctx ends, which is an InterruptError. Put gives it back.
func (p *Pool) Get(ctx context.Context) (*Sandbox, error) {
	s, _, err := p.get(ctx, nil)
	return s, err
}

// get is Get; if a sandbox has the app that is wanted, it gives that one with it.
func (p *Pool) get(ctx context.Context, want *HandlerConfig) (*Sandbox, *Handler, error) {
	if err := p.token(ctx); err != nil {
		return nil, nil, err
	}
	p.mu.Lock()
	got := p.pick(want)
	p.mu.Unlock()
	if app := got.app; app != nil && (want == nil || app.config != *want) {
		got.app = nil
		app.net.Close()
		if got.Reset(context.Background()) != nil {
			_ = got.Close() // all is freed, whatever it says
			got.Sandbox = nil
		}
	}
	if got.Sandbox == nil {
		var err error
		if got.Sandbox, err = p.make(ctx); err != nil {
			<-p.tokens
			return nil, nil, err
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lent[got.Sandbox] = struct{}{}
	p.stats.Gets++
	return got.Sandbox, got.app, nil
}

// pick takes an idle sandbox, if there is one: with the app that is wanted, else
// without any, else with another; of these the last used, which is warmest. The
// caller holds mu.
func (p *Pool) pick(want *HandlerConfig) (got pooled) {
	best, rank := -1, -1
	for i := len(p.idle) - 1; i >= 0 && rank < 2; i-- {
		r := 0
		switch app := p.idle[i].app; {
		case app == nil:
			r = 1
		case want != nil && app.config == *want:
			r = 2
		}
		if r > rank {
			best, rank = i, r
		}
	}
	if best >= 0 {
		got = p.idle[best]
		p.idle = slices.Delete(p.idle, best, best+1)
	}
	return got
}

// token waits for the right to a sandbox.
func (p *Pool) token(ctx context.Context) error {
	select {
	case <-p.done:
		return ErrPoolClosed
	default:
	}
	if err := context.Cause(ctx); err != nil {
		return &InterruptError{err}
	}
	select {
	case p.tokens <- struct{}{}:
		return nil
	default:
	}
	p.waiting(1)
	defer p.waiting(-1)
	select {
	case p.tokens <- struct{}{}:
		return nil
	case <-p.done:
		return ErrPoolClosed
	case <-ctx.Done():
		return &InterruptError{context.Cause(ctx)}
	}
}

func (p *Pool) waiting(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stats.Waiting += n
	if n > 0 {
		p.stats.Waits++
	}
}

// Put takes back a sandbox that Get lent, interrupts what runs in it, and resets
// it. It is not to be used any more. One that trapped or broke a limit of time
// or output is closed instead: the next Get makes another.
func (p *Pool) Put(s *Sandbox) { p.put(s, nil) }

// put is Put; load, if set, then loads an app for a request to come.
func (p *Pool) put(s *Sandbox, load func() (*Handler, error)) {
	p.mu.Lock()
	_, ours := p.lent[s]
	delete(p.lent, s)
	p.mu.Unlock()
	if !ours {
		return // given back already
	}
	s.Interrupt(nil)
	keep := !s.spoiled() && s.Reset(context.Background()) == nil
	var app *Handler
	if keep && load != nil {
		var err error
		if app, err = load(); err != nil { // the next request is told
			keep = s.Reset(context.Background()) == nil
		}
	}
	p.mu.Lock()
	select {
	case <-p.done:
		keep = false
	default:
		if !keep {
			p.stats.Evicted++
		}
	}
	if keep {
		p.idle = append(p.idle, pooled{s, app})
	}
	p.mu.Unlock()
	if !keep {
		_ = s.Close() // all is freed, whatever it says
	}
	<-p.tokens
}

// Do calls f with a sandbox that it Gets and Puts.
func (p *Pool) Do(ctx context.Context, f func(*Sandbox) error) error {
	s, err := p.Get(ctx)
	if err != nil {
		return err
	}
	defer p.Put(s)
	return f(s)
}

// Stats counts.
func (p *Pool) Stats() PoolStats {
	p.mu.Lock()
	defer p.mu.Unlock()
	st := p.stats
	st.Idle, st.InUse = len(p.idle), len(p.lent)
	return st
}

// Close closes the sandboxes of the pool, those that are lent too, and makes
// waiting Gets fail. It may be called more than once.
func (p *Pool) Close() error {
	p.mu.Lock()
	select {
	case <-p.done:
	default:
		close(p.done)
	}
	var all []*Sandbox
	for _, s := range p.idle {
		all = append(all, s.Sandbox)
	}
	for s := range p.lent {
		all = append(all, s)
	}
	p.idle = nil
	p.mu.Unlock()
	var errs []error
	for _, s := range all {
		errs = append(errs, s.Close())
	}
	return errors.Join(errs...)
}
