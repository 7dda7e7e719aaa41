package host

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// plugin loads one that ends with the test.
func plugin(t testing.TB, m PluginManifest) *Plugin {
	t.Helper()
	p, err := LoadPlugin(t.Context(), image(t, ImageConfig{}), m)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error("close:", err)
		}
	})
	return p
}

// calls calls a function without arguments and checks its result.
func calls(t testing.TB, p *Plugin, name string, want any) {
	t.Helper()
	if got, err := p.Call(t.Context(), name); err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s gave %v, %v; want %v", name, got, err, want)
	}
}

// eventually waits for a condition.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("never: ", what)
		}
	}
}

func TestPlugin(t *testing.T) {
	p := plugin(t, PluginManifest{
		Name: "shop",
		Source: `
			let sold = 0;
			export const price = (item, amount = 1) => cost(item) * amount;
			export async function sell(n) { await null; return sold += n }
			export const open = { at: 8 };
			export default function () { return this }`,
		Exports: []PluginExport{{Name: "price", Params: 2, Optional: 1}, {Name: "sell", Params: 1}, {Name: "default"}},
		Setup: func(ctx context.Context, s *Sandbox) error {
			return s.Set(ctx, "cost", func(item string) int { return len(item) })
		},
	})
	ctx := t.Context()
	if n, err := CallAs[int](ctx, p, "price", "tea", 4); n != 12 || err != nil {
		t.Error(n, err)
	}
	for want := range 3 { // state stays
		if got, err := p.Call(ctx, "sell", 1); err != nil || got != float64(want+1) {
			t.Error(got, err)
		}
	}
	calls(t, p, "default", nil)
	if got, want := fmt.Sprint(p.Exports()), "map[default:0 price:1 sell:1]"; got != want {
		t.Errorf("exports are %s, want %s", got, want)
	}
	var bad *InterfaceError
	if _, err := p.Call(ctx, "open"); !errors.As(err, &bad) || !strings.Contains(err.Error(), `plugin "shop": `) || !strings.Contains(err.Error(), "open is no function") {
		t.Error(err)
	}
	st := p.Stats()
	if st.Memory == 0 || st.CPU == 0 {
		t.Errorf("%+v", st)
	}
	st.Memory, st.CPU, st.Dependencies = 0, 0, nil
	if want := (PluginStats{Version: 1, Sandboxes: 1, Calls: 6, Failed: 1}); fmt.Sprint(st) != fmt.Sprint(want) {
		t.Errorf("%+v", st)
	}
}

// TestPluginInterface: an error names all that is wrong, and nothing is left.
func TestPluginInterface(t *testing.T) {
	img := image(t, ImageConfig{})
	before := holding(t)
	_, err := LoadPlugin(t.Context(), img, PluginManifest{
		Name:    "p",
		Source:  "export const a = 1, b = (x, y) => 0, d = (...all) => all.length, e = (x) => x",
		Exports: []PluginExport{{Name: "a"}, {Name: "b", Params: 1}, {Name: "c"}, {Name: "d", Params: 3, Optional: 2}, {Name: "e", Params: AnyParams}},
	})
	const want = `plugin "p": the code does not have the interface that it must: ` +
		"a is a number, not a function; b takes 2 parameters, not 1; c is missing; d takes 0 parameters, not 1 to 3"
	var bad *InterfaceError
	if !errors.As(err, &bad) || len(bad.Mismatches) != 4 || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	conn, _ := net.Pipe()
	for text, m := range map[string]PluginManifest{
		"Name is empty":                {},
		"Sandboxes is -1":              {Name: "p", Sandboxes: -1},
		`"c" is for one life`:          {Name: "p", Sandbox: SandboxConfig{Grants: []Grant{{Name: "c", Conn: conn}}}},
		"CallTimeout is -1s":           {Name: "p", CallTimeout: -time.Second},
		"Within is -1s":                {Name: "p", Restart: RestartRule{Within: -time.Second}},
		`"./a.js" is no bare name`:     {Name: "p", Dependencies: map[string]PluginDependency{"./a.js": {}}},
		`"std" is no bare name`:        {Name: "p", Dependencies: map[string]PluginDependency{"std": {}}},
		"SyntaxError":                  {Name: "p", Source: "export const ="},
		"cannot grant":                 {Name: "p", Module: "/nowhere/p.js"},
		"relative":                     {Name: "p", Sandbox: SandboxConfig{Dir: "relative"}},
		"no setup":                     {Name: "p", Setup: func(context.Context, *Sandbox) error { return errors.New("no setup") }},
		`plugin "d": Error: not today`: {Name: "p", Dependencies: map[string]PluginDependency{"d": {PluginManifest: PluginManifest{Source: "throw new Error('not today')"}}}},
		"more than 4096":               {Name: "p", Source: manyExports(4097)},
	} {
		if _, err := LoadPlugin(t.Context(), img, m); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%v, want %q", err, text)
		}
	}
	before.same(t, 8)
}

