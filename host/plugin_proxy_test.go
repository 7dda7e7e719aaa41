package host

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// withDependency is a plugin that imports "dep".
func withDependency(t *testing.T, source string, d PluginDependency) *Plugin {
	t.Helper()
	return plugin(t, PluginManifest{Name: "main", Source: source, Dependencies: map[string]PluginDependency{"dep": d}})
}

// TestDependencyValues: arguments and results are copies of what a copy can be.
func TestDependencyValues(t *testing.T) {
	for _, sync := range []bool{false, true} {
		p := withDependency(t, `
			import { same, kind } from 'dep';
			const fails = async (f) => { try { await f(); return 'no error' } catch (e) { return e.name + ': ' + e.message } };
			export async function run() {
				const all = [undefined, null, true, -1, 0.5, 'é\u{1f4a9}', 2n ** 70n, new Date(5), new Uint8Array([1, 2]),
					[1, [2]], { b: 1, a: { c: undefined } }, new Map([[{ k: 1 }, 'v']]), new Set([1, 'x']), new RangeError('far'),
					Array.from({ length: 300 }, (_, i) => ({ i, text: 'x'.repeat(i) }))];
				const back = await same(...all);
				const out = [];
				for (let i = 0; i < all.length; i++) {
					const a = all[i], b = back[i];
					if (a !== null && typeof a === 'object' && a === b) out.push('not a copy: ' + i);
					if (typeof a !== typeof b || a?.constructor?.name !== b?.constructor?.name) out.push('kind: ' + i);
					const text = v => v instanceof Map || v instanceof Set ? [...v] : v instanceof Error ? v.message : v;
					const show = v => JSON.stringify(text(v), (_, x) => typeof x === 'bigint' ? String(x) : x === undefined ? 'undef' : x);
					if (show(a) !== show(b)) out.push(show(a) + ' became ' + show(b));
				}
				return out;
			}
			export const none = () => fails(() => same(() => 1));
			export const deep = () => fails(() => same([{ f() {} }]));
			export const symbol = () => fails(() => same(Symbol('x')));
			export const cycle = () => { const a = []; a.push(a); return fails(() => same(a)) };
			export const result = async () => fails(() => kind());
			export const immediate = () => typeof same(1)?.then;`,
			PluginDependency{Sync: sync, PluginManifest: PluginManifest{
				Source: "export const same = (...all) => all, kind = () => kind",
			}})
		if sync {
			calls(t, p, "immediate", "undefined")
		} else {
			calls(t, p, "immediate", "function")
		}
		calls(t, p, "none", "TypeError: argument 1: a function cannot leave its sandbox")
		calls(t, p, "deep", "TypeError: argument 1: [0].f: a function cannot leave its sandbox")
		calls(t, p, "symbol", "TypeError: argument 1: a symbol cannot leave its sandbox")
		calls(t, p, "result", `Error: plugin "dep": a function cannot leave its sandbox`)
		if got, err := p.Call(t.Context(), "cycle"); err != nil || !strings.Contains(got.(string), "contains itself") {
			t.Error(got, err)
		}
		got, err := p.Call(t.Context(), "run")
		if err != nil || fmt.Sprint(got) != "[]" {
			t.Error(sync, got, err)
		}
	}
}

// TestDependencyIsolation: each sandbox has its own grants, globals and limits.
func TestDependencyIsolation(t *testing.T) {
	p := withDependency(t, `
		import { env, mark, loop, flood } from 'dep';
		import { getenv } from 'std';
		globalThis.mark = 'main';
		export const both = async () => [getenv('SECRET'), await env(), globalThis.mark, await mark(), typeof globalThis['wqjs:dependency']].join();
		let n = 0;
		export const count = () => ++n;
		export async function bad(which) {
			try { await (which === 'loop' ? loop() : flood()) } catch (e) { return e.code + ' ' + e.message }
		}
		export const uncaught = () => loop();`,
		PluginDependency{PluginManifest: PluginManifest{
			Source: `
				import { getenv } from 'std';
				globalThis.mark = 'dep';
				export const env = () => getenv('SECRET'), mark = () => globalThis.mark;
				export const loop = () => { for (;;); }, flood = () => { for (;;) print('x'.repeat(100)) }`,
			Sandbox: SandboxConfig{
				Policy: Policy{Env: []string{"SECRET"}}, Env: []string{"SECRET=s3"},
				Limits: Limits{CPUTime: 400 * time.Millisecond, Output: 1000},
			},
		}})
	calls(t, p, "both", ",s3,main,dep,undefined")
	for which, text := range map[string]string{"loop": "CPU time limit reached", "flood": "output limit reached"} {
		got, err := p.Call(t.Context(), "bad", which)
		if err != nil || got != `ERR_PLUGIN plugin "dep": interrupted: `+text {
			t.Error(got, err)
		}
	}
	calls(t, p, "count", 1)
	_, err := p.Call(t.Context(), "uncaught")
	var js *JSError
	if !errors.As(err, &js) || !errors.Is(err, ErrCPUTime) {
		t.Error(err)
	}
	calls(t, p, "both", ",s3,main,dep,undefined")
	calls(t, p, "count", 2) // the caller was not restarted
	st := p.Stats()
	if d := st.Dependencies["dep"]; st.Restarts != 0 || d.Restarts != 3 || d.Calls != 7 {
		t.Errorf("%+v", st)
	}
}

