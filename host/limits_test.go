package host

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestLimitsCheck(t *testing.T) {
	for _, c := range []struct {
		limits Limits
		text   string // of the error; "" is none
	}{
		{Limits{}, ""},
		{Limits{Memory: minMemory, Stack: minStack, FDs: 1, Files: 1, Timers: 1, Lookups: 1}, ""},
		{Limits{Memory: maxMemory, Stack: maxStack, FDs: maxFDs, Timers: maxTimers}, ""},
		{Limits{Memory: minMemory - 1}, "Limits.Memory is 4194303 bytes"},
		{Limits{Memory: maxMemory + 1}, "Limits.Memory is 4294967297 bytes"},
		{Limits{Stack: minStack - 1}, "Limits.Stack is 16383 bytes"},
		{Limits{Stack: maxStack + 1}, "Limits.Stack is 983041 bytes"},
		{Limits{CPUTime: -1}, "Limits.CPUTime is -1ns"},
		{Limits{FDs: -1}, "Limits.FDs is -1"},
		{Limits{FDs: maxFDs + 1}, "Limits.FDs is 65537"},
		{Limits{Files: -2}, "Limits.Files is -2"},
		{Limits{Timers: -3}, "Limits.Timers is -3"},
		{Limits{Timers: maxTimers + 1}, "Limits.Timers is 524289"},
		{Limits{Lookups: -4}, "Limits.Lookups is -4"},
		{Limits{Queued: -5}, "Limits.Queued is -5"},
	} {
		got, err := c.limits.check()
		if c.text == "" && (err != nil || got.Memory == 0 || got.Stack == 0 || got.FDs == 0 || got.Files == 0 || got.Timers == 0 || got.Lookups == 0) {
			t.Errorf("%+v: %+v, %v", c.limits, got, err)
		}
		if c.text != "" && (err == nil || !strings.Contains(err.Error(), c.text)) {
			t.Errorf("%+v: error %v, want one with %q", c.limits, err, c.text)
		}
	}
	if _, err := engine.NewSandbox(t.Context(), SandboxConfig{Limits: Limits{Stack: 1}}); err == nil || !strings.Contains(err.Error(), "Limits.Stack") {
		t.Error(err)
	}
}

func TestSmallestSandbox(t *testing.T) {
	s, out := sandbox(t, SandboxConfig{Limits: Limits{Memory: minMemory, Stack: minStack}})
	works(t, s, out)
	want(t, s, out, "console.log({ a: [1, new Map([[1, 2]])] }, new URL('http://a/b').host)", "{ a: [ 1, Map(1) { 1 => 2 } ] } a\n")
}

// resident is the process's resident memory in bytes.
func resident(t *testing.T) int {
	t.Helper()
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Skip("no /proc:", err)
	}
	var size, rss int
	if _, err := fmt.Sscan(string(b), &size, &rss); err != nil {
		t.Fatal(err)
	}
	return rss * os.Getpagesize()
}

// The whole process grows by the limit and little more.
func TestMemoryLimitHoldsForTheProcess(t *testing.T) {
	const limit, slack = 32 << 20, 24 << 20
	before := resident(t)
	s, _ := sandbox(t, SandboxConfig{Limits: Limits{Memory: limit}})
	err := s.Eval(t.Context(), "hog.js", "globalThis.a = []; for (;;) a.push(new Uint8Array(1 << 20).fill(1), 'x'.repeat(1e5), [1, 2, 3])")
	jsError(t, err)
	if grown := resident(t) - before; grown > limit+slack {
		t.Errorf("grew by %d KiB for a limit of %d KiB", grown>>10, limit>>10)
	}
}

