package host

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tetratelabs/wazero/api"
)

// Calls of a sandbox from Go functions that it called.
var (
	// ErrReentrant: a Go function called its own sandbox without the context
	// that it was given, or twice at the same time.
	ErrReentrant = errors.New("a Go function that JavaScript called must use the context it was given to call back, one call at a time")
	// ErrNestedWait: a Go function waited for a promise while the JavaScript
	// that called it waits for the function. Make it Async, or return the promise.
	ErrNestedWait = errors.New("a promise cannot settle while JavaScript waits for the Go function that JavaScript called")
	// ErrNesting: Go and JavaScript call each other more than 32 levels deep.
	ErrNesting = errors.New("Go and JavaScript call each other too deep (limit 32)")
)

const maxNesting = 32

// nestKey finds the callContext or asyncContext of a sandbox in a context.
type nestKey struct{ s *Sandbox }

// callContext is the context of a Go function that JavaScript waits for.
type callContext struct {
	context.Context // of the call in progress
	s               *Sandbox
	turn            sync.Mutex // held while a call with this context runs
	ended           bool       // guarded by turn

	mu     sync.Mutex
	over   bool            // the function returned
	inner  context.Context // made when somebody asks whether it is done
	cancel context.CancelCauseFunc
}

// nest makes the context of a Go function.
func (b *bridge) nest() *callContext {
	c := &callContext{Context: b.ctx, s: b.sandbox}
	b.current = c
	b.nested.Add(1)
	return c
}

// end ends the context; err is what the function returned.
func (c *callContext) end(err error) error {
	c.turn.Lock() // a goroutine of the function may still be calling
	ended := c.ended
	c.ended = true
	c.turn.Unlock()
	if ended {
		return err
	}
	c.s.bridge.nested.Add(-1)
	c.mu.Lock()
	c.over = true
	cancel := c.cancel
	c.mu.Unlock()
	if cancel != nil {
		cancel(context.Canceled)
		c.s.mu.Lock()
		delete(c.s.bridge.waiting, c)
		c.s.mu.Unlock()
	}
	return err
}

// live is the context that is cancelled; the first to ask makes it.
func (c *callContext) live() context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.inner == nil {
		c.inner, c.cancel = context.WithCancelCause(c.Context)
		if c.over {
			c.cancel(context.Canceled)
			return c.inner
		}
		c.s.mu.Lock()
		defer c.s.mu.Unlock()
		if cause := c.s.guest.Interrupted(); cause != nil {
			c.cancel(cause)
		}
		if c.s.bridge.waiting == nil {
			c.s.bridge.waiting = map[*callContext]struct{}{}
		}
		c.s.bridge.waiting[c] = struct{}{}
	}
	return c.inner
}

func (c *callContext) Done() <-chan struct{} { return c.live().Done() }
func (c *callContext) Err() error            { return c.live().Err() }

func (c *callContext) Value(key any) any {
	if k, ok := key.(nestKey); ok && k.s == c.s {
		return c
	}
	c.mu.Lock()
	inner := c.inner
	c.mu.Unlock()
	if inner != nil {
		return inner.Value(key)
	}
	return c.Context.Value(key)
}

// asyncContext is the context of an asynchronous Go function: it ends with the
// sandbox, and has the values of the call that started it.
type asyncContext struct {
	context.Context
	values context.Context
	s      *Sandbox
}

func (c *asyncContext) Value(key any) any {
	if k, ok := key.(nestKey); ok && k.s == c.s {
		return c
	}
	if v := c.Context.Value(key); v != nil {
		return v
	}
	return c.values.Value(key)
}

func (c *asyncContext) Deadline() (time.Time, bool) { return c.Context.Deadline() }

// enterNested runs f within the call in progress if ctx is that of a Go function
// on its stack; it reports whether it is.
func (s *Sandbox) enterNested(ctx context.Context, f func(context.Context) error) (bool, error) {
	c, ok := ctx.Value(nestKey{s}).(*callContext)
	if !ok {
		return false, nil
	}
	if !c.turn.TryLock() {
		return true, ErrReentrant
	}
	defer c.turn.Unlock()
	switch {
	case c.ended:
		return false, nil
	case s.bridge.current != c:
		return true, ErrReentrant
	}
	if err := s.death(); err != nil {
		return true, err
	}
	return true, s.within(ctx, ctx != context.Context(c), f)
}

// within runs f as part of the call in progress; own tells that ctx may end
// before that does.
func (s *Sandbox) within(ctx context.Context, own bool, f func(context.Context) error) error {
	b := s.bridge
	if b.depth == maxNesting {
		return ErrNesting
	}
	if s.guest.Interrupted() != nil {
		return s.interrupted()
	}
	outer, current := b.ctx, b.current
	b.ctx = ctx
	restore := b.swapExports()
	b.depth++
	defer func() {
		b.depth--
		b.ctx, b.current = outer, current
		restore()
	}()
	if !own {
		return f(s.guest.With(ctx))
	}
	if context.Cause(ctx) != nil {
		return &InterruptError{context.Cause(ctx)}
	}
	cause := &nestedCause{}
	stop := context.AfterFunc(ctx, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if !cause.over {
			cause.error = context.Cause(ctx)
			s.stop(cause)
		}
	})
	defer s.resumeOuter(cause)
	defer stop()
	return f(s.guest.With(ctx))
}