// TestDependencyErrors: errors keep their codes; what a dependency exports is
// checked; trees of dependencies work, and swap as one.
func TestDependencyErrors(t *testing.T) {
	tree := func(n int) PluginManifest {
		return PluginManifest{
			Name: "main",
			Source: `import twice, { read } from 'dep';
				export const f = () => twice(4);
				export const code = () => read().catch(e => e.code + ' ' + (e instanceof Error));`,
			Dependencies: map[string]PluginDependency{"dep": {PluginManifest: PluginManifest{
				Exports: []PluginExport{{Name: "default", Params: 1}, {Name: "read"}},
				Source: `import { factor } from '@scope/inner';
					import { loadFile } from 'std';
					import { open } from 'os';
					export default async (x) => x * factor();
					export const read = () => { throw Object.assign(new Error('gone'), { code: 'ENOENT' }) }`,
				Dependencies: map[string]PluginDependency{"@scope/inner": {Sync: true, PluginManifest: PluginManifest{
					Source: fmt.Sprintf("export const factor = () => %d", n),
				}}},
			}}},
		}
	}
	p := plugin(t, tree(2))
	calls(t, p, "f", 8)
	calls(t, p, "code", "ENOENT true")
	if err := p.Swap(t.Context(), tree(3)); err != nil {
		t.Fatal(err)
	}
	calls(t, p, "f", 12)
	bad := tree(4)
	dep := bad.Dependencies["dep"]
	dep.Exports = append(dep.Exports, PluginExport{Name: "write"})
	bad.Dependencies["dep"] = dep
	if err := p.Swap(t.Context(), bad); err == nil || !strings.Contains(err.Error(), `plugin "dep": `) || !strings.Contains(err.Error(), "write is missing") {
		t.Error(err)
	}
	calls(t, p, "f", 12)

	img := image(t, ImageConfig{Init: func(ctx context.Context, s *Sandbox) error {
		return s.EvalModule(ctx, "/a.js", "import 'dep'")
	}, Sandbox: SandboxConfig{ModuleLoader: func(context.Context, string) ([]byte, error) { return []byte("export const f = 1"), nil }}})
	if _, err := LoadPlugin(t.Context(), img, tree(1)); err == nil || !strings.Contains(err.Error(), `holds a module "dep" already`) {
		t.Error(err)
	}
	missing := PluginManifest{Name: "p", Source: "import 'other'", Dependencies: map[string]PluginDependency{"dep": {PluginManifest: PluginManifest{Source: "0"}}}}
	if _, err := LoadPlugin(t.Context(), image(t, ImageConfig{}), missing); err == nil || !strings.Contains(err.Error(), `"other"`) {
		t.Error(err)
	}
}

// TestDependencyEndsWithCall: a call of a dependency is interrupted when the
// call that made it is.
func TestDependencyEndsWithCall(t *testing.T) {
	var ended atomic.Bool
	p := withDependency(t, "import { wait } from 'dep'; export const f = () => wait()", PluginDependency{PluginManifest: PluginManifest{
		Source: "export const wait = () => forever()",
		Setup: func(ctx context.Context, s *Sandbox) error {
			return s.Set(ctx, "forever", Async(func(ctx context.Context) { <-ctx.Done(); ended.Store(true) }))
		},
	}})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := p.Call(ctx, "f"); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	eventually(t, "the dependency's call ends", ended.Load)
}

func FuzzTransfer(f *testing.F) {
	f.Add([]byte{tagArray, 2, 0, 0, 0, tagTrue, tagInt, 1, 0, 0, 0})
	f.Add([]byte{tagMap, 1, 0, 0, 0, tagNull, tagObject, 1, 0, 0, 0, 1, 0, 0, 0, 'a', tagUndefined})
	f.Add(append([]byte{tagError}, make([]byte, 24)...))
	f.Add([]byte{tagRef, 1, 0, 0, 0, 0})
	s, _ := sandbox(f, SandboxConfig{})
	f.Fuzz(func(t *testing.T, msg []byte) {
		d := decoder{wireReader: wireReader{b: msg}, bridge: s.bridge}
		v, err := d.wireValue()
		if err != nil {
			return
		}
		// What it lets through is well-formed, and has no references.
		again := decoder{wireReader: wireReader{b: v}, bridge: s.bridge}
		w, err := again.wireValue()
		if err != nil || len(again.b) != 0 || string(v) != string(w) {
			t.Fatalf("%x became %x, then %x, %v", msg, v, w, err)
		}
	})
}
