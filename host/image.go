package host

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/wqjs/wqjs/imports"
)

// ImageConfig says what an Image holds. The zero value is the library alone.
type ImageConfig struct {
	// Sandbox is what the code that makes the image runs in: its policy, files,
	// limits. Nothing of it goes over to the sandboxes of the image.
	Sandbox SandboxConfig
	// Modules are imported in this order, as an import statement in the folder
	// Sandbox.Dir would: "./app.js", "wqjs:net". Sandboxes of the image may
	// import them, and what they import, without any grant.
	Modules []string
	// Init, if set, then does what else is to be done, with a sandbox that is to
	// be left without anything pending. It must not close it.
	Init func(ctx context.Context, s *Sandbox) error
	// MaxIdle is how many instances are kept for the next sandbox when theirs
	// is closed: default 64. Each holds about 150 KB, more after larger
	// scripts, together at most 16 MiB more.
	MaxIdle int
}

const (
	defaultMaxIdle = 64
	// maxPrivate is how much of its image's range an instance may keep of its
	// own, in bytes: copying a page back takes less time than a page fault.
	maxPrivate = 1 << 20
	// maxIdlePrivate bounds that for all idle instances of an image.
	maxIdlePrivate = 16 << 20
	// deepStack is how much of the C stack may have been used, in bytes, before
	// wazero's stacks, which are 40 times as large, are given up.
	deepStack = 64 << 10
	wasmPage  = 64 << 10
)

// Image is an initialised memory: the runtime, the library, and what modules
// were loaded in it. Sandboxes made from it start as copies of it, in some tens
// of microseconds, and share the memory that they do not change. Its methods may
// be called from any goroutine.
//
// All sandboxes of an image can read what the code that made it has read, so
// give that code no secrets. What differs between them: Math.random, the hashes
// of maps made after the start, performance.timeOrigin, arguments, environment
// and everything that is granted.
type Image struct {
	engine *Engine
	memory *imports.Image
	layout layout
	stack  uint64 // value of the stack pointer
	pages  uint32 // wasm pages of an instance's memory
	heap   uint64 // bytes that the engine has allocated
	dir    string
	env    bool // whether there is an environment
	loaded map[string]struct{}
	// functions are the Go functions that the code holds.
	functions []entry
	record    imageRecord

	mu      sync.Mutex
	idle    []idleInstance
	maxIdle int
	private int // of the idle instances, bytes
	users   int // sandboxes that are not closed, and the image until it is
	closed  bool
}

type idleInstance struct {
	*instance
	private int
}

// NewImage makes an image. The code in it runs under the context and the limits
// of c.Sandbox. It must leave nothing pending: no timer, open socket or file,
// unsettled operation; the error names what is.
func (e *Engine) NewImage(ctx context.Context, c ImageConfig) (*Image, error) {
	e.life.RLock()
	defer e.life.RUnlock()
	if e.closed {
		return nil, ErrEngineClosed
	}
	return e.newImage(ctx, c)
}

