package host

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

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
	engine *Engine
	image  *Image // nil while it makes one
	config SandboxConfig
	limits Limits // with defaults filled in
	layout layout
	bridge *bridge // calls between Go and JavaScript

	*instance // nil when freed
	guest     *imports.Guest
	modules   *modules
	stdio     stdio
	cpu       cpuClock
	sampler   *sampler        // nil without SandboxConfig.Profile
	events    []imports.Event // fetched and not yet handled
	room      []imports.Event // as many as the ring holds; nil until used

	params  [4]uint64     // of calls of the guest
	turn    chan struct{} // holds a token while a call runs
	trapped bool          // guarded by the turn, as is all above
	freed   bool
	started bool // grants were handed over

	mu      sync.Mutex // guards the fields below, and changes of instance and guest
	running bool       // a call is in progress
	calls   uint64     // made so far
	watched *watch     // nil before the first call; changed with the turn
	marked  bool       // the guest has marks of an interrupt or of std.exit
	dead    error      // why no call can run: ErrClosed or a *TrapError
	breach  bool       // a limit interrupted it
	peak    uint64     // of memory, in earlier instances
	denials int        // that were logged
}

// NewSandbox makes a sandbox of the library alone: of an image that is made on
// first use. Errors name the wrong field or rule. The context bounds the making
// only.
func (e *Engine) NewSandbox(ctx context.Context, c SandboxConfig) (*Sandbox, error) {
	e.life.RLock()
	defer e.life.RUnlock()
	if e.closed {
		return nil, ErrEngineClosed
	}
	img, err := e.plainImage(ctx)
	if err != nil {
		return nil, err
	}
	return img.newSandbox(ctx, c)
}

// prepare makes a sandbox without an instance. It is called with engine.life
// held.
func (e *Engine) prepare(ctx context.Context, c SandboxConfig) (*Sandbox, error) {
	s := &Sandbox{engine: e, config: c, turn: make(chan struct{}, 1)}
	var err error
	if s.limits, err = c.Limits.check(); err != nil {
		return nil, err
	}
	if _, err = guestDir(c.Dir); err != nil {
		return nil, err
	}
	if err := context.Cause(ctx); err != nil {
		return nil, &InterruptError{err}
	}
	s.stdio.init(c, s.limits.Output, s.waiting, func() { s.Interrupt(ErrOutput) })
	if c.Profile != nil {
		s.sampler = &sampler{profile: c.Profile, waits: true}
	}
	if s.guest, err = s.newGuest(); err != nil {
		return nil, err
	}
	if err = c.Record.attach(s); err != nil {
		return nil, errors.Join(err, s.guest.Close())
	}
	s.bridge = newBridge(s, s.limits.Handles)
	s.attach()
	s.cpu.init(s.limits.CPUTime, func() { s.Interrupt(ErrCPUTime) })
	e.add(s)
	return s, nil
}

func (s *Sandbox) newGuest() (*imports.Guest, error) {
	cfg := s.config.imports(s.limits)
	cfg.OnBlock = s.waiting
	cfg.Codecs = s.engine.codecs
	if s.config.Logger != nil {
		cfg.OnDenied = s.denied
	}
	if r := s.config.Policy.Recorder; r != nil {
		r.observe(&cfg, s.config.Env, func(name string) bool { return s.guest.MayEnv(name) })
	}
	return imports.NewGuest(cfg)
}

// attach gives a new guest what it calls.
func (s *Sandbox) attach() {
	dir, _ := guestDir(s.config.Dir) // prepare has checked it
	s.modules = newModules(s.guest, dir)
	s.modules.loader = s.config.ModuleLoader
	if s.image != nil {
		s.modules.image = s.image.loaded
	}
	s.guest.SetModules(s.modules)
	s.bridge.reset()
	s.guest.SetCalls(s.bridge)
	if s.sampler != nil {
		s.guest.SetProfiler(s.sampler)
	}
	if s.config.Record != nil {
		s.guest.SetTap(s.config.Record)
	}
}

// boot makes the runtime in an instance of the sandbox's own and loads the
// library.
func (s *Sandbox) boot(ctx context.Context) error {
	in, err := s.engine.instantiate(s.guest.With(ctx), s.limits.Memory, true)
	if err != nil {
		return err
	}
	s.serve(in)
	if s.layout, err = in.readLayout(s.guest.With(ctx)); err != nil {
		return err
	}
	if err := s.grant(); err != nil {
		return err
	}
	return s.enter(ctx, func(ctx context.Context) error {
		r, err := s.call(ctx, s.mod.ExportedFunction("wqjs_init"), s.heapLimit(), uint64(s.limits.Stack))
		if err != nil {
			return err
		}
		if int32(r) < 0 && s.cause() != nil {
			return s.interrupted() // between the interrupt and the engine's next poll
		}
		if int32(r) < 0 {
			return fmt.Errorf("start the engine in %d bytes (Limits.Memory): error %d", s.limits.Memory, -int32(r))
		}
		if err := s.begun(ctx, "", false); err != nil {
			return err
		}
		src, err := s.modules.Load(preludeName)
		if err != nil {
			return err
		}
		return s.eval(ctx, preludeName, string(src), evalModule)
	})
}

