package host

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// set sets a global.
func set(t testing.TB, s *Sandbox, name string, v any) {
	t.Helper()
	if err := s.Set(t.Context(), name, v); err != nil {
		t.Fatalf("set %s: %v", name, err)
	}
}

type point struct{ X, Y int }

func named(a, b int) int { return a + b }

func TestGoFunctions(t *testing.T) {
	s, _ := sandbox(t, SandboxConfig{})
	type key struct{}
	for name, f := range map[string]any{
		"add":      named,
		"nothing":  func() {},
		"swap":     func(p point) point { return point{p.Y, p.X} },
		"sum":      func(base int, rest ...float64) float64 { return float64(base) + rest[0] + rest[1] },
		"two":      func() (string, int, error) { return "a", 1, nil },
		"typed":    Func1(func(_ context.Context, s string) (int, error) { return len(s), nil }),
		"three":    Func3(func(_ context.Context, a bool, b []byte, c point) (string, error) { return fmt.Sprint(a, b, c), nil }),
		"clock":    Func0(func(ctx context.Context) (string, error) { return ctx.Value(key{}).(string), nil }),
		"identity": func(v Value) Value { return v },
		"kind":     func(v Value, rest ...Value) string { return v.Kind().String() + rest[0].Kind().String() },
		"optional": func(p *point, n int) string { return fmt.Sprint(p, n) },
		"apply": func(ctx context.Context, f func(context.Context, ...any) (int, error)) (int, error) {
			return f(ctx, 1, 2)
		},
		"makers": func() []func(int) int { return []func(int) int{func(n int) int { return n + 1 }} },
		"inner":  map[string]any{"f": func(s string) string { return s + "!" }},
	} {
		set(t, s, name, f)
	}
	ctx := context.WithValue(t.Context(), key{}, "noon")
	for source, want := range map[string]string{
		"add(2, 3, 4)":                               "5",
		"add.name + add.length + typeof add":         "named2function",
		"nothing(1, 2)":                              "undefined",
		"JSON.stringify(swap({ X: 1, Y: 2 }))":       `{"X":2,"Y":1}`,
		"sum(1, 2, 3.5)":                             "6.5",
		"two().join()":                               "a,1",
		"typed('four')":                              "4",
		"three(true, new Uint8Array([7]), { X: 1 })": "true [7] {1 0}",
		"clock()":                                    "noon",
		"{ const o = { self: null }; identity(o) === o }": "true",
		"kind([], new Map)":           "arrayMap",
		"optional()":                  "<nil> 0",
		"optional(null, undefined)":   "<nil> 0",
		"apply((a, b) => a * 10 + b)": "12",
		"makers()[0](4)":              "5",
		"inner.f('a')":                "a!",
		"[3, 4].map(add).join()":      "3,5",
		"Reflect.ownKeys(add).join()": "length,name",
		"(() => { try { new add } catch (e) { return e.name } })()": "TypeError",
	} {
		v, err := s.EvalValue(ctx, "test.js", source)
		if err != nil || v.String() != want {
			t.Errorf("%s is %v, want %s (%v)", source, v, want, err)
		}
	}
}

type coded struct{}

func (coded) Error() string { return "over budget" }
func (coded) Code() string  { return "E_BUDGET" }

