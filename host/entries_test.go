package host

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"
)

// endlessApp is what the entry points of TestEveryEntryEnds run into.
const endlessApp = `
	globalThis.loop = () => { for (;;); };
	globalThis.never = () => new Promise(() => setInterval(() => {}, 1e6));
	globalThis.busy = () => new Promise(() => setInterval(() => {}, 0));
	globalThis.o = { get a() { for (;;); }, set a(v) { for (;;); }, toJSON() { for (;;); } };
	globalThis.p = new Proxy([], { get() { for (;;); }, ownKeys() { for (;;); } });
	globalThis.C = class { constructor() { for (;;); } };
	globalThis.inGo = () => { for (;;) try { blocks(); } catch { } };
	globalThis.inAsync = () => settles();
`

// entries call the sandbox in every way there is, each without end.
var entries = map[string]func(ctx context.Context, s *Sandbox) error{
	"Eval":       func(ctx context.Context, s *Sandbox) error { return s.Eval(ctx, "x.js", "loop()") },
	"EvalModule": func(ctx context.Context, s *Sandbox) error { return s.EvalModule(ctx, "/x.js", "await never()") },
	"EvalValue":  func(ctx context.Context, s *Sandbox) error { _, err := s.EvalValue(ctx, "x.js", "loop()"); return err },
	"EvalValue, promise": func(ctx context.Context, s *Sandbox) error {
		_, err := s.EvalValue(ctx, "x.js", "inAsync()")
		return err
	},
	"Import": func(ctx context.Context, s *Sandbox) error {
		// A module that was cut off stays failed: each time another.
		_, err := s.Import(ctx, fmt.Sprintf("/loop%d.js", time.Now().UnixNano()))
		return err
	},
	"Import, loader": func(ctx context.Context, s *Sandbox) error {
		_, err := s.Import(ctx, "/slow.js")
		return err
	},
	"import, loader": func(ctx context.Context, s *Sandbox) error {
		return s.EvalModule(ctx, "/y.js", "import '/slow.js'")
	},
	"import(), loader": func(ctx context.Context, s *Sandbox) error {
		return s.EvalModule(ctx, "/z.js", "for (;;) try { await import('/slow.js') } catch { }")
	},
	"Call":          func(ctx context.Context, s *Sandbox) error { _, err := s.Call(ctx, "loop"); return err },
	"Call, waiting": func(ctx context.Context, s *Sandbox) error { _, err := s.Call(ctx, "never"); return err },
	"Call, events":  func(ctx context.Context, s *Sandbox) error { _, err := s.Call(ctx, "busy"); return err },
	"CallAs":        func(ctx context.Context, s *Sandbox) error { _, err := CallAs[int](ctx, s, "loop"); return err },
	"in Go":         func(ctx context.Context, s *Sandbox) error { _, err := s.Call(ctx, "inGo"); return err },
	"in async Go":   func(ctx context.Context, s *Sandbox) error { _, err := s.Call(ctx, "inAsync"); return err },
	"Get":           func(ctx context.Context, s *Sandbox) error { _, err := s.Get(ctx, "o.a"); return err },
	"Set":           func(ctx context.Context, s *Sandbox) error { return s.Set(ctx, "o.a", 1) },
	"Run": func(ctx context.Context, s *Sandbox) error {
		if err := s.Eval(ctx, "x.js", "setTimeout(loop)"); err != nil {
			return err
		}
		return s.Run(ctx)
	},
	"Run, waiting": func(ctx context.Context, s *Sandbox) error {
		if err := s.Eval(ctx, "x.js", "never()"); err != nil {
			return err
		}
		return s.Run(ctx)
	},
	"Value.Get":  func(ctx context.Context, s *Sandbox) error { _, err := get(s, "o").Get(ctx, "a"); return err },
	"Value.Set":  func(ctx context.Context, s *Sandbox) error { return get(s, "o").Set(ctx, "a", 1) },
	"Value.Len":  func(ctx context.Context, s *Sandbox) error { _, err := get(s, "p").Len(ctx); return err },
	"Value.Keys": func(ctx context.Context, s *Sandbox) error { _, err := get(s, "p").Keys(ctx); return err },
	"Value.Call": func(ctx context.Context, s *Sandbox) error { _, err := get(s, "loop").Call(ctx); return err },
	"Value.New":  func(ctx context.Context, s *Sandbox) error { _, err := get(s, "C").New(ctx); return err },
	"Value.Invoke": func(ctx context.Context, s *Sandbox) error {
		_, err := get(s, "globalThis").Invoke(ctx, "loop")
		return err
	},
	"Value.JSON": func(ctx context.Context, s *Sandbox) error { _, err := get(s, "o").JSON(ctx); return err },
	"Value.Decode": func(ctx context.Context, s *Sandbox) error {
		var out struct{ A int }
		return get(s, "o").Decode(ctx, &struct {
			A *struct{ A int } `js:"a"`
		}{&out})
	},
	"Value.Await": func(ctx context.Context, s *Sandbox) error {
		v, err := s.EvalValue(ctx, "x.js", "({ promise: never() })")
		if err == nil {
			if v, err = v.Get(ctx, "promise"); err == nil {
				_, err = v.Await(ctx)
			}
		}
		return err
	},
}

