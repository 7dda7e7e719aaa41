package host

import (
	"context"
	"testing"
	"time"
)

// endless are builtins that take long on what fits in memory; each is repeated.
var endless = map[string]string{
	"indexOf":           "'a'.repeat(8e6).indexOf('a'.repeat(1e6) + 'b')",
	"lastIndexOf":       "'a'.repeat(8e6).lastIndexOf('b' + 'a'.repeat(1e6))",
	"includes":          "'a'.repeat(8e6).includes('a'.repeat(1e6) + 'b')",
	"replace":           "'a'.repeat(8e6).replace('a'.repeat(1e6) + 'b', '')",
	"replaceAll":        "'a'.repeat(8e6).replaceAll('a'.repeat(1e6) + 'b', '')",
	"split":             "'a'.repeat(8e6).split('a'.repeat(1e6) + 'b')",
	"split in pieces":   "for (;;) 'ab'.repeat(4e6).split('a')",
	"substitution":      "'x'.replace(/(?<a>x)/, '$<a'.repeat(1e6))",
	"repeat":            "for (;;) 'ab'.repeat(8e7)",
	"equal strings":     "const a = 'a'.repeat(8e6), b = 'a'.repeat(8e6); for (;;) a === b",
	"compared strings":  "const a = '\\u1234'.repeat(4e6), b = '\\u1234'.repeat(4e6); for (;;) a < b",
	"startsWith":        "const a = 'a'.repeat(8e6), b = 'a'.repeat(8e6); for (;;) a.startsWith(b)",
	"indexOf of equals": "const a = 'a'.repeat(8e6); new Array(1e6).fill(a).indexOf('a'.repeat(8e6))",
	"normalize":         "('a' + '\\u0301\\u0323'.repeat(1e6)).normalize('NFD')",
	"localeCompare":     "const a = 'a' + '\\u0301\\u0323'.repeat(1e6); a.localeCompare(a)",
	"final sigma":       "('a' + '\\u0301'.repeat(1e5) + '\\u03a3\\u0301'.repeat(1e6)).toLowerCase()",
	"BigInt product":    "const a = (1n << 500000n) - 1n; for (;;) a * a",
	"BigInt quotient":   "const a = (1n << 1000000n) - 1n, b = (1n << 500000n) - 1n; for (;;) a / b",
	"BigInt remainder":  "const a = (1n << 1000000n) - 1n, b = (1n << 500000n) - 1n; for (;;) a % b",
	"BigInt power":      "for (;;) 3n ** 600000n",
	"BigInt to string":  "const a = (1n << 1000000n) - 1n; for (;;) a.toString()",
	"string to BigInt":  "const a = '9'.repeat(300000); for (;;) BigInt(a)",
	"sort of strings":   "const a = 'a'.repeat(1e6), b = []; for (let i = 0; i < 100; i++) b.push(a + i); for (;;) b.toSorted()",
	"sort of numbers":   "const a = Array.from({ length: 1e6 }, (_, i) => i * 7919 % 1e6); for (;;) a.toSorted()",
	"typed sort":        "const a = new Float64Array(1e6).map((_, i) => i * 7919 % 1e6); for (;;) a.toSorted()",
	"typed sort by":     "const a = new Uint8Array(3e6).map((_, i) => i * 7919); for (;;) a.toSorted((x, y) => y - x)",
	"sparse array":      "for (;;) Object.defineProperty(new Array(1e6).fill(1), 0, { value: 2, writable: false })",
	"integer keys":      "const o = {}; for (let i = 1e5; i; i--) o[i] = i; for (;;) Object.keys(o)",
	"JSON digits":       "const a = '1'.repeat(8e6) + '.' + '1'.repeat(8e6) + 'e' + '1'.repeat(8e6); for (;;) JSON.parse(a)",
	"typed fill":        "const a = new Float64Array(1e7); for (;;) a.fill(1)",
	"typed indexOf":     "const a = new Float64Array(1e7); for (;;) a.indexOf(1)",
	"typed reverse":     "const a = new Uint8Array(1e8); for (;;) a.reverse()",
	"prototype chain":   "let p = {}; for (let i = 0; i < 1e6; i++) p = Object.create(p); for (;;) p.x",
	"JSON.stringify":    "const a = new Array(3e6).fill(1); for (;;) JSON.stringify(a)",
	"JSON.parse":        "const a = '[' + '1,'.repeat(3e6) + '1]'; for (;;) JSON.parse(a)",
	"eval":              "const a = '1;'.repeat(3e6); for (;;) eval(a)",
	"RegExp":            "const a = 'a'.repeat(3e6); for (;;) new RegExp(a)",
	"RegExp lookbehind": "new RegExp('(?<=' + 'a'.repeat(3e6) + ')')",
	"copyWithin":        "const a = new Array(1e6).fill(1); for (;;) a.copyWithin(1, 0)",
	"queue":             "const a = new Array(2e6).fill(1); for (;;) a.push(a.shift())",
	"apply":             "const a = new Array(6e4).fill(1); for (;;) Math.max.apply(null, a)",
	"toReversed":        "const a = new Array(1e6).fill(1); for (;;) a.toReversed()",
	"flat":              "const a = new Array(5e5).fill([1]); for (;;) a.flat()",
	"Array.from":        "const a = new Array(1e6).fill(1); for (;;) Array.from(a)",
	"for-in":            "const o = {}; for (let i = 0; i < 1e5; i++) o['k' + i] = i; for (;;) for (const k in o) break",
	"seal":              "const o = {}; for (let i = 0; i < 1e5; i++) o['k' + i] = i; for (;;) Object.seal(o)",
	"Function text":     "const f = new Function('/*' + '\\u00e9'.repeat(1e6) + '*/'); for (;;) String(f)",
	"JSON spaces":       "const a = ' '.repeat(8e6) + '1'; for (;;) JSON.parse(a)",
	"JSON text":         "const a = '\"' + 'a'.repeat(8e6) + '\"'; for (;;) JSON.parse(a)",
	"RegExp back":       "const a = 'a'.repeat(4e6) + 'b' + 'a'.repeat(4e6); for (;;) /^(a+)b\\1$/.test(a)",
	"RegExp escape":     "const a = '*'.repeat(4e6); for (;;) RegExp.escape(a)",
	"hash":              "const a = 'a'.repeat(8e6), m = new Set(), o = {}; for (let i = 0; ; i++) { m.has(a); a + i in o }",
	"escape":            "const a = '\\u1234'.repeat(3e6); for (;;) encodeURIComponent(escape(a))",
}

