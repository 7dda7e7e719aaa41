package host

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/wqjs/wqjs/imports"
)

// Sandbox is one isolated JavaScript runtime: a wasm memory, a table of fds and
// an event loop. It must be closed.
//
// Methods that take a context run JavaScript or wait. They may be called from
// any goroutine; one runs at a time, others wait for their turn, or for their
// context. Interrupt, Close and Stats may be called at any time. None may be
// called from code that the sandbox itself calls (a Writer, a Mount's FS).
type Sandbox struct {
	engine  *Engine
	guest   *imports.Guest
	mod     api.Module
	modules *modules
	stdio   stdio
	cpu     cpuClock

	flag   uint32          // guest address of the interrupt flag
	ring   uint32          // guest address of the event ring
	events []imports.Event // fetched and not yet handled
	room   []imports.Event // as many as the ring holds

	fnEval, fnJobs, fnDispatch, fnPending, fnAlloc, fnFree, fnResume, fnError, fnErrorLen, fnExit api.Function

	turn    chan struct{} // holds a token while a call runs
	trapped bool          // guarded by the turn, as is all above
	freed   sync.Once

	mu      sync.Mutex // guards the fields below
	running uint64     // the call in progress, 0 for none
	calls   uint64     // numbers the calls
	dead    error      // why no call can run: ErrClosed or a *TrapError
}

// NewSandbox makes a sandbox: an instance of the engine with the library
// loaded. Errors name the wrong field or rule. The context bounds the making
// only.
func (e *Engine) NewSandbox(ctx context.Context, c SandboxConfig) (*Sandbox, error) {
	limits, err := c.Limits.check()
	if err != nil {
		return nil, err
	}
	dir, err := guestDir(c.Dir)
	if err != nil {
		return nil, err
	}
	e.life.RLock()
	defer e.life.RUnlock()
	if e.closed {
		return nil, ErrEngineClosed
	}
	if err := context.Cause(ctx); err != nil {
		return nil, &InterruptError{err}
	}
	s := &Sandbox{engine: e, turn: make(chan struct{}, 1)}
	s.stdio.init(c, s.cpu.wait)
	cfg := c.imports(limits)
	cfg.OnBlock = s.cpu.wait
	cfg.Codecs = e.codecs
	if s.guest, err = imports.NewGuest(cfg); err != nil {
		return nil, err
	}
	s.modules = newModules(s.guest, dir)
	s.guest.SetModules(s.modules)
	e.add(s)
	if err := s.start(ctx, c, dir, limits); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	s.cpu.init(limits.CPUTime, func() { s.Interrupt(ErrCPUTime) })
	return s, nil
}

func (s *Sandbox) start(ctx context.Context, c SandboxConfig, dir string, limits Limits) error {
	for _, g := range c.Grants {
		if g.File == nil {
			return fmt.Errorf("Grants: File of %q is nil", g.Name)
		}
		if err := s.guest.GrantFile(g.Name, g.File); err != nil {
			return err
		}
	}
	if err := s.instantiate(ctx, c); err != nil {
		return err
	}
	return s.enter(ctx, func(ctx context.Context) error {
		if err := s.initialize(ctx, dir, limits); err != nil {
			return err
		}
		src, err := s.modules.Load(preludeName)
		if err != nil {
			return err
		}
		return s.eval(ctx, preludeName, string(src), evalModule)
	})
}

func (s *Sandbox) instantiate(ctx context.Context, c SandboxConfig) error {
	mc := s.stdio.config(wazero.NewModuleConfig().WithName("").WithStartFunctions("_initialize").
		WithRandSource(rand.Reader).WithSysWalltime().WithSysNanotime().
		WithNanosleep(s.guest.Nanosleep))
	for _, kv := range c.Env {
		if name, value, ok := strings.Cut(kv, "="); ok && s.guest.MayEnv(name) {
			mc = mc.WithEnv(name, value)
		}
	}
	ctx, mc = s.guest.ModuleConfig(ctx, mc)
	mod, err := s.engine.runtime.InstantiateModule(ctx, s.engine.compiled, mc)
	if err != nil {
		return fmt.Errorf("instantiate the engine: %w", err)
	}
	s.mod = mod
	for name, fn := range map[string]*api.Function{
		"wqjs_eval": &s.fnEval, "wqjs_jobs": &s.fnJobs, "wqjs_dispatch": &s.fnDispatch,
		"wqjs_pending": &s.fnPending, "wqjs_alloc": &s.fnAlloc, "wqjs_free": &s.fnFree,
		"wqjs_resume": &s.fnResume, "wqjs_error": &s.fnError, "wqjs_error_len": &s.fnErrorLen,
		"wqjs_exit_code": &s.fnExit,
	} {
		*fn = mod.ExportedFunction(name)
	}
	layout, err := s.call(s.guest.With(ctx), mod.ExportedFunction("wqjs_layout"))
	if err != nil {
		return err
	}
	words, ok := mod.Memory().Read(uint32(layout), 12)
	if !ok {
		return errors.New("the engine's layout lies outside of its memory")
	}
	s.flag = binary.LittleEndian.Uint32(words)
	s.ring = binary.LittleEndian.Uint32(words[4:])
	s.room = make([]imports.Event, 0, binary.LittleEndian.Uint32(words[8:]))
	return nil
}