// get is a global of a sandbox that is idle.
func get(s *Sandbox, name string) Value {
	v, _ := s.Get(context.Background(), name)
	return v
}

// endlessSandbox has endlessApp, Go functions that wait, and modules.
func endlessSandbox(t *testing.T, limits Limits) *Sandbox {
	never := make(chan struct{})
	t.Cleanup(func() { close(never) })
	s, _ := sandbox(t, SandboxConfig{Limits: limits, ModuleLoader: func(ctx context.Context, name string) ([]byte, error) {
		if name == "/slow.js" {
			<-never // whatever its context says
		}
		return []byte("for (;;);"), nil
	}})
	set(t, s, "blocks", func(ctx context.Context) error { <-ctx.Done(); return context.Cause(ctx) })
	set(t, s, "settles", Async(func(ctx context.Context) error { <-ctx.Done(); return context.Cause(ctx) }))
	if err := s.Eval(t.Context(), "app.js", endlessApp); err != nil {
		t.Fatal(err)
	}
	return s
}

// Every way into a sandbox ends by the deadline, by Interrupt and by Close,
// whatever the guest, a Go function or a module loader does.
func TestEveryEntryEnds(t *testing.T) {
	for name, call := range entries {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := endlessSandbox(t, Limits{})
			run := func(ctx context.Context) <-chan error {
				done := make(chan error, 1)
				go func() { done <- call(ctx, s) }()
				return done
			}
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
			defer cancel()
			interrupted(t, soon(t, run(ctx)), context.DeadlineExceeded)

			done := run(t.Context())
			for ended := false; !ended; { // it may not have begun
				s.Interrupt(errWanted)
				select {
				case err := <-done:
					interrupted(t, err, errWanted)
					ended = true
				case <-time.After(5 * time.Millisecond):
				}
			}

			done = run(t.Context())
			time.Sleep(5 * time.Millisecond)
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			if err := soon(t, done); !errors.Is(err, ErrClosed) {
				t.Errorf("%T %v", err, err)
			}
		})
	}
}

// CPU time ends all that executes, on every way into a sandbox.
func TestCPUTimeEndsEveryEntry(t *testing.T) {
	for _, name := range []string{"Eval", "EvalValue", "Import", "Call", "CallAs", "Get", "Set", "Run", "Value.Get", "Value.Keys", "Value.Call", "Value.JSON"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := endlessSandbox(t, Limits{CPUTime: 100 * time.Millisecond})
			done := make(chan error, 1)
			go func() { done <- entries[name](t.Context(), s) }()
			interrupted(t, soon(t, done), ErrCPUTime)
		})
	}
}

// What waits for a sandbox that is busy waits no longer than its context.
func TestWaitingForABusySandboxEnds(t *testing.T) {
	img, err := engine.NewImage(t.Context(), ImageConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer img.Close()
	pool, err := img.NewPool(t.Context(), PoolConfig{Size: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	s, err := pool.Get(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	busy := goEval(t.Context(), s, "for (;;);")
	for s.Stats().CPU == 0 {
		time.Sleep(time.Millisecond)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	_, err = pool.Get(ctx)
	interrupted(t, err, context.DeadlineExceeded)
	interrupted(t, s.Reset(ctx), context.DeadlineExceeded)
	pool.Put(s) // interrupts
	interrupted(t, soon(t, busy), ErrInterrupted)
}
