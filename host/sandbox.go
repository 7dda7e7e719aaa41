package host

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"strings"
	"sync"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/wqjs/wqjs/imports"
)

// Sandbox is one isolated JavaScript runtime: a wasm memory, a table of fds and
// an event loop. Methods that take a context run JavaScript or wait; they may
// be called from any goroutine, one after the other: a second call waits for
// the first. Interrupt and Close may be called at any time.
type Sandbox struct {
	run sync.Mutex // held while the guest runs

	guest   *imports.Guest
	mod     api.Module
	modules *modules
	stdin   *imports.Stdin
	cpu     cpuClock
	flag    uint32 // guest address of the interrupt flag
	ring    uint32
	events  []imports.Event

	fnEval, fnJobs, fnDispatch, fnPending, fnAlloc, fnFree, fnResume, fnError, fnErrorLen, fnExit api.Function

	mu     sync.Mutex // guards closed and trapped
	closed error
}

// Statuses of the guest's exports (wasm/shim/wqjs.h).
const (
	statusOK = iota
	statusException
	statusInterrupted
	statusExit
	statusPending
)

const (
	evalModule = 1
	evalMain   = 2
)

// NewSandbox makes a sandbox: an instance of the engine with the library loaded.
func (e *Engine) NewSandbox(ctx context.Context, c SandboxConfig) (*Sandbox, error) {
	limits, err := c.Limits.check()
	if err != nil {
		return nil, err
	}
	s := &Sandbox{}
	s.cpu.init(limits.CPUTime, func() { s.Interrupt(ErrCPUTime) })
	cfg := c.imports(limits)
	cfg.OnBlock = s.cpu.block
	if s.guest, err = imports.NewGuest(cfg); err != nil {
		return nil, err
	}
	s.modules = newModules(s.guest, c.Dir)
	s.guest.SetModules(s.modules)
	for _, g := range c.Grants {
		if err := s.guest.GrantFile(g.Name, g.File); err != nil {
			return nil, errors.Join(err, s.guest.Close())
		}
	}
	if err := s.instantiate(ctx, e, c, limits); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Sandbox) instantiate(ctx context.Context, e *Engine, c SandboxConfig, limits Limits) error {
	mc := wazero.NewModuleConfig().WithName("").WithStartFunctions("_initialize").
		WithRandSource(rand.Reader).WithSysWalltime().WithSysNanotime().
		WithNanosleep(s.guest.Nanosleep)
	if c.Stdin != nil {
		s.stdin = imports.NewStdin(c.Stdin)
		mc = mc.WithStdin(s.stdin)
	}
	if c.Stdout != nil {
		mc = mc.WithStdout(c.Stdout)
	}
	if c.Stderr != nil {
		mc = mc.WithStderr(c.Stderr)
	}
	for _, kv := range c.Env {
		if name, value, ok := strings.Cut(kv, "="); ok && s.guest.MayEnv(name) {
			mc = mc.WithEnv(name, value)
		}
	}
	ictx, mc := s.guest.ModuleConfig(ctx, mc)
	mod, err := e.runtime.InstantiateModule(ictx, e.compiled, mc)
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
	// The heap limit of JavaScript is below the memory's, so that an error can
	// be thrown and handled before memory cannot grow.
	heap := min(limits.Memory-min(limits.Memory/4, 8<<20), 1<<32-1)
	if r, err := s.call(ctx, mod.ExportedFunction("wqjs_init"), heap, uint64(limits.Stack)); err != nil || int32(r) < 0 {
		return fmt.Errorf("start the engine (memory limit %d bytes): error %d: %w", limits.Memory, -int32(r), err)
	}
	layout, err := s.call(ctx, mod.ExportedFunction("wqjs_layout"))
	if err != nil {
		return err
	}
	words, ok := mod.Memory().Read(uint32(layout), 12)
	if !ok {
		return errors.New("the engine's layout lies outside of its memory")
	}
	s.flag = binary.LittleEndian.Uint32(words)
	s.ring = binary.LittleEndian.Uint32(words[4:])
	s.events = make([]imports.Event, 0, binary.LittleEndian.Uint32(words[8:]))
	if err := s.setDir(ctx, c.Dir); err != nil {
		return err
	}
	src, err := s.modules.Load(preludeName)
	if err != nil {
		return err
	}
	return s.enter(ctx, func(ctx context.Context) error { return s.eval(ctx, preludeName, src, evalModule) })
}

