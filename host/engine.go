package host

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/wqjs/wqjs/imports"
	"github.com/wqjs/wqjs/wasm"
)

// Config configures an Engine. The zero value compiles in memory.
type Config struct {
	// CacheDir keeps compiled code between processes. It is made with mode
	// 0700 if it does not exist. A cache that cannot be used (foreign,
	// writable by others, corrupt, read-only) is passed over silently:
	// Engine.CacheError tells why.
	CacheDir string
	// CompilationWorkers is how many goroutines compile; 0 means 2.
	CompilationWorkers int
}

// Engine is the compiled QuickJS, shared by all sandboxes. Its methods may be
// called from any goroutine.
type Engine struct {
	runtime  wazero.Runtime
	compiled wazero.CompiledModule
	cache    wazero.CompilationCache
	cacheErr error
}

// NewEngine compiles the engine, or loads it from the cache.
func NewEngine(ctx context.Context, c Config) (*Engine, error) {
	var cacheErr error
	if c.CacheDir != "" {
		e, err := newEngine(ctx, c, c.CacheDir)
		if err == nil {
			return e, nil
		}
		cacheErr = err
		// What is broken is made anew by the next process.
		var corrupt *corruptCacheError
		if errors.As(err, &corrupt) {
			_ = os.RemoveAll(engineCacheDir(c.CacheDir))
		}
	}
	e, err := newEngine(ctx, c, "")
	if err != nil {
		return nil, err
	}
	e.cacheErr = cacheErr
	return e, nil
}

// CacheError is why the cache folder was not used, or nil.
func (e *Engine) CacheError() error { return e.cacheErr }

// corruptCacheError is a failure to compile with a cache that looked usable.
type corruptCacheError struct{ err error }

func (e *corruptCacheError) Error() string { return "compilation cache: " + e.err.Error() }
func (e *corruptCacheError) Unwrap() error { return e.err }

// engineCacheDir keys the cache by the engine's content: wazero adds its own
// version below.
func engineCacheDir(dir string) string { return filepath.Join(dir, "engine-"+wasm.Sums[:16]) }

func newEngine(ctx context.Context, c Config, cacheDir string) (e *Engine, err error) {
	e = &Engine{}
	// The compiler where wazero has one, else its interpreter.
	rc := wazero.NewRuntimeConfig().WithDebugInfoEnabled(false)
	if cacheDir != "" {
		if err := checkCacheDir(cacheDir); err != nil {
			return nil, err
		}
		if e.cache, err = wazero.NewCompilationCacheWithDir(engineCacheDir(cacheDir)); err != nil {
			return nil, err
		}
		rc = rc.WithCompilationCache(e.cache)
	}
	e.runtime = wazero.NewRuntimeWithConfig(ctx, rc)
	defer func() {
		if r := recover(); r != nil && cacheDir != "" {
			err = fmt.Errorf("%v", r) // a damaged file in the cache
		} else if r != nil {
			panic(r)
		}
		if err != nil {
			err = errors.Join(err, e.Close(ctx))
			if cacheDir != "" {
				err = &corruptCacheError{err}
			}
			e = nil
		}
	}()
	if err = imports.Instantiate(ctx, e.runtime); err != nil {
		return e, err
	}
	workers := c.CompilationWorkers
	if workers <= 0 {
		workers = 2
	}
	e.compiled, err = e.runtime.CompileModule(experimental.WithCompilationWorkers(ctx, workers), wasm.QuickJS)
	return e, err
}

// Close ends all sandboxes of the engine and frees the compiled code.
func (e *Engine) Close(ctx context.Context) error {
	var errs []error
	if e.runtime != nil {
		errs = append(errs, e.runtime.Close(ctx))
	}
	if e.cache != nil {
		errs = append(errs, e.cache.Close(ctx))
	}
	return errors.Join(errs...)
}