func manyExports(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "export const e%d = 0;\n", i)
	}
	return b.String()
}

// TestPluginSwap: calls in progress end on the version where they began, those
// that wait and later ones go to the new one, and what fails changes nothing.
func TestPluginSwap(t *testing.T) {
	ctx := t.Context()
	started, release := make(chan bool, 1), make(chan bool)
	version := func(n int) PluginManifest {
		return PluginManifest{
			Name: "p",
			Source: fmt.Sprintf(`
				export const version = () => %d;
				export async function slow() { await wait(); return %d }`, n, n),
			Setup: func(ctx context.Context, s *Sandbox) error {
				return s.Set(ctx, "wait", Async(func(ctx context.Context) error { started <- true; <-release; return nil }))
			},
		}
	}
	p := plugin(t, version(1))
	results := make(chan any, 2)
	call := func(name string) {
		v, err := p.Call(ctx, name)
		if err != nil {
			t.Error(err)
		}
		results <- v
	}
	go call("slow")
	<-started
	go call("version")
	eventually(t, "a call waits", func() bool { return p.Stats().Waiting == 1 })
	for source, text := range map[string]string{"export const version =": "SyntaxError", "export const slow = () => 0": "version is missing"} {
		m := version(2)
		m.Source = source
		m.Exports = []PluginExport{{Name: "version"}}
		if err := p.Swap(ctx, m); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%v, want %q", err, text)
		}
	}
	if err := p.Swap(ctx, version(3)); err != nil {
		t.Fatal(err)
	}
	if v := <-results; v != 3.0 {
		t.Error("the call that waited got", v)
	}
	calls(t, p, "version", 3)
	if st := p.Stats(); st.Draining != 1 || st.InFlight != 1 || st.Version != 2 || st.FailedSwaps != 2 || st.Sandboxes != 2 {
		t.Errorf("%+v", st)
	}
	close(release)
	if v := <-results; v != 1.0 {
		t.Error("the call in progress got", v)
	}
	eventually(t, "the old version is freed", func() bool { st := p.Stats(); return st.Draining == 0 && st.Sandboxes == 1 })
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if err := p.Swap(ended, version(4)); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	calls(t, p, "version", 3)
}

// TestPluginSwapLosesNothing: while it is swapped again and again, each of many
// calls gets the answer of one version, and versions never go back.
func TestPluginSwapLosesNothing(t *testing.T) {
	ctx := t.Context()
	manifest := func(n int) PluginManifest {
		return PluginManifest{
			Name: "p", Sandboxes: 2,
			Source: fmt.Sprintf("export async function version() { await new Promise(r => setTimeout(r, 1)); return %d }", n),
		}
	}
	p := plugin(t, manifest(0))
	var done atomic.Bool
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			for last := 0; !done.Load(); {
				v, err := CallAs[int](ctx, p, "version")
				if err != nil || v < last {
					t.Errorf("version %d after %d, %v", v, last, err)
				}
				last = v
			}
		})
	}
	const swaps = 20
	for n := range swaps {
		if err := p.Swap(ctx, manifest(n+1)); err != nil {
			t.Error(err)
		}
	}
	done.Store(true)
	wg.Wait()
	calls(t, p, "version", swaps)
	if st := p.Stats(); st.Draining != 0 || st.Sandboxes > 2 || st.Failed != 0 || st.Version != swaps+1 || st.Restarts != 0 {
		t.Errorf("%+v", st)
	}
}

func TestPluginReload(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "p.js")
	write(t, filepath.Join(dir, "part.js"), "export const n = 1")
	write(t, file, "import { n } from './part.js'; export const number = () => n")
	p := plugin(t, PluginManifest{Name: "p", Module: file})
	calls(t, p, "number", 1)
	write(t, filepath.Join(dir, "part.js"), "export const n = 2")
	if err := p.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	calls(t, p, "number", 2)
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if err := p.Reload(t.Context()); err == nil {
		t.Error("reloaded what is not there")
	}
	calls(t, p, "number", 2)
}

// TestPluginParallel: as many calls run at the same time as there are sandboxes.
func TestPluginParallel(t *testing.T) {
	var met sync.WaitGroup
	met.Add(3)
	p := plugin(t, PluginManifest{
		Name: "p", Sandboxes: 3, Source: "export const f = () => meet()",
		Setup: func(ctx context.Context, s *Sandbox) error {
			return s.Set(ctx, "meet", Async(func() { met.Done(); met.Wait() }))
		},
	})
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() { calls(t, p, "f", nil) })
	}
	wg.Wait()
	if st := p.Stats(); st.Sandboxes != 3 || st.Waits != 0 {
		t.Errorf("%+v", st)
	}
}