func (s *Sandbox) setDir(ctx context.Context, dir string) error {
	if dir == "" {
		return nil
	}
	p, err := s.put(ctx, append([]byte(filepath.ToSlash(dir)), 0))
	if err != nil {
		return err
	}
	_, err = s.call(ctx, s.mod.ExportedFunction("wqjs_set_cwd"), uint64(p))
	return err
}

// Eval runs a classic script in the global scope and its microtasks. name
// stands in stack traces.
func (s *Sandbox) Eval(ctx context.Context, name, source string) error {
	return s.enter(ctx, func(ctx context.Context) error { return s.eval(ctx, name, []byte(source), 0) })
}

// EvalModule runs source as the ES module name, an absolute path that relative
// imports start from, and waits for its top-level await.
func (s *Sandbox) EvalModule(ctx context.Context, name, source string) error {
	return s.enter(ctx, func(ctx context.Context) error {
		return s.evalMain(ctx, name, []byte(source))
	})
}

// RunFile loads the module file, which Policy.ReadDirs or ModuleDirs must
// cover, runs it as the main module, and then Runs.
func (s *Sandbox) RunFile(ctx context.Context, file string) error {
	name := path.Clean(filepath.ToSlash(file))
	return s.enter(ctx, func(ctx context.Context) error {
		src, err := s.modules.Load(name)
		if err != nil {
			return err
		}
		if err := s.evalMain(ctx, name, src); err != nil {
			return err
		}
		return s.loop(ctx, nil)
	})
}

// Run handles events until nothing is pending: no timer, no watched fd, no
// operation.
func (s *Sandbox) Run(ctx context.Context) error {
	return s.enter(ctx, func(ctx context.Context) error { return s.loop(ctx, nil) })
}

func (s *Sandbox) evalMain(ctx context.Context, name string, src []byte) error {
	s.modules.remember(name, src)
	if err := s.eval(ctx, name, src, evalModule|evalMain); err != nil {
		return err
	}
	pending := func() (bool, error) {
		r, err := s.call(ctx, s.fnPending)
		return r != 0, err
	}
	if err := s.loop(ctx, pending); err != nil {
		return err
	}
	if p, err := pending(); err != nil || p {
		return errors.Join(err, ErrUnsettled)
	}
	return nil
}

// loop drives the guest while more says so (nil: while anything is pending).
func (s *Sandbox) loop(ctx context.Context, more func() (bool, error)) error {
	for {
		if more != nil {
			if ok, err := more(); err != nil || !ok {
				return err
			}
		}
		s.cpu.block(true)
		events, err := s.guest.Next(s.events)
		s.cpu.block(false)
		if err != nil {
			return &InterruptError{err}
		}
		if len(events) == 0 {
			return nil
		}
		if err := s.dispatch(ctx, events); err != nil {
			return err
		}
	}
}

func (s *Sandbox) dispatch(ctx context.Context, events []imports.Event) error {
	b, ok := s.mod.Memory().Read(s.ring, uint32(len(events)*imports.EventSize))
	if !ok {
		return errors.New("the event ring lies outside of the guest's memory")
	}
	for i, e := range events {
		p := b[i*imports.EventSize:]
		for k, v := range [4]int32{e.Kind, e.ID, e.A, e.B} {
			binary.LittleEndian.PutUint32(p[4*k:], uint32(v))
		}
	}
	r, err := s.call(ctx, s.fnDispatch, 0, uint64(len(events)))
	if err != nil {
		return err
	}
	return s.status(ctx, int32(r)>>16)
}

func (s *Sandbox) eval(ctx context.Context, name string, src []byte, flags uint64) error {
	np, err := s.put(ctx, append([]byte(name), 0))
	if err != nil {
		return err
	}
	defer s.call(ctx, s.fnFree, uint64(np))
	sp, err := s.put(ctx, append(src[:len(src):len(src)], 0))
	if err != nil {
		return err
	}
	defer s.call(ctx, s.fnFree, uint64(sp))
	r, err := s.call(ctx, s.fnEval, uint64(sp), uint64(len(src)), uint64(np), flags)
	if err != nil {
		return err
	}
	return s.status(ctx, int32(r))
}

// put copies b into memory of the guest, which frees it.
func (s *Sandbox) put(ctx context.Context, b []byte) (uint32, error) {
	p, err := s.call(ctx, s.fnAlloc, uint64(len(b)))
	if err != nil {
		return 0, err
	}
	if p == 0 || !s.mod.Memory().Write(uint32(p), b) {
		return 0, fmt.Errorf("the sandbox has no room for %d bytes: raise Limits.Memory", len(b))
	}
	return uint32(p), nil
}