func TestErrorsOfGo(t *testing.T) {
	s, out := sandbox(t, SandboxConfig{})
	ctx := t.Context()
	plain := errors.New("disk on fire")
	fail := map[string]error{"plain": plain, "coded": fmt.Errorf("wrapped: %w", coded{}), "none": fs.ErrNotExist}
	set(t, s, "fail", func(which string) error { return fail[which] })
	set(t, s, "panics", func() { panic("lost") })
	set(t, s, "index", func(i int) int { return []int{1}[i] })
	set(t, s, "later", Async(func(which string) error { return fail[which] }))
	for source, want := range map[string]string{
		"fail('plain')":        "Error ERR_GO disk on fire",
		"fail('coded')":        "Error E_BUDGET wrapped: over budget",
		"fail('none')":         "Error ENOENT file does not exist",
		"fail(1)":              "TypeError ERR_INVALID_ARG argument 1: cannot use a number as string",
		"panics()":             "Error ERR_GO_PANIC panic in Go: lost",
		"index(5)":             "Error ERR_GO_PANIC panic in Go: runtime error: index out of range [5] with length 1",
		"await later('plain')": "Error ERR_GO disk on fire",
		"await later({})":      "TypeError ERR_INVALID_ARG argument 1: cannot use an object as string",
	} {
		v, err := s.EvalValue(ctx, "t.js", "(async () => { try { "+source+" } catch (e) { return [e.name, e.code, e.message].join(' ') } })()")
		if err != nil || v.String() != want {
			t.Errorf("%s: %v, want %s (%v)", source, v, want, err)
		}
	}
	// Uncaught, it is the same error again.
	for _, source := range []string{"fail('plain')", "later('plain')", "Promise.reject(fail).catch(() => fail('plain'))"} {
		if _, err := s.EvalValue(ctx, "u.js", source); !errors.Is(err, plain) || jsError(t, err).Code != "ERR_GO" {
			t.Errorf("%s: %v", source, err)
		}
	}
	if err := s.Eval(ctx, "u.js", "later('plain')"); err != nil {
		t.Fatal(err)
	}
	if err := s.Run(ctx); !errors.Is(err, plain) || !jsError(t, err).InPromise {
		t.Errorf("unhandled: %v", err)
	}
	_, err := s.EvalValue(ctx, "u.js", "(function outer() { fail('plain') })()")
	if e := jsError(t, err); !strings.Contains(e.Stack, "outer (u.js:1:") {
		t.Errorf("stack %q", e.Stack)
	}
	var p *PanicError
	if _, err := s.EvalValue(ctx, "u.js", "panics()"); !errors.As(err, &p) || p.Value != "lost" || !strings.Contains(string(p.Stack), "TestErrorsOfGo") {
		t.Error(err)
	}
	works(t, s, out)
}

// TestErrorIdentity: a JavaScript error that goes through Go is the same object.
func TestErrorIdentity(t *testing.T) {
	s, _ := sandbox(t, SandboxConfig{})
	set(t, s, "through", func(ctx context.Context, f func(context.Context) error) error { return f(ctx) })
	set(t, s, "wrap", func(ctx context.Context, f func(context.Context) error) error {
		return fmt.Errorf("wrapped: %w", f(ctx))
	})
	set(t, s, "back", func(err error) error { return err })
	for source, want := range map[string]string{
		"const e = new Error('x'); try { through(() => { throw e }) } catch (got) { String(got === e) }":                     "true",
		"try { through(() => { throw 'text' }) } catch (got) { got }":                                                        "text",
		"class Mine extends TypeError {}; try { through(() => { throw new Mine }) } catch (e) { String(e instanceof Mine) }": "true",
		"try { wrap(() => { throw new Error('x') }) } catch (e) { e.message }":                                               "wrapped: Error: x",
		"const b = new Error('x'); try { back(b) } catch (e) { String(e === b) }":                                            "true",
	} {
		if v := eval(t, s, "{"+source+"}"); v.String() != want {
			t.Errorf("%s: %v, want %s", source, v, want)
		}
	}
	_, err := s.EvalValue(t.Context(), "t.js", "wrap(() => { throw new RangeError('deep') })")
	var inner *JSError
	if e := jsError(t, err); !errors.As(e.Unwrap(), &inner) || inner.Name != "RangeError" {
		t.Error(err)
	}
}