// TestPluginRestarts: what breaks a sandbox costs its state and nothing else.
func TestPluginRestarts(t *testing.T) {
	source := `
		let n = 0;
		export const count = () => ++n;
		export const loop = () => { for (;;); };
		export const flood = () => { for (;;) print('x'.repeat(1000)) };
		export const stay = () => new Promise(r => setTimeout(r, 1e6));
		export const fail = () => { throw new TypeError('no') };
		export const exit = async () => (await import('std')).exit(3);
		export const leak = () => { for (const all = [];;) all.push(new Uint8Array(1 << 20)) };
		export const function_ = () => fail;
		export const mixed = () => [{ f: fail }];`
	m := PluginManifest{Name: "p", Source: source, Sandbox: SandboxConfig{Limits: Limits{Output: 10_000, Memory: 8 << 20}}}
	p := plugin(t, m)
	ctx := t.Context()
	restarts := uint64(0)
	for name, cause := range map[string]error{"loop": ErrCPUTime, "flood": ErrOutput, "stay": ErrCallTimeout, "exit": nil, "leak": nil} {
		m.CallTimeout, m.Sandbox.Limits.CPUTime = 0, 0
		switch cause {
		case ErrCPUTime:
			m.Sandbox.Limits.CPUTime = 300 * time.Millisecond
		case ErrCallTimeout:
			m.CallTimeout = 300 * time.Millisecond
		}
		if err := p.Swap(ctx, m); err != nil {
			t.Fatal(err)
		}
		calls(t, p, "count", 1)
		_, err := p.Call(ctx, name)
		var exit *ExitError
		switch {
		case cause != nil && !errors.Is(err, cause):
			t.Errorf("%s: %v", name, err)
		case name == "exit" && (!errors.As(err, &exit) || exit.Code != 3):
			t.Error(err)
		case name == "leak" && !strings.Contains(err.Error(), "out of memory"):
			t.Error(err)
		}
		if restarts++; p.Stats().Restarts != restarts {
			t.Errorf("after %s: %+v", name, p.Stats())
		}
	}
	// Other errors cost nothing.
	calls(t, p, "count", 1)
	for name, text := range map[string]string{
		"fail":      `plugin "p": TypeError: no`,
		"function_": "a function cannot leave its sandbox",
		"mixed":     "[0].f: a function cannot leave its sandbox",
	} {
		if _, err := p.Call(ctx, name); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%s: %v, want %q", name, err, text)
		}
	}
	calls(t, p, "count", 2)
}

// TestPluginBudgets: CPU time and output are for each call.
func TestPluginBudgets(t *testing.T) {
	p := plugin(t, PluginManifest{
		Name: "p", Sandbox: SandboxConfig{Limits: Limits{CPUTime: 300 * time.Millisecond, Output: 10}},
		Source: "export const f = () => { print('123456'); for (const end = Date.now() + 20; Date.now() < end;); }",
	})
	for range 20 {
		calls(t, p, "f", nil)
	}
	if st := p.Stats(); st.Restarts != 0 || st.CPU <= 300*time.Millisecond {
		t.Errorf("%+v", st)
	}
}

func TestPluginRestartRule(t *testing.T) {
	ctx := t.Context()
	for _, c := range []struct {
		rule RestartRule
		max  int // restarts until it gives up; many: never
	}{
		{RestartRule{}, 5}, {RestartRule{Max: 2}, 2}, {RestartRule{Max: -1}, 0}, {RestartRule{Max: 1, Within: time.Nanosecond}, 5},
	} {
		p := plugin(t, PluginManifest{
			Name: "p", Source: "export const f = () => exit(1)", Restart: c.rule,
			Setup: func(ctx context.Context, s *Sandbox) error {
				return s.EvalModule(ctx, "/setup.js", "import { exit } from 'std'; globalThis.exit = exit")
			},
		})
		var exit *ExitError
		for i := range c.max + 1 {
			if _, err := p.Call(ctx, "f"); !errors.As(err, &exit) {
				t.Errorf("%+v: call %d: %v", c.rule, i, err)
			}
		}
		if c.max < 5 {
			if _, err := p.Call(ctx, "f"); !errors.Is(err, ErrRestarts) {
				t.Errorf("%+v: %v", c.rule, err)
			}
			if err := p.Reload(ctx); err != nil { // starts anew
				t.Error(err)
			}
			if _, err := p.Call(ctx, "f"); !errors.As(err, &exit) {
				t.Error(err)
			}
		}
	}
}