// newImage is called with e.life held.
func (e *Engine) newImage(ctx context.Context, c ImageConfig) (*Image, error) {
	if c.MaxIdle < 0 {
		return nil, fmt.Errorf("ImageConfig.MaxIdle is %d, must not be negative", c.MaxIdle)
	}
	if c.Sandbox.Record != nil {
		return nil, errors.New("ImageConfig.Sandbox.Record: what is recorded are the sandboxes of an image")
	}
	if c.MaxIdle == 0 {
		c.MaxIdle = defaultMaxIdle
	}
	s, err := e.prepare(ctx, c.Sandbox)
	if err != nil {
		return nil, err
	}
	img := &Image{engine: e, maxIdle: c.MaxIdle, users: 1, loaded: s.modules.loaded}
	if err = s.boot(ctx); err == nil {
		err = s.fill(ctx, c)
	}
	if err == nil {
		err = img.take(ctx, s)
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	in := s.instance
	s.instance = nil // it is the first of the image's
	err = s.Close()
	if e := in.slot.Copy(img.memory); e != nil {
		return nil, errors.Join(err, e, in.close(), img.memory.Close())
	}
	img.idle = append(img.idle, idleInstance{in, 0})
	e.addImage(img)
	return img, err
}

// fill runs the user's part of an image.
func (s *Sandbox) fill(ctx context.Context, c ImageConfig) error {
	for _, m := range c.Modules {
		err := s.EvalModule(ctx, path.Join(s.modules.dir, "[image]"), "import "+strconv.Quote(m))
		if err != nil {
			return fmt.Errorf("import %q into the image: %w", m, err)
		}
	}
	if c.Init != nil {
		return c.Init(ctx, s)
	}
	return nil
}

// take copies the memory of s, which nothing may be pending in.
func (img *Image) take(ctx context.Context, s *Sandbox) error {
	return s.enter(ctx, func(ctx context.Context) error {
		var err error
		if img.functions, err = s.bridge.seal(ctx); err != nil {
			return err
		}
		for _, name := range []string{"wqjs_jobs", "wqjs_settle"} {
			r, err := s.call(ctx, s.mod.ExportedFunction(name))
			if err == nil && name == "wqjs_jobs" {
				err = s.status(ctx, int32(r))
			}
			if err != nil {
				return err
			}
		}
		if what := s.pending(); len(what) > 0 {
			return fmt.Errorf("an image cannot be taken with %s", strings.Join(what, ", "))
		}
		if n, _ := s.slot.Opened(); n > 0 {
			if lost, err := s.call(ctx, s.fnRecycle, uint64(n)); err != nil || lost != 0 {
				return errors.Join(err, errors.New("an image cannot be taken without standard streams"))
			}
		}
		heap, err := s.call(ctx, s.mod.ExportedFunction("wqjs_memory_used"))
		if err != nil {
			return err
		}
		size := s.slot.MemorySize()
		memory, ok := s.mod.Memory().Read(0, uint32(size))
		if !ok || size >= 1<<32 {
			return fmt.Errorf("an image of %d bytes is too large", size)
		}
		img.layout, img.stack, img.pages, img.heap = s.layout, s.stack.Get(), uint32(size/wasmPage), heap
		img.dir, img.env = s.modules.dir, len(s.config.Env) > 0
		img.memory, err = imports.NewImage(memory)
		return err
	})
}

// pending names what an image cannot hold.
func (s *Sandbox) pending() []string {
	var what []string
	for _, p := range s.guest.Pending() {
		what = append(what, fmt.Sprintf("%d %s", p.N, p.What))
	}
	return what
}

// NewSandbox makes a sandbox that starts as the image is. Errors name the wrong
// field or rule. The context bounds the making only.
func (img *Image) NewSandbox(ctx context.Context, c SandboxConfig) (*Sandbox, error) {
	img.engine.life.RLock()
	defer img.engine.life.RUnlock()
	if img.engine.closed {
		return nil, ErrEngineClosed
	}
	return img.newSandbox(ctx, c)
}

// newSandbox is called with engine.life held.
func (img *Image) newSandbox(ctx context.Context, c SandboxConfig) (*Sandbox, error) {
	s, err := img.engine.prepare(ctx, c)
	if err != nil {
		return nil, err
	}
	if err := img.join(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	s.image = img
	if err := s.start(ctx, nil); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// join counts a sandbox.
func (img *Image) join() error {
	img.mu.Lock()
	defer img.mu.Unlock()
	if img.closed {
		return ErrImageClosed
	}
	img.users++
	return nil
}

// leave undoes join; the last one frees the image.
func (img *Image) leave() error {
	img.mu.Lock()
	img.users--
	last := img.users == 0
	img.mu.Unlock()
	if last {
		return img.memory.Close()
	}
	return nil
}

// get gives an instance whose memory is a copy of the image and may grow to
// limit bytes.
func (img *Image) get(ctx context.Context, limit uint64) (*instance, error) {
	if in := img.pick(limit); in != nil {
		return in, nil
	}
	in, err := img.engine.instantiate(ctx, limit, false)
	if err != nil {
		return nil, err
	}
	if have := uint32(in.slot.MemorySize() / wasmPage); have < img.pages {
		if _, ok := in.mod.Memory().Grow(img.pages - have); !ok {
			return nil, errors.Join(fmt.Errorf("no memory for an image of %d bytes", img.pages*wasmPage), in.close())
		}
	}
	if err := in.slot.Copy(img.memory); err != nil {
		return nil, errors.Join(err, in.close())
	}
	in.stack.Set(img.stack)
	return in, nil
}

func (img *Image) pick(limit uint64) *instance {
	img.mu.Lock()
	defer img.mu.Unlock()
	for i := len(img.idle) - 1; i >= 0; i-- { // the last used is warmest
		if in := img.idle[i]; in.slot.SetLimit(limit) {
			img.idle = slices.Delete(img.idle, i, i+1)
			img.private -= in.private
			return in.instance
		}
	}
	return nil
}

// put takes an instance back that serves nobody any more.
func (img *Image) put(in *instance) error {
	img.mu.Lock()
	keep, room := !img.closed && len(img.idle) < img.maxIdle, maxIdlePrivate-img.private
	img.mu.Unlock()
	if !keep {
		return in.close()
	}
	left, err := img.clean(in, room)
	if err != nil {
		return errors.Join(err, in.close())
	}
	img.mu.Lock()
	keep = !img.closed && len(img.idle) < img.maxIdle
	if keep {
		img.idle = append(img.idle, idleInstance{in, left})
		img.private += left
	}
	img.mu.Unlock()
	if !keep {
		return in.close()
	}
	return nil
}

// clean makes the memory of an instance a copy of the image again; room bounds
// what it may keep of its own. An error is a reason to close it.
func (img *Image) clean(in *instance, room int) (private int, err error) {
	left, err := in.slot.Reset(max(0, min(room, maxPrivate)), uint32(img.stack)-deepStack)
	if err != nil {
		return 0, err
	}
	if left.Deep {
		in.find()
	}
	in.stack.Set(img.stack)
	return left.Private, nil
}

// Close ends the making of sandboxes. Those that there are go on; the memory
// that they share is freed with the last. It may be called more than once.
func (img *Image) Close() error {
	img.mu.Lock()
	if img.closed {
		img.mu.Unlock()
		return nil
	}
	img.closed = true
	idle := img.idle
	img.idle = nil
	img.mu.Unlock()
	img.engine.removeImage(img)
	var errs []error
	for _, in := range idle {
		errs = append(errs, in.close())
	}
	return errors.Join(append(errs, img.leave())...)
}