// deep recurses without end in ways of its own.
var deep = map[string]string{
	"function":     "(function f() { f() })()",
	"method":       "({ m(a, b) { this.m(1) } }).m()",
	"tail call":    "(function f(...a) { return f(...a, 1) })(); (function f() { return f() })()",
	"closures":     "(function f(x) { const g = () => f(x); g() })(1)",
	"arguments":    "(function f(...a) { f(...a, 1) })()",
	"getter":       "const o = { get a() { return this.a } }; o.a",
	"setter":       "const o = { set a(v) { this.a = v } }; o.a = 1",
	"toString":     "const o = { toString() { return '' + this } }; '' + o",
	"valueOf":      "const o = { valueOf() { return this + 1 } }; o + 1",
	"constructor":  "class A { constructor() { new A() } } new A()",
	"field":        "class A { a = new A() } new A()",
	"proxy":        "const p = new Proxy({}, { get(t, k, r) { return r[k] } }); p.a",
	"proxy chain":  "let p = {}; for (let i = 0; i < 3e4; i++) p = new Proxy(p, {}); p.a",
	"prototypes":   "let p = {}; for (let i = 0; i < 1e4; i++) p = Object.create(p); if ('a' in p) throw 1; (function f() { f() })()",
	"bound":        "let f = () => 1; for (let i = 0; i < 2000; i++) f = f.bind(); f(); (function f() { f() })()",
	"generator":    "const g = function* () { yield* g() }; [...g()]",
	"async":        "const f = async () => { await f() }; f().catch(() => {}); (function f() { f() })()",
	"async sync":   "const f = async () => { f().catch(() => {}) }; f().catch(() => {}); (function f() { f() })()",
	"map":          "const f = () => [1].map(f); f()",
	"sort":         "const f = () => [2, 1].sort(f); f()",
	"reduce":       "const f = () => [2, 1].reduce(f); f()",
	"replace":      "const f = () => 'a'.replace(/a/, f); f()",
	"iterator":     "const o = { [Symbol.iterator]() { return [...this] } }; [...o]",
	"apply":        "const f = () => f.apply(null, []); f()",
	"Reflect":      "const f = () => Reflect.apply(f, null, []); f()",
	"toJSON":       "const o = { toJSON() { return JSON.stringify(this) } }; JSON.stringify(o)",
	"JSON out":     "let a = []; for (let i = 0; i < 2000; i++) a = [a]; JSON.stringify(a); (function f() { f() })()",
	"JSON in":      "JSON.parse('['.repeat(1e5) + ']'.repeat(1e5))",
	"JSON objects": "JSON.parse('{\"a\":'.repeat(1e5) + '1' + '}'.repeat(1e5))",
	"JSON reviver": "JSON.parse('['.repeat(1500) + ']'.repeat(1500), function f(k, v) { return JSON.parse('[1]', f) })",
	"flat":         "let a = []; for (let i = 0; i < 1e5; i++) a = [a]; a.flat(Infinity)",
	"join":         "let a = []; for (let i = 0; i < 3e4; i++) a = [a]; a.join()",
	"clone":        "let a = []; for (let i = 0; i < 1e4; i++) a = [a]; structuredClone(a); (function f() { f() })()",
	"array parse":  "eval('['.repeat(3e4) + ']'.repeat(3e4))",
	"paren parse":  "eval('('.repeat(3e4) + '1' + ')'.repeat(3e4))",
	"unary parse":  "eval('!'.repeat(1e5) + '1')",
	"block parse":  "eval('{'.repeat(3e4) + '}'.repeat(3e4))",
	"if parse":     "eval('if(1)'.repeat(3e4) + ';')",
	"arrow parse":  "eval('()=>'.repeat(3e4) + '1')",
	"destructure":  "eval('let ' + '['.repeat(3e4) + 'a' + ']'.repeat(3e4) + ' = 1')",
	"template":     "eval('`${'.repeat(3e4) + '1' + '}`'.repeat(3e4))",
	"function src": "eval('function f(){'.repeat(1e4) + '}'.repeat(1e4))",
	"function ref": "eval('let x = 1;' + 'function f(){'.repeat(1e4) + 'x' + '}'.repeat(1e4))",
	"regexp group": "new RegExp('('.repeat(3e4) + ')'.repeat(3e4))",
	"regexp look":  "new RegExp('(?='.repeat(3e4) + ')'.repeat(3e4))",
	"regexp set":   "new RegExp('['.repeat(3e4) + ']'.repeat(3e4), 'v')",
	"eval":         "const f = () => eval('f()'); f()",
	"Function":     "globalThis.f = () => new Function('f()')(); f()",
	"import":       "const f = () => { import('./nope.js').catch(() => {}).catch(() => {}); f() }; f()",
	"inspect":      "let a = {}; for (let i = 0; i < 1e4; i++) a = { a }; const u = { [Symbol.toPrimitive]() { return `${u}` } }; `${u}`",
	"console":      "const f = () => { console.log(); f() }; f()",
	"error":        "const f = () => { try { f() } finally { new Error().stack } }; f()",
	"catch":        "const f = () => { try { f() } catch (e) { throw e } }; f()",
	"DataView":     "const o = { valueOf() { return new DataView(new ArrayBuffer(8)).getInt8(this) } }; +o",
	"super":        "class A { get a() { return this.b } } class B extends A { get b() { return super.a } } new B().a",
	"tagged":       "const f = () => f`a`; f()",
	"await chain":  "const f = async (n) => n && await f(n - 1); f(3e4).catch(() => {}); (function f() { f() })()",
	"weakref":      "let a = new WeakRef({}); for (let i = 0; i < 1e4; i++) a = new WeakRef(a); (function f() { f() })()",
	"free":         "let a = []; for (let i = 0; i < 3e4; i++) a = [a]; a = null; (function f() { f() })()",
	"free closure": "let f = null; for (let i = 0; i < 3e4; i++) { const g = f; f = () => g } f = null; (function f() { f() })()",
	"free promise": "let p = Promise.resolve(); for (let i = 0; i < 1e4; i++) p = p.then(() => {}); p = null; (function f() { f() })()",
}

