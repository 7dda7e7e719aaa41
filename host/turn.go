package host

import (
	"context"
	"errors"
	"reflect"
)

// A sandbox runs one call at a time: taking the turn, watching the context of
// the call, interrupting it.

// enter runs f with the guest to itself, under ctx and the limits.
func (s *Sandbox) enter(ctx context.Context, f func(context.Context) error) error {
	if s.bridge.nested.Load() > 0 {
		if ok, err := s.enterNested(ctx, f); ok {
			return err
		}
	}
	select {
	case s.turn <- struct{}{}:
	default:
		if ran, err := s.await(ctx, f); ran {
			return err
		}
	}
	defer s.leave()
	inner, err := s.begin(ctx)
	if err != nil {
		return err
	}
	err = f(inner)
	s.config.Record.outcome(err)
	return err
}

// tryEnter is enter without f, for a call that finds the sandbox idle: if ok, it
// has the turn, and leave must follow.
func (s *Sandbox) tryEnter(ctx context.Context) (inner context.Context, ok bool, err error) {
	if s.bridge.nested.Load() > 0 {
		return nil, false, nil
	}
	select {
	case s.turn <- struct{}{}:
	default:
		return nil, false, nil
	}
	inner, err = s.begin(ctx)
	if err != nil {
		s.leave()
	}
	return inner, err == nil, err
}

// leave ends a call and gives the turn up.
func (s *Sandbox) leave() {
	s.sampler.wait(true)
	s.cpu.stop()
	s.end()
	<-s.turn
}

// waiting is told when the guest starts and stops waiting.
func (s *Sandbox) waiting(on bool) {
	s.cpu.wait(on)
	s.sampler.wait(on)
}

// lock waits for the turn, which is given up by receiving from s.turn.
func (s *Sandbox) lock(ctx context.Context) error {
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return &InterruptError{context.Cause(ctx)}
	}
	if err := context.Cause(ctx); err != nil {
		<-s.turn
		return &InterruptError{err}
	}
	return nil
}

// begin makes this the call in progress, and returns the context for calls of
// the guest. Marks of an earlier interrupt are cleared before, and interrupts act
// only after, so that none is lost.
func (s *Sandbox) begin(ctx context.Context) (context.Context, error) {
	if err := context.Cause(ctx); err != nil {
		return nil, &InterruptError{err}
	}
	s.mu.Lock()
	dead, marked := s.dead, s.marked
	s.mu.Unlock()
	if dead != nil {
		return nil, dead
	}
	if err := s.config.Record.failure(); err != nil {
		return nil, &InterruptError{err}
	}
	s.watch(ctx)
	if marked {
		if _, err := s.call(s.watched.inner, s.fnResume); err != nil {
			return nil, err
		}
	}
	if err := s.run(marked); err != nil {
		return nil, err
	}
	if !s.cpu.start() {
		return nil, &InterruptError{ErrCPUTime}
	}
	s.sampler.wait(false)
	if ctx.Err() != nil { // the watch may have acted before there was a call
		s.interrupt(s.watched)
	}
	return s.watched.inner, nil
}

func (s *Sandbox) run(marked bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dead != nil { // closed meanwhile
		return s.dead
	}
	if marked {
		s.guest.Resume()
		s.stdio.resume()
		s.bridge.stopped = nil
		s.marked = false
	}
	s.running = true
	s.calls++
	return nil
}

// watch is the context of the calls last made. Programs tend to make many with
// the same one, and to watch it anew for each would cost more than the call.
type watch struct {
	outer, inner context.Context
	stop         func() bool // nil when outer never ends
}

// watch interrupts the call in progress when ctx ends, if it is one with ctx.
func (s *Sandbox) watch(ctx context.Context) {
	if w := s.watched; w != nil && sameContext(w.outer, ctx) {
		return
	}
	s.unwatch()
	w := &watch{outer: ctx, inner: s.guest.With(ctx)}
	if ctx.Done() != nil {
		w.stop = context.AfterFunc(ctx, func() { s.interrupt(w) })
	}
	s.mu.Lock()
	s.watched = w
	s.mu.Unlock()
	s.bridge.ctx = ctx
}

func (s *Sandbox) unwatch() {
	s.mu.Lock()
	w := s.watched
	s.watched = nil
	s.mu.Unlock()
	if w != nil && w.stop != nil {
		w.stop()
	}
}

// sameContext compares contexts that can be compared.
func sameContext(a, b context.Context) bool {
	t := reflect.TypeOf(b)
	return t == reflect.TypeOf(a) && (t.Kind() == reflect.Pointer || t == backgroundType) && a == b
}

var backgroundType = reflect.TypeOf(context.Background())

// end ends the call in progress. A sandbox that trapped gives back what it holds.
func (s *Sandbox) end() {
	s.mu.Lock()
	s.running = false
	s.mu.Unlock()
	if s.trapped {
		_ = s.discard() // the trap is what the caller must know
	}
}

func (s *Sandbox) death() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dead
}

// Interrupt stops the JavaScript that runs now, or the wait it is in: the call
// in progress returns an InterruptError with this cause (nil is ErrInterrupted).
// It does nothing when no call is in progress, and does not wait. A long
// operation of the engine (sorting a huge array) may go on for some time.
func (s *Sandbox) Interrupt(cause error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stop(cause)
}

// Shutdown asks the program to end by itself: its HTTP servers stop accepting,
// finish what is in flight and close, so that the Run in progress returns when
// nothing else is pending. It reports whether there is anything in the sandbox
// that it can ask, and does not wait; without one it does nothing.
func (s *Sandbox) Shutdown() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dead == nil && s.guest.Shutdown()
}

// interrupt is Interrupt for the calls with one context.
func (s *Sandbox) interrupt(w *watch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.watched == w {
		s.stop(context.Cause(w.outer))
	}
}

// stop is called with mu held.
func (s *Sandbox) stop(cause error) {
	if !s.running {
		return
	}
	if cause == nil {
		cause = ErrInterrupted
	}
	s.marked = true
	s.breach = s.breach || errors.Is(cause, ErrCPUTime) || errors.Is(cause, ErrOutput)
	if r := s.config.Record; r != nil {
		r.raise.Store(true)
	} else {
		s.slot.Store32(s.layout.flag, 1) // before the cause, so that the guest never sees just that
	}
	s.guest.Interrupt(cause)
	s.bridge.interrupted(cause)
	s.stdio.interrupt()
}