// TestNestedCalls: Go and JavaScript call each other, with the context.
func TestNestedCalls(t *testing.T) {
	s, out := sandbox(t, SandboxConfig{})
	ctx := t.Context()
	set(t, s, "down", func(ctx context.Context, n int) (int, error) {
		if n == 0 {
			return 0, nil
		}
		r, err := CallAs[int](ctx, s, "up", n)
		return r + 1, err
	})
	if err := s.Eval(ctx, "a.js", "function up(n) { return down(n - 1) }"); err != nil {
		t.Fatal(err)
	}
	if v, err := s.Call(ctx, "down", 20); v.Int64() != 20 || err != nil {
		t.Error(v, err)
	}
	if _, err := s.Call(ctx, "down", 1000); !errors.Is(err, ErrNesting) {
		t.Error(err)
	}
	set(t, s, "all", func(ctx context.Context) error {
		if err := s.Eval(ctx, "n.js", "var nested = 1"); err != nil {
			return err
		}
		if v, err := s.Get(ctx, "nested"); err != nil || v.Int64() != 1 {
			return fmt.Errorf("nested is %v, %v", v, err)
		}
		if _, err := s.EvalValue(ctx, "n.js", "throw new SyntaxError('inner')"); jsError(t, err).Message != "inner" {
			return err
		}
		_, err := s.EvalValue(ctx, "n.js", "new Promise(() => {})")
		if !errors.Is(err, ErrNestedWait) {
			return fmt.Errorf("waited: %v", err)
		}
		if v, err := s.EvalValue(ctx, "n.js", "Promise.resolve(3)"); err != nil || v.Int64() != 3 {
			return fmt.Errorf("settled: %v, %v", v, err)
		}
		return s.Eval(ctx, "n.js", "Promise.resolve().then(() => { nested = 2 })")
	})
	if v := eval(t, s, "all(); const before = nested; Promise.resolve().then(() => before + ',' + nested)"); v.String() != "1,2" {
		t.Error("jobs ran within the call:", v)
	}
	works(t, s, out)
}

// TestReentrancy: without the context, or with it at the wrong time, there is an
// error instead of a deadlock.
func TestReentrancy(t *testing.T) {
	s, out := sandbox(t, SandboxConfig{})
	ctx := t.Context()
	var kept context.Context
	set(t, s, "wrong", func() error { return s.Eval(ctx, "n.js", "1") })
	set(t, s, "keep", func(ctx context.Context, f func(context.Context) error) error {
		kept = ctx
		return f(ctx)
	})
	set(t, s, "outer", func() error { return s.Eval(kept, "n.js", "1") })
	for _, source := range []string{"wrong()", "keep(() => outer())"} {
		if _, err := s.EvalValue(ctx, "t.js", source); !errors.Is(err, ErrReentrant) {
			t.Errorf("%s: %v", source, err)
		}
	}
	// After the function returned, its context is one like all others.
	if err := s.Eval(kept, "n.js", "1"); err == nil {
		t.Error("the context of a function that returned is not cancelled")
	}
	// Another sandbox may be called, and call back.
	other, _ := sandbox(t, SandboxConfig{})
	set(t, other, "home", func(ctx context.Context) (int, error) { return CallAs[int](ctx, s, "six") })
	set(t, s, "away", func(ctx context.Context) (int, error) { return CallAs[int](ctx, other, "home") })
	if v := eval(t, s, "var six = () => 6; away()"); v.Int64() != 6 {
		t.Error(v)
	}
	works(t, s, out)
}

// TestInterruptInGo: a deadline ends the context of a Go function, and the
// JavaScript after it.
func TestInterruptInGo(t *testing.T) {
	s, out := sandbox(t, SandboxConfig{})
	set(t, s, "wait", func(ctx context.Context) error {
		<-ctx.Done()
		return context.Cause(ctx)
	})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := s.EvalValue(ctx, "t.js", "for (;;) { try { wait() } catch {} }"); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	mine := errors.New("mine")
	entered := make(chan struct{})
	set(t, s, "signal", func() { close(entered) })
	go func() {
		<-entered
		s.Interrupt(mine)
	}()
	if _, err := s.EvalValue(t.Context(), "t.js", "signal(); wait()"); !errors.Is(err, mine) {
		t.Error(err)
	}
	// A call within the call has a deadline of its own; the outer goes on.
	set(t, s, "brief", func(ctx context.Context) (string, error) {
		ctx, cancel := context.WithTimeout(ctx, 10*time.Millisecond)
		defer cancel()
		_, err := s.EvalValue(ctx, "n.js", "for (;;);")
		if !errors.Is(err, context.DeadlineExceeded) {
			return "", fmt.Errorf("want a deadline: %w", err)
		}
		return "went on", nil
	})
	if v := eval(t, s, "brief() + brief()"); v.String() != "went onwent on" {
		t.Error(v)
	}
	works(t, s, out)
}