// Recursion of every kind ends in a RangeError (or an error of the parser), with
// the smallest stack and the largest, and never in a trap.
func TestStackLimit(t *testing.T) {
	for _, size := range []uint32{minStack, maxStack} {
		t.Run(fmt.Sprint(size>>10, " KiB"), func(t *testing.T) {
			for name, source := range deep {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					// Each nested function keeps its source: thousands take hundreds of megabytes.
					s, out := sandbox(t, SandboxConfig{Limits: Limits{Stack: size, Memory: 1 << 30, CPUTime: 20 * time.Second}, Stdout: &strings.Builder{}})
					e := jsError(t, s.Eval(t.Context(), "deep.js", source))
					if e.Name != "RangeError" && e.Name != "SyntaxError" && !(e.Name == "InternalError" && strings.Contains(e.Message, "stack")) {
						t.Errorf("error %v", e)
					}
					var rejected *JSError
					if err := s.Eval(t.Context(), "after.js", "6 * 7"); errors.As(err, &rejected) && !rejected.InPromise {
						t.Error("after:", err, out)
					}
				})
			}
		})
	}
}

// What wazero keeps for the calls of a deep recursion has its bounds, too.
func TestDeepStackMemory(t *testing.T) {
	const most = 48 << 20 // Limits.Stack says 40 times the stack
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	s, _ := sandbox(t, SandboxConfig{Limits: Limits{Stack: maxStack}})
	jsError(t, s.Eval(t.Context(), "deep.js", deep["function"]))
	runtime.GC()
	runtime.ReadMemStats(&after)
	if kept := int64(after.HeapAlloc) - int64(before.HeapAlloc); kept > most {
		t.Errorf("keeps %d KiB", kept>>10)
	}
}

func TestCPUTime(t *testing.T) {
	s, out := sandbox(t, SandboxConfig{Limits: Limits{CPUTime: 100 * time.Millisecond}})
	// Waiting is free.
	if err := s.EvalModule(t.Context(), "/wait.js", `
		import { sleep } from 'os';
		import s from 'wqjs:sockets';
		sleep(150);
		s.poll([], 150);
		await new Promise((r) => setTimeout(r, 150));
		print('waited')`); err != nil || out.String() != "waited\n" {
		t.Fatal(err, out)
	}
	start := time.Now()
	interrupted(t, s.Eval(t.Context(), "x.js", "for (;;);"), ErrCPUTime)
	if d := time.Since(start); d > 5*time.Second {
		t.Error("took", d)
	}
	// It is used up for good.
	interrupted(t, s.Eval(t.Context(), "x.js", "print('no')"), ErrCPUTime)
	interrupted(t, s.Run(t.Context()), ErrCPUTime)
	if out.String() != "waited\n" {
		t.Error(out)
	}
}