// start makes the sandbox a copy of its image, in the instance given unless that
// is nil. Nothing in it runs scripts or waits.
func (s *Sandbox) start(ctx context.Context, in *instance) (err error) {
	img := s.image
	if least := max(uint64(img.pages)*wasmPage, uint64(img.memory.Size())); s.limits.Memory < least || s.heapLimit() < img.heap+minHeap {
		return fmt.Errorf("Limits.Memory is %d bytes, too little for an image of %d with %d in use", s.limits.Memory, least, img.heap)
	}
	ctx = s.guest.With(ctx)
	if in == nil {
		if in, err = img.get(ctx, s.limits.Memory); err != nil {
			return err
		}
	}
	s.serve(in)
	s.layout, s.modules.image = img.layout, img.loaded
	s.bridge.adopt(img.functions)
	if err := s.grant(); err != nil {
		return err
	}
	if err := s.config.Record.begin(); err != nil {
		return err
	}
	if err := s.begun(ctx, img.dir, img.env); err != nil || len(s.config.Grants) == 0 {
		return err
	}
	return s.showGrants(ctx)
}

// serve binds the sandbox to an instance.
func (s *Sandbox) serve(in *instance) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.instance = in
	in.user = s
	s.guest.Enter(in.slot)
}

// minHeap is what JavaScript must have left to run at all, in bytes.
const minHeap = 256 << 10

// heapLimit is the limit of JavaScript's heap. It is below the memory's, so that
// an error can be thrown and handled before memory cannot grow.
func (s *Sandbox) heapLimit() uint64 {
	m := s.limits.Memory
	return min(m-min(m/4, 8<<20), 1<<32-1)
}

// begun tells a runtime whose working folder is dir, and which has an
// environment if env is set, about this sandbox.
func (s *Sandbox) begun(ctx context.Context, dir string, env bool) error {
	var seed [8]byte
	if _, err := io.ReadFull(s.random(), seed[:]); err != nil {
		return fmt.Errorf("seed the engine: %w", err)
	}
	_, err := s.call(ctx, s.fnStart, s.limits.Memory/wasmPage, s.heapLimit(), uint64(s.limits.Stack), binary.LittleEndian.Uint64(seed[:]))
	if err != nil {
		return err
	}
	if dir != s.modules.dir {
		p, err := s.put(ctx, s.modules.dir)
		if err != nil {
			return err
		}
		defer s.free(ctx, p)
		if _, err = s.call(ctx, s.mod.ExportedFunction("wqjs_set_cwd"), uint64(p)); err != nil {
			return err
		}
	}
	return s.setEnv(ctx, env)
}

func (s *Sandbox) random() io.Reader {
	if s.config.Random != nil {
		return s.config.Random
	}
	return rand.Reader
}

// maxLogged bounds the refusals that are logged: a script can cause any number.
const maxLogged = 100

func (s *Sandbox) denied(text string) {
	s.mu.Lock()
	s.denials++
	n := s.denials
	s.mu.Unlock()
	if n <= maxLogged {
		s.config.Logger.Warn("denied", "what", text)
	}
	if n == maxLogged {
		s.config.Logger.Warn("further refusals are not logged")
	}
}

// setEnv gives the guest the environment it may see; had says that it has one.
func (s *Sandbox) setEnv(ctx context.Context, had bool) error {
	var block strings.Builder
	n := 0
	for _, kv := range s.config.Env {
		name, _, ok := strings.Cut(kv, "=")
		if !ok || !s.guest.MayEnv(name) {
			continue
		}
		if strings.IndexByte(kv, 0) >= 0 {
			return fmt.Errorf("SandboxConfig.Env: the value of %s has a NUL byte", name)
		}
		block.WriteString(kv)
		block.WriteByte(0)
		n++
	}
	if n == 0 && !had {
		return nil
	}
	p, err := s.put(ctx, block.String())
	if err != nil {
		return err
	}
	r, err := s.call(ctx, s.mod.ExportedFunction("wqjs_set_environ"), uint64(p), uint64(n))
	if err == nil && int32(r) < 0 {
		err = errors.New("the sandbox has no room for its environment: raise Limits.Memory")
	}
	return err
}

// Close interrupts the call in progress with ErrClosed, waits for it to end,
// and frees everything the sandbox holds. It may be called more than once.
func (s *Sandbox) Close() error {
	s.shut()
	s.turn <- struct{}{}
	defer func() { <-s.turn }()
	err := s.discard()
	if s.engine.remove(s) && s.image != nil {
		err = errors.Join(err, s.image.leave())
	}
	return err
}