// TestCloseInGo: Close ends a Go function that waits.
func TestCloseInGo(t *testing.T) {
	s, err := engine.NewSandbox(t.Context(), SandboxConfig{})
	if err != nil {
		t.Fatal(err)
	}
	entered := make(chan struct{})
	set(t, s, "wait", func(ctx context.Context) error {
		close(entered)
		<-ctx.Done()
		return ctx.Err()
	})
	v := eval(t, s, "({})")
	go func() {
		<-entered
		s.Close()
	}()
	if _, err := s.EvalValue(t.Context(), "t.js", "wait()"); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
	if _, err := v.Get(t.Context(), "a"); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
	v.Release()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// TestGoexit: a Go function that never returns takes its sandbox along, and
// nothing else.
func TestGoexit(t *testing.T) {
	s, _ := sandbox(t, SandboxConfig{})
	set(t, s, "leave", runtime.Goexit)
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.EvalValue(context.Background(), "t.js", "leave()")
	}()
	<-done
	if _, err := s.EvalValue(t.Context(), "t.js", "1"); err == nil {
		t.Error("the sandbox runs on")
	}
}

func TestAsync(t *testing.T) {
	s, out := sandbox(t, SandboxConfig{})
	ctx := t.Context()
	var most, now atomic.Int32
	set(t, s, "work", Async(func(ctx context.Context, n int) (int, error) {
		if v := now.Add(1); v > most.Load() {
			most.Store(v)
		}
		defer now.Add(-1)
		time.Sleep(5 * time.Millisecond)
		return n * 2, nil
	}))
	if l, err := CallAs[[]int](ctx, s, "eval", "Promise.all([1, 2, 3].map(work))"); err != nil || fmt.Sprint(l) != "[2 4 6]" || most.Load() < 2 {
		t.Error(l, err, most.Load())
	}
	set(t, s, "boom", Async(func() { panic("async") }))
	set(t, s, "leave", Async(runtime.Goexit))
	set(t, s, "odd", Async(func() any { return 1i }))
	for source, want := range map[string]string{
		"boom()":  "panic in Go: async",
		"leave()": "runtime.Goexit",
		"odd()":   "complex128",
	} {
		if _, err := s.EvalValue(ctx, "t.js", source); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", source, err)
		}
	}
	// It ends with the sandbox, not with the call.
	ended := make(chan error, 1)
	set(t, s, "forever", Async(func(ctx context.Context) {
		<-ctx.Done()
		ended <- ctx.Err()
	}))
	short, cancel := context.WithTimeout(ctx, 10*time.Millisecond)
	defer cancel()
	if _, err := s.EvalValue(short, "t.js", "forever()"); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	works(t, s, out)
	select {
	case <-ended:
		t.Error("an operation ended with the call that waited for it")
	default:
	}
	s.Close()
	<-ended
}