// call calls an export; an error means that the sandbox is gone.
func (s *Sandbox) call(ctx context.Context, fn api.Function, args ...uint64) (uint64, error) {
	res, err := fn.Call(ctx, args...)
	if err != nil {
		err = &TrapError{err}
		s.mu.Lock()
		if s.closed == nil {
			s.closed = err
		}
		s.mu.Unlock()
		return 0, err
	}
	if len(res) == 0 {
		return 0, nil
	}
	return res[0], nil
}

func (s *Sandbox) status(ctx context.Context, st int32) error {
	switch st {
	case statusOK, statusPending:
		return nil
	case statusInterrupted:
		cause := s.guest.Interrupted()
		if cause == nil {
			cause = errors.New("unknown")
		}
		return &InterruptError{cause}
	case statusExit:
		code, err := s.call(ctx, s.fnExit)
		if err != nil {
			return err
		}
		return &ExitError{int(int32(code))}
	case statusException:
		return s.jsError(ctx)
	}
	return fmt.Errorf("the engine returned the unknown status %d", st)
}

// jsError reads the guest's error record: fields of u32 length and bytes.
func (s *Sandbox) jsError(ctx context.Context) error {
	p, err := s.call(ctx, s.fnError)
	if err != nil {
		return err
	}
	n, err := s.call(ctx, s.fnErrorLen)
	if err != nil {
		return err
	}
	rec, _ := s.mod.Memory().Read(uint32(p), uint32(n))
	var f [8]string
	for i := range f {
		if len(rec) < 4 {
			break
		}
		size := binary.LittleEndian.Uint32(rec)
		rec = rec[4:]
		if uint64(size) > uint64(len(rec)) {
			break
		}
		f[i], rec = string(rec[:size]), rec[size:]
	}
	e := &JSError{Name: f[1], Message: f[2], Stack: f[3], Code: f[4], Errno: f[5], Syscall: f[6]}
	if !strings.HasPrefix(f[0], "E") {
		e.Message = f[7]
	}
	e.InPromise = strings.HasSuffix(f[0], "p")
	return e
}

// enter runs f with the guest to itself, under ctx and the limits.
func (s *Sandbox) enter(ctx context.Context, f func(context.Context) error) error {
	s.run.Lock()
	defer s.run.Unlock()
	if err := s.dead(); err != nil {
		return err
	}
	if err := context.Cause(ctx); err != nil {
		return &InterruptError{err}
	}
	s.resume()
	if _, err := s.call(s.guest.With(ctx), s.fnResume); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { s.Interrupt(context.Cause(ctx)) })
	defer stop()
	s.cpu.start()
	defer s.cpu.stop()
	return f(s.guest.With(ctx))
}

func (s *Sandbox) dead() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

// resume forgets an earlier interrupt, unless the sandbox was closed meanwhile.
func (s *Sandbox) resume() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed == nil {
		s.guest.Resume()
		if s.stdin != nil {
			s.stdin.Resume()
		}
	}
}

// Interrupt stops the JavaScript that runs now, or the wait it is in: the call
// in progress returns an InterruptError with this cause. It does nothing when
// no call is in progress.
func (s *Sandbox) Interrupt(cause error) {
	s.guest.Interrupt(cause)
	s.guest.Store32(s.flag, 1)
	if s.stdin != nil {
		s.stdin.Interrupt()
	}
}

// Close interrupts what runs and frees everything the sandbox holds. It may be
// called more than once.
func (s *Sandbox) Close() error {
	s.mu.Lock()
	if errors.Is(s.closed, ErrClosed) {
		s.mu.Unlock()
		return nil
	}
	s.closed = ErrClosed
	s.mu.Unlock()
	s.Interrupt(ErrClosed)
	s.run.Lock()
	defer s.run.Unlock()
	s.cpu.stop()
	err := s.guest.Close()
	if s.mod != nil {
		err = errors.Join(err, s.mod.Close(context.Background()))
	}
	return err
}

// Stats is what a sandbox uses now.
type Stats struct {
	Memory uint64 // bytes of linear memory
	FDs    int    // open sockets
}

// Stats waits for a call in progress.
func (s *Sandbox) Stats() Stats {
	s.run.Lock()
	defer s.run.Unlock()
	return Stats{Memory: s.guest.MemorySize(), FDs: s.guest.OpenFDs()}
}