// shut makes calls fail, the one in progress too.
func (s *Sandbox) shut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dead = ErrClosed
	s.stop(ErrClosed)
}

// discard frees all that the sandbox holds but its place in the engine and the
// image; the caller has the turn. Only Reset brings it back.
func (s *Sandbox) discard() error {
	if s.freed {
		return nil
	}
	s.freed = true
	s.unwatch()
	in := s.detach()
	s.config.Record.end()
	err := s.guest.Close()
	if in != nil {
		err = errors.Join(err, s.image.put(in))
	}
	s.bridge.reset()
	s.modules, s.events, s.room = nil, nil, nil
	return err
}

// detach parts the sandbox from its instance, which it returns if it may serve
// another one, and else closes. Nothing of the guest runs after it.
func (s *Sandbox) detach() *instance {
	in := s.instance
	if in == nil {
		return nil
	}
	s.config.Record.leave(s)
	keep := !s.trapped && s.image != nil
	if keep {
		in.stack.Set(s.image.stack)
		opened, root := in.slot.Opened()
		lost, err := in.fnRecycle.Call(s.guest.With(context.Background()), uint64(opened))
		keep = err == nil && lost[0] == 0 && !root
	}
	s.mu.Lock()
	s.peak = max(s.peak, s.memoryNow())
	s.instance = nil
	in.user = nil
	s.guest.Leave()
	s.mu.Unlock()
	if !keep {
		_ = in.close() // frees memory: there is nothing to be done about it
		return nil
	}
	return in
}

// Reset makes the sandbox what it was when it was new: memory, fds, files and
// timers. Grants of Files, which must still be open, are granted again. What
// limits count over the life of a sandbox starts anew. It waits for a call in
// progress. A sandbox that trapped works again. One that could not be reset can
// only be closed.
func (s *Sandbox) Reset(ctx context.Context) error {
	if s.image == nil {
		return errors.New("a sandbox that makes an image cannot be reset")
	}
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer func() { <-s.turn }()
	if err := s.death(); errors.Is(err, ErrClosed) {
		return err
	}
	err := s.reset(ctx)
	if err != nil {
		err = errors.Join(fmt.Errorf("reset: %w", err), s.discard())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !errors.Is(s.dead, ErrClosed) { // meanwhile
		s.dead = err
	}
	return err
}

// reset is Reset with the turn.
func (s *Sandbox) reset(ctx context.Context) error {
	s.unwatch()
	in := s.detach()
	guest, err := s.renewGuest()
	if err == nil && in != nil {
		if _, err = s.image.clean(in, maxPrivate); err != nil {
			err = errors.Join(err, in.close())
		}
	}
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.guest, s.breach, s.denials = guest, false, 0
	s.mu.Unlock()
	s.stdio.written.Store(0)
	s.trapped, s.freed, s.events = false, false, nil
	s.attach()
	s.cpu.init(s.limits.CPUTime, func() { s.Interrupt(ErrCPUTime) })
	return s.start(ctx, in)
}

func (s *Sandbox) renewGuest() (*imports.Guest, error) {
	if !s.freed {
		return s.guest.Renew()
	}
	return s.newGuest()
}

// Stats is what a sandbox uses, and has used since it was made or Reset.
type Stats struct {
	Memory     uint64        // bytes of linear memory in use, which only grows until Reset
	MemoryPeak uint64        // the most there ever were, before a Reset too
	CPU        time.Duration // of execution, by the wall clock
	FDs        int           // open sockets
	BytesIn    uint64        // received by sockets
	BytesOut   uint64        // sent by sockets
	Queued     int64         // bytes that wait in Go, as Limits.Queued counts them
	Output     uint64        // bytes written to Stdout and Stderr
	Calls      uint64        // calls of Eval, Run and their like, over all its life
}

// Stats does not wait. A sandbox that is closed, or trapped, uses no memory and
// no sockets.
func (s *Sandbox) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := Stats{CPU: s.cpu.total(), FDs: s.guest.OpenFDs(), Output: uint64(s.stdio.written.Load()), Calls: s.calls}
	st.BytesIn, st.BytesOut = s.guest.Traffic()
	st.Queued = s.guest.Queue().Used()
	st.Memory = s.memoryNow()
	st.MemoryPeak = max(s.peak, st.Memory)
	return st
}

// memoryNow is called with mu held. The guest keeps the count: one that damaged
// it cannot have more than there is.
func (s *Sandbox) memoryNow() uint64 {
	if s.instance == nil {
		return 0
	}
	return min(uint64(s.slot.Load32(s.layout.memoryEnd))*wasmPage, s.slot.MemorySize())
}

// spoiled reports whether it trapped or broke a limit since it was made or Reset.
func (s *Sandbox) spoiled() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.breach || s.dead != nil
}