// TestPluginClose: it interrupts what runs, loads and waits.
func TestPluginClose(t *testing.T) {
	ctx := t.Context()
	img := image(t, ImageConfig{})
	before := holding(t)
	loading := make(chan bool, 2)
	m := PluginManifest{Name: "p", Source: "export const f = () => { for (;;); }"}
	p, err := LoadPlugin(ctx, img, m)
	if err != nil {
		t.Fatal(err)
	}
	errs := make(chan error, 3)
	for range 2 {
		go func() {
			_, err := p.Call(ctx, "f")
			errs <- err
		}()
	}
	m.Source = "loading(); for (;;);"
	m.Setup = func(ctx context.Context, s *Sandbox) error {
		return s.Set(ctx, "loading", func() { loading <- true })
	}
	go func() { errs <- p.Swap(ctx, m) }()
	<-loading
	eventually(t, "one runs and one waits", func() bool { st := p.Stats(); return st.InFlight == 1 && st.Waiting == 1 })
	for range 2 {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
	for range 3 {
		if err := <-errs; !errors.Is(err, ErrClosed) && !errors.Is(err, ErrPluginClosed) {
			t.Error(err)
		}
	}
	if _, err := p.Call(ctx, "f"); !errors.Is(err, ErrPluginClosed) {
		t.Error(err)
	}
	if err := p.Reload(ctx); !errors.Is(err, ErrPluginClosed) {
		t.Error(err)
	}
	before.same(t, 8)
}

// TestPluginContext: waiting and running end with the context.
func TestPluginContext(t *testing.T) {
	p := plugin(t, PluginManifest{Name: "p", Source: "export const f = () => new Promise(r => setTimeout(r, 1e6))"})
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("enough")
	errs := make(chan error, 2)
	for range 2 {
		go func() {
			_, err := p.Call(ctx, "f")
			errs <- err
		}()
	}
	eventually(t, "one runs and one waits", func() bool { st := p.Stats(); return st.InFlight == 1 && st.Waiting == 1 })
	cancel(why)
	for range 2 {
		interrupted(t, <-errs, why)
	}
	if _, err := p.Call(ctx, "f"); !errors.Is(err, why) {
		t.Error(err)
	}
}

func TestPluginExportNames(t *testing.T) {
	p := plugin(t, PluginManifest{Name: "p", Source: `
		const f = () => 1;
		export { f as "a.b", f as "häh \"", f as default, f as delete };`})
	names := slices.Sorted(maps.Keys(p.Exports()))
	if fmt.Sprintf("%q", names) != `["a.b" "default" "delete" "häh \""]` {
		t.Errorf("%q", names)
	}
	for _, n := range names {
		calls(t, p, n, 1)
	}
}

func TestBindPlugin(t *testing.T) {
	type point struct {
		X int `js:"x"`
	}
	type api struct {
		Move  func(context.Context, point, int) (point, error) `js:"move"`
		Sum   func(context.Context, ...int) (int, error)       `json:"sum"`
		Touch func(context.Context) error
	}
	p := plugin(t, PluginManifest{
		Name: "p", Exports: PluginExports[api](),
		Source: "export const move = (p, by) => ({ x: p.x + by }), sum = (...all) => all.reduce((a, b) => a + b, 0), Touch = () => { throw new Error('hot') }",
	})
	a, ctx := BindPlugin[api](p), t.Context()
	if got, err := a.Move(ctx, point{1}, 2); got != (point{3}) || err != nil {
		t.Error(got, err)
	}
	if got, err := a.Sum(ctx, 1, 2, 3); got != 6 || err != nil {
		t.Error(got, err)
	}
	var bad *PluginError
	if err := a.Touch(ctx); !errors.As(err, &bad) || err.Error() != `plugin "p": Error: hot` {
		t.Error(err)
	}
	_, err := LoadPlugin(ctx, image(t, ImageConfig{}), PluginManifest{Name: "q", Source: "export const move = (p) => p", Exports: PluginExports[api]()})
	if err == nil || !strings.HasSuffix(err.Error(), "move takes 1 parameters, not 2; sum is missing; Touch is missing") {
		t.Error(err)
	}
	for name, f := range map[string]func(){
		"no struct":       func() { PluginExports[int]() },
		".F is a int":     func() { PluginExports[struct{ F int }]() },
		".F is a func()":  func() { BindPlugin[struct{ F func() }](p) },
		".F is a func(in": func() { BindPlugin[struct{ F func(int) error }](p) },
	} {
		func() {
			defer func() {
				if r := recover(); r == nil || !strings.Contains(fmt.Sprint(r), name) {
					t.Errorf("panic %v, want %q", r, name)
				}
			}()
			f()
		}()
	}
}