// nestedCause interrupts a call within another one only.
type nestedCause struct {
	error
	over bool // guarded by Sandbox.mu
}

func (c *nestedCause) Unwrap() error { return c.error }

// resumeOuter lets the outer call go on after one within it was interrupted.
func (s *Sandbox) resumeOuter(cause *nestedCause) {
	if s.lowerFlag(cause) {
		s.config.Record.poke(s.layout.flag, word(0))
	}
}

// lowerFlag reports whether it has ended the effects of cause.
func (s *Sandbox) lowerFlag(cause *nestedCause) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	cause.over = true
	if s.guest.Interrupted() != error(cause) {
		return false
	}
	if r := s.config.Record; r != nil {
		r.raise.Store(false)
	}
	s.slot.Store32(s.layout.flag, 0)
	s.guest.Resume()
	s.stdio.resume()
	if s.bridge.stopped != nil {
		s.stop(s.bridge.stopped)
	}
	return true
}

// swapExports gives the call the functions of the next depth, and returns what
// puts the others back.
func (b *bridge) swapExports() (restore func()) {
	s := b.sandbox
	if b.depth == len(s.nested) {
		find := s.mod.ExportedFunction
		s.nested = append(s.nested, nestedExports{
			find("wqjs_op"), find("wqjs_eval"), find("wqjs_alloc"), find("wqjs_free"),
			find("wqjs_error"), find("wqjs_error_len"), find("wqjs_exit_code"),
		})
	}
	use := func(x nestedExports) {
		s.fnOp, s.fnEval, s.fnAlloc, s.fnFree, s.fnError, s.fnErrorLen, s.fnExit = x.op, x.eval, x.alloc, x.free, x.err, x.errLen, x.exit
	}
	outer := nestedExports{s.fnOp, s.fnEval, s.fnAlloc, s.fnFree, s.fnError, s.fnErrorLen, s.fnExit}
	use(s.nested[b.depth])
	return func() {
		if s.instance != nil {
			use(outer)
		}
	}
}

// nestedExports are the guest's functions for one level of nesting: none of them
// is reentrant.
type nestedExports struct{ op, eval, alloc, free, err, errLen, exit api.Function }

// insideCallback reports whether the calling goroutine is within a Go function
// that a sandbox called.
func insideCallback() bool {
	pcs := make([]uintptr, 128)
	for skip := 2; ; skip += len(pcs) {
		n := runtime.Callers(skip, pcs)
		frames := runtime.CallersFrames(pcs[:n])
		for {
			f, more := frames.Next()
			if strings.HasSuffix(f.Function, "host.(*bridge).invoke") {
				return true
			}
			if !more {
				break
			}
		}
		if n < len(pcs) {
			return false
		}
	}
}

// task is a call from an asynchronous Go function, to be run by the loop.
type task struct {
	ctx  context.Context
	f    func(context.Context) error
	err  error
	done chan struct{}
}

// await waits for the turn. A call from a Go function of this sandbox that has
// no right to one fails; one from an asynchronous function is also run by the
// loop of the call in progress, which is when ran is true.
func (s *Sandbox) await(ctx context.Context, f func(context.Context) error) (ran bool, err error) {
	b := s.bridge
	if b.inGo.Load() > 0 && insideCallback() {
		return true, ErrReentrant
	}
	var done chan struct{}
	var t *task
	if _, ok := ctx.Value(nestKey{s}).(*asyncContext); ok {
		t = &task{ctx: ctx, f: f, done: make(chan struct{})}
		done = t.done
		b.post(t)
	}
	select {
	case s.turn <- struct{}{}:
		if t == nil || b.withdraw(t) {
			return false, nil
		}
		<-s.turn
	case <-ctx.Done():
		if t == nil || b.withdraw(t) {
			return true, &InterruptError{context.Cause(ctx)}
		}
	case <-done:
	}
	<-done
	return true, t.err
}

// post hands a task to the loop.
func (b *bridge) post(t *task) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tasks = append(b.tasks, t)
	b.pokes++
	b.sandbox.mu.Lock() // against Reset
	g := b.sandbox.guest
	b.sandbox.mu.Unlock()
	g.Poke(b.pokes)
}

// withdraw takes a task back; false when it runs or has run.
func (b *bridge) withdraw(t *task) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	i := slices.Index(b.tasks, t)
	if i < 0 {
		return false
	}
	b.tasks = slices.Delete(b.tasks, i, i+1)
	return true
}

// runTasks runs the tasks that wait for the loop.
func (b *bridge) runTasks() error {
	for {
		b.mu.Lock()
		if len(b.tasks) == 0 {
			b.mu.Unlock()
			return nil
		}
		t := b.tasks[0]
		b.tasks = b.tasks[1:]
		b.mu.Unlock()
		b.runTask(t)
		if b.sandbox.trapped {
			return b.sandbox.death()
		}
		if b.sandbox.guest.Interrupted() != nil {
			return b.sandbox.interrupted()
		}
	}
}

func (b *bridge) runTask(t *task) {
	defer close(t.done)
	t.err = fmt.Errorf("the call did not return")
	t.err = b.sandbox.within(t.ctx, true, t.f)
}