// Nothing that scripts can call keeps a sandbox from being stopped, nor from
// being used on.
func TestLongBuiltinsAreInterrupted(t *testing.T) {
	for name, source := range endless {
		t.Run(name, func(t *testing.T) {
			s, out := sandbox(t, SandboxConfig{})
			ctx, cancel := context.WithTimeout(t.Context(), 150*time.Millisecond)
			defer cancel()
			done := make(chan error, 1)
			go func() { done <- s.Eval(ctx, "long.js", "for (;;) {"+source+"}") }()
			interrupted(t, soon(t, done), context.DeadlineExceeded)
			works(t, s, out)
		})
	}
}

// An array that an interrupt keeps from becoming sparse is what it was.
func TestInterruptedArrayIsWhole(t *testing.T) {
	s, out := sandbox(t, SandboxConfig{})
	stopped := 0
	for i := range 20 {
		want(t, s, out, "globalThis.a = Object.assign(new Array(1e6).fill(7), { name: 'a' })", "")
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(1+i)*time.Millisecond)
		err := s.Eval(ctx, "sparse.js", "Object.defineProperty(a, 0, { value: 7, writable: false })")
		cancel()
		if err != nil {
			interrupted(t, err, context.DeadlineExceeded)
			stopped++
		}
		want(t, s, out, "print(a.length, a.name, a.reduce((x, y) => x + y), Object.keys(a).length)", "1000000 a 7000000 1000001\n")
		want(t, s, out, "a.push(1); a.other = 2; delete a.name; print(Object.keys(a).slice(-2).join())", "1000000,other\n")
	}
	if stopped == 0 {
		t.Error("no conversion was interrupted")
	}
}

// full takes all memory, down to the last small object.
const full = `
	globalThis.held = [];
	for (let size = 1 << 20; size; size >>= 1) {
		try { for (;;) held = { held, b: new Uint8Array(size) } } catch { }
	}
	try { for (;;) held = { held } } catch { }
`

// There is always an Error to catch, even where there is no memory to make one.
func TestOutOfMemoryIsAnError(t *testing.T) {
	for _, memory := range []uint64{minMemory, 16 << 20} {
		s, out := sandbox(t, SandboxConfig{Limits: Limits{Memory: memory}})
		want(t, s, out, "const seen = [0, 0, 0, 0];"+full+`
			for (let i = 0; i < 4; i++) try { for (;;) held = { held } } catch (e) { seen[i] = e }
			held = null;
			print(seen.length, seen.every((e) => e instanceof Error && e.name === 'InternalError' && e.message === 'out of memory'))`,
			"4 true\n")
		works(t, s, out)
	}
}

// A script that has used all memory can be stopped like any other.
func TestInterruptWithoutMemory(t *testing.T) {
	s, _ := sandbox(t, SandboxConfig{Limits: Limits{Memory: minMemory}})
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	done := make(chan error, 1)
	go func() {
		done <- s.Eval(ctx, "full.js", full+"for (;;) try { for (;;) held = { held } } catch { }")
	}()
	interrupted(t, soon(t, done), context.DeadlineExceeded)
}
