package host

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/wqjs/wqjs/imports"
	"github.com/wqjs/wqjs/wasm"
)

// Config configures an Engine. The zero value compiles in memory.
type Config struct {
	// CacheDir keeps compiled code between processes. It is made with mode
	// 0700 if it does not exist. One that cannot be used (it belongs to another
	// user, others may write to it, it is read-only) is passed over:
	// Engine.CacheError tells why. Damaged files in it are made anew. Several
	// processes may share it.
	CacheDir string
	// CompilationWorkers is how many goroutines compile; 0 means 2.
	CompilationWorkers int
	// Codecs are content codings that scripts may use besides gzip and deflate,
	// by their names in HTTP.
	Codecs map[string]Codec
}

const defaultWorkers = 2

// Engine is the compiled QuickJS, shared by all images and sandboxes. A process needs one.
// Its methods may be called from any goroutine.
type Engine struct {
	runtime  wazero.Runtime
	compiled wazero.CompiledModule
	cache    wazero.CompilationCache
	cacheErr error
	codecs   map[string]Codec

	// Of recordings: names of exports and their numbers; the module and its sum.
	exportNames []string
	exports     map[string]exportInfo
	module      []byte
	sumOnce     sync.Once
	sum         string

	life   sync.RWMutex // read-held while a sandbox is made; guards closed
	closed bool

	mu        sync.Mutex
	sandboxes map[*Sandbox]struct{} // those not closed
	images    map[*Image]struct{}

	plainMu sync.Mutex
	plain   *Image // of the library alone; nil until used
}

// NewEngine compiles the engine, or loads it from the cache.
func NewEngine(ctx context.Context, c Config) (*Engine, error) {
	return newEngine(ctx, c, wasm.QuickJS)
}

func newEngine(ctx context.Context, c Config, module []byte) (*Engine, error) {
	if c.CompilationWorkers < 0 {
		return nil, fmt.Errorf("Config.CompilationWorkers is %d, must not be negative", c.CompilationWorkers)
	}
	if c.CacheDir == "" {
		return compile(ctx, c, module, "")
	}
	dir, err := openCacheDir(c.CacheDir)
	if err == nil {
		var e *Engine
		if e, err = compile(ctx, c, module, dir); err == nil {
			e.cacheErr = sealCache(dir)
			return e, nil
		}
	}
	// The cache must never be why a program does not run.
	e, plainErr := compile(ctx, c, module, "")
	if plainErr != nil {
		return nil, plainErr
	}
	e.cacheErr = fmt.Errorf("compilation cache: %w", err)
	return e, nil
}

// CacheError is why the cache folder was not used, or nil.
func (e *Engine) CacheError() error { return e.cacheErr }

// compile makes an engine of module, with the files in cacheDir unless it is "".
func compile(ctx context.Context, c Config, module []byte, cacheDir string) (_ *Engine, err error) {
	e := &Engine{codecs: maps.Clone(c.Codecs), sandboxes: map[*Sandbox]struct{}{}, images: map[*Image]struct{}{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, e.Close(ctx))
		}
	}()
	// The compiler where wazero has one, else its interpreter.
	rc := wazero.NewRuntimeConfig().WithDebugInfoEnabled(false)
	if cacheDir != "" {
		if e.cache, err = wazero.NewCompilationCacheWithDir(cacheDir); err != nil {
			return nil, err
		}
		rc = rc.WithCompilationCache(e.cache)
	}
	e.runtime = wazero.NewRuntimeWithConfig(ctx, rc)
	if err = imports.Instantiate(ctx, e.runtime); err != nil {
		return nil, err
	}
	workers := c.CompilationWorkers
	if workers == 0 {
		workers = defaultWorkers
	}
	e.compiled, err = e.runtime.CompileModule(experimental.WithCompilationWorkers(ctx, workers), module)
	if err != nil {
		return nil, err
	}
	e.module = module
	e.exportNames, e.exports = numberExports(e.compiled.ExportedFunctions())
	return e, nil
}

// Close closes all sandboxes of the engine, waiting for the calls in progress,
// and frees the compiled code. It may be called more than once.
func (e *Engine) Close(ctx context.Context) error {
	e.life.Lock()
	defer e.life.Unlock()
	if e.closed {
		return nil
	}
	e.closed = true
	open, images := e.open()
	for _, s := range open {
		s.shut() // all at once, so that the waits below overlap
	}
	var errs []error
	for _, s := range open {
		errs = append(errs, s.Close())
	}
	for _, img := range images {
		errs = append(errs, img.Close())
	}
	if e.runtime != nil {
		errs = append(errs, e.runtime.Close(ctx))
	}
	if e.cache != nil {
		errs = append(errs, e.cache.Close(ctx))
	}
	return errors.Join(errs...)
}

func (e *Engine) open() ([]*Sandbox, []*Image) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Collect(maps.Keys(e.sandboxes)), slices.Collect(maps.Keys(e.images))
}

func (e *Engine) add(s *Sandbox) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.sandboxes[s] = struct{}{}
}

// remove reports whether s was there.
func (e *Engine) remove(s *Sandbox) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	_, ok := e.sandboxes[s]
	delete(e.sandboxes, s)
	return ok
}

func (e *Engine) addImage(img *Image) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.images[img] = struct{}{}
}

func (e *Engine) removeImage(img *Image) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.images, img)
}

// plainImage is the image that NewSandbox uses; e.life is held.
func (e *Engine) plainImage(ctx context.Context) (*Image, error) {
	e.plainMu.Lock()
	defer e.plainMu.Unlock()
	if e.plain == nil {
		img, err := e.newImage(ctx, ImageConfig{})
		if err != nil {
			return nil, err
		}
		e.plain = img
	}
	return e.plain, nil
}