// TestAsyncCallback: a goroutine calls back while the loop waits for it.
func TestAsyncCallback(t *testing.T) {
	s, out := sandbox(t, SandboxConfig{})
	ctx := t.Context()
	set(t, s, "download", Async(func(ctx context.Context, progress func(context.Context, int) error) (string, error) {
		for i := range 3 {
			if err := progress(ctx, i); err != nil {
				return "", err
			}
		}
		return "done", nil
	}))
	if v := eval(t, s, "var seen = []; download(n => { seen.push(n) }).then(r => r + seen)"); v.String() != "done0,1,2" {
		t.Error(v)
	}
	if _, err := s.EvalValue(ctx, "t.js", "download(n => { throw new Error('enough') })"); jsError(t, err).Message != "enough" {
		t.Error(err)
	}
	if _, err := s.EvalValue(ctx, "t.js", "download(n => new Promise(() => {}))"); !errors.Is(err, ErrNestedWait) {
		t.Error(err)
	}
	// While nobody runs the loop, the goroutine takes its turn itself.
	got := make(chan int, 1)
	set(t, s, "late", Async(func(ctx context.Context, f func(context.Context) (int, error)) error {
		n, err := f(ctx)
		got <- n
		return err
	}))
	if err := s.Eval(ctx, "t.js", "late(() => 5)"); err != nil {
		t.Fatal(err)
	}
	if n := <-got; n != 5 {
		t.Error(n)
	}
	if err := s.Run(ctx); err != nil {
		t.Error(err)
	}
	works(t, s, out)
}

// TestFunctionsAreFreed: what JavaScript gave up takes no room in the host.
func TestFunctionsAreFreed(t *testing.T) {
	s, out := sandbox(t, SandboxConfig{Limits: Limits{Handles: 20}})
	ctx := t.Context()
	set(t, s, "make", func() func(int) int { return func(n int) int { return n } })
	set(t, s, "fail", func() error { return errors.New("no") })
	if v := eval(t, s, "let n = 0; for (let i = 0; i < 500; i++) { n += make()(1); try { fail() } catch {} } n"); v.Int64() != 500 {
		t.Error(v)
	}
	_, err := s.EvalValue(ctx, "t.js", "const all = []; for (;;) all.push(make())")
	if !errors.Is(err, ErrHandles) {
		t.Error(err)
	}
	works(t, s, out)
}

// TestFuncs: arguments arrive in order, each with its own error.
func TestFuncs(t *testing.T) {
	s, _ := sandbox(t, SandboxConfig{})
	type ctx = context.Context
	for n, f := range []Function{
		Func0(func(ctx) (string, error) { return "", nil }),
		Func1(func(_ ctx, a int) (string, error) { return fmt.Sprint(a), nil }),
		Func2(func(_ ctx, a, b int) (string, error) { return fmt.Sprint(a, b), nil }),
		Func3(func(_ ctx, a, b, c int) (string, error) { return fmt.Sprint(a, b, c), nil }),
		Func4(func(_ ctx, a, b, c, d int) (string, error) { return fmt.Sprint(a, b, c, d), nil }),
		Func5(func(_ ctx, a, b, c, d, e int) (string, error) { return fmt.Sprint(a, b, c, d, e), nil }),
		Func6(func(_ ctx, a, b, c, d, e, f int) (string, error) { return fmt.Sprint(a, b, c, d, e, f), nil }),
	} {
		set(t, s, "f", f)
		args := strings.Fields("1 2 3 4 5 6")[:n:n]
		if v := eval(t, s, "f("+strings.Join(append(args, "7"), ",")+")"); v.String() != strings.Join(args, " ") {
			t.Errorf("%d arguments: %q", n, v)
		}
		if v := eval(t, s, "f.length"); v.Int64() != int64(n) {
			t.Errorf("length %v of %d", v, n)
		}
		if n == 0 {
			continue
		}
		// The last one is wrong, then missing.
		args[n-1] = "'x'"
		_, err := s.EvalValue(t.Context(), "a.js", "f("+strings.Join(args, ",")+")")
		if e := jsError(t, err); e.Name != "TypeError" || !strings.Contains(e.Message, fmt.Sprintf("argument %d:", n)) {
			t.Errorf("%d arguments: %v", n, err)
		}
		args[n-1] = "0"
		if v := eval(t, s, "f("+strings.Join(args[:n-1], ",")+")"); v.String() != strings.Join(args, " ") {
			t.Errorf("%d arguments of %d: %q", n-1, n, v)
		}
	}
}