func TestCPUTimeAddsUp(t *testing.T) {
	s, _ := sandbox(t, SandboxConfig{Limits: Limits{CPUTime: 100 * time.Millisecond}})
	for range 1000 {
		err := s.Eval(t.Context(), "x.js", "for (const t = Date.now(); Date.now() - t < 5;);")
		if err != nil {
			interrupted(t, err, ErrCPUTime)
			return
		}
	}
	t.Error("1000 calls of 5 ms are no 100 ms")
}

func TestFDLimit(t *testing.T) {
	s, out := sandbox(t, SandboxConfig{Limits: Limits{FDs: 3}})
	if err := s.EvalModule(t.Context(), "/x.js", `
		import s from 'wqjs:sockets';
		const open = () => s.socket(s.AF_INET, s.SOCK_STREAM, 0);
		const a = open(); open(); open();
		try { open() } catch (e) { print(e.code) }
		try { s.socketpair(s.AF_UNIX, s.SOCK_STREAM, 0) } catch (e) { print(e.code) }
		s.close(a);
		open();
		print('ok')`); err != nil || out.String() != "EMFILE\nEMFILE\nok\n" {
		t.Error(err, out)
	}
	if n := s.Stats().FDs; n != 3 {
		t.Error(n, "fds")
	}
}

func TestFileLimit(t *testing.T) {
	dir := t.TempDir()
	write(t, dir+"/f", "text")
	s, out := sandbox(t, SandboxConfig{Limits: Limits{Files: 3}, Policy: Policy{ReadDirs: []string{dir}}, Dir: dir})
	if err := s.EvalModule(t.Context(), "/x.js", `
		import { open } from 'std';
		const files = [];
		while (files.length < 100) {
			const f = open('f', 'r');
			if (!f) break;
			files.push(f);
		}
		files.pop().close();
		print(files.length < 3, open('f', 'r') !== null)`); err != nil || out.String() != "true true\n" {
		t.Error(err, out)
	}
}

func TestTimerLimit(t *testing.T) {
	s, out := sandbox(t, SandboxConfig{Limits: Limits{Timers: 3}})
	want(t, s, out, `
		const ids = [1, 2, 3].map(() => setTimeout(() => {}, 1e6));
		try { setTimeout(() => {}, 1) } catch (e) { print(e.code, e.message.includes('limit 3')) }
		ids.forEach(clearTimeout);
		setTimeout(print, 0, 'ok')`, "EAGAIN true\n")
	if err := s.Run(t.Context()); err != nil || !strings.HasSuffix(out.String(), "ok\n") {
		t.Error(err, out)
	}
}

func TestLookupLimit(t *testing.T) {
	s, out := sandbox(t, SandboxConfig{Limits: Limits{Lookups: 1}, Policy: Policy{Resolve: []string{"*"}}, Resolver: noResolver})
	if err := s.EvalModule(t.Context(), "/x.js", `
		import s from 'wqjs:sockets';
		for (const n of ['a.test', 'b.test']) try { s.getaddrinfo(n) } catch (e) { print(e.code) }`); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); got != "EAI_AGAIN\nEAGAIN\n" {
		t.Errorf("%q", got)
	}
}

func TestErrorsOfLimitsAreTyped(t *testing.T) {
	s, _ := sandbox(t, SandboxConfig{Limits: Limits{CPUTime: 10 * time.Millisecond}})
	err := fmt.Errorf("plugin: %w", s.Eval(t.Context(), "x.js", "for (;;);"))
	var e *InterruptError
	if !errors.As(err, &e) || e.Cause != ErrCPUTime || !errors.Is(err, ErrCPUTime) || errors.Is(err, ErrClosed) {
		t.Error(err)
	}
}