// initialize makes the runtime in the guest.
func (s *Sandbox) initialize(ctx context.Context, dir string, limits Limits) error {
	// The heap limit of JavaScript is below the memory's, so that an error can
	// be thrown and handled before memory cannot grow.
	heap := min(limits.Memory-min(limits.Memory/4, 8<<20), 1<<32-1)
	r, err := s.call(ctx, s.mod.ExportedFunction("wqjs_init"), heap, uint64(limits.Stack))
	if err != nil {
		return err
	}
	if int32(r) < 0 {
		return fmt.Errorf("start the engine in %d bytes (Limits.Memory): error %d", limits.Memory, -int32(r))
	}
	p, err := s.put(ctx, dir)
	if err != nil {
		return err
	}
	defer s.free(ctx, p)
	_, err = s.call(ctx, s.mod.ExportedFunction("wqjs_set_cwd"), uint64(p))
	return err
}

// enter runs f with the guest to itself, under ctx and the limits.
func (s *Sandbox) enter(ctx context.Context, f func(context.Context) error) error {
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return &InterruptError{context.Cause(ctx)}
	}
	defer func() { <-s.turn }()
	if err := context.Cause(ctx); err != nil {
		return &InterruptError{err}
	}
	defer s.end()
	call, err := s.begin(s.guest.With(ctx))
	if err != nil {
		return err
	}
	if !s.cpu.start() {
		return &InterruptError{ErrCPUTime}
	}
	defer s.cpu.stop()
	stop := context.AfterFunc(ctx, func() { s.interrupt(call, context.Cause(ctx)) })
	defer stop()
	return f(s.guest.With(ctx))
}

// begin makes this the call in progress. Marks of an earlier interrupt are
// cleared before, and interrupts act only after, so that none is lost.
func (s *Sandbox) begin(ctx context.Context) (call uint64, err error) {
	if err := s.death(); err != nil {
		return 0, err
	}
	if _, err := s.call(ctx, s.fnResume); err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dead != nil { // closed meanwhile
		return 0, s.dead
	}
	s.guest.Resume()
	s.stdio.resume()
	s.calls++
	s.running = s.calls
	return s.running, nil
}

// end ends the call in progress. A sandbox that trapped gives back what it holds.
func (s *Sandbox) end() {
	s.mu.Lock()
	s.running = 0
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

// interrupt is Interrupt for one call, which may have ended.
func (s *Sandbox) interrupt(call uint64, cause error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running == call {
		s.stop(cause)
	}
}

// stop is called with mu held.
func (s *Sandbox) stop(cause error) {
	if s.running == 0 {
		return
	}
	if cause == nil {
		cause = ErrInterrupted
	}
	s.guest.Store32(s.flag, 1) // before the cause, so that the guest never sees just that
	s.guest.Interrupt(cause)
	s.stdio.interrupt()
}

// Close interrupts the call in progress with ErrClosed, waits for it to end,
// and frees everything the sandbox holds. It may be called more than once.
func (s *Sandbox) Close() error {
	s.shut()
	s.turn <- struct{}{}
	defer func() { <-s.turn }()
	return s.discard()
}

// shut makes calls fail, the one in progress too.
func (s *Sandbox) shut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dead = ErrClosed
	s.stop(ErrClosed)
}

// discard frees what the sandbox holds, once; the caller has the turn.
func (s *Sandbox) discard() (err error) {
	s.freed.Do(func() {
		s.engine.remove(s)
		if s.mod != nil {
			err = s.mod.Close(context.Background())
		}
		err = errors.Join(err, s.guest.Close())
		s.modules, s.events = nil, nil
	})
	return err
}

// Stats is what a sandbox uses now.
type Stats struct {
	Memory uint64 // bytes of linear memory
	FDs    int    // open sockets
}

// Stats waits for a call in progress. A closed sandbox uses nothing.
func (s *Sandbox) Stats() Stats {
	s.turn <- struct{}{}
	defer func() { <-s.turn }()
	return Stats{Memory: s.guest.MemorySize(), FDs: s.guest.OpenFDs()}
}
