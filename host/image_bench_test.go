package host

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"
)

// p50 runs f b.N times and reports the median as a metric beside the mean.
func p50(b *testing.B, f func()) {
	times := make([]time.Duration, 0, b.N)
	b.ResetTimer()
	for range b.N {
		start := time.Now()
		f()
		times = append(times, time.Since(start))
	}
	b.StopTimer()
	slices.Sort(times)
	b.ReportMetric(float64(times[len(times)/2].Nanoseconds()), "p50-ns")
	b.ReportMetric(float64(times[len(times)*99/100].Nanoseconds()), "p99-ns")
}

// tinyScript is the script that the peers in tests/bench run as well.
const tinyScript = "globalThis.x = [1, 2, 3].map(n => n * 2).join()"

func BenchmarkSandboxFresh(b *testing.B) {
	ctx := b.Context()
	fresh(b, ctx, func() (*Sandbox, error) { return engine.NewSandbox(ctx, SandboxConfig{}) }, tinyScript)
}

// fresh makes a sandbox, runs source in it and closes it.
func fresh(b *testing.B, ctx context.Context, make func() (*Sandbox, error), source string) {
	b.ReportAllocs()
	once := func() {
		s, err := make()
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Eval(ctx, "tiny.js", source); err != nil {
			b.Fatal(err)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
	for range 20 {
		once()
	}
	p50(b, once)
}

// BenchmarkSandboxReset measures the reset of a sandbox that ran a script, with
// the time of the script left out.
func BenchmarkSandboxReset(b *testing.B) {
	s, err := engine.NewSandbox(b.Context(), SandboxConfig{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	times := make([]time.Duration, 0, b.N)
	b.ResetTimer()
	for range b.N {
		if err := s.Eval(b.Context(), "tiny.js", tinyScript); err != nil {
			b.Fatal(err)
		}
		start := time.Now()
		if err := s.Reset(b.Context()); err != nil {
			b.Fatal(err)
		}
		times = append(times, time.Since(start))
	}
	b.StopTimer()
	slices.Sort(times)
	b.ReportMetric(float64(times[len(times)/2].Nanoseconds()), "p50-ns")
	b.ReportMetric(float64(times[len(times)*99/100].Nanoseconds()), "p99-ns")
}

// manySandboxes is how many sandboxes are alive at once: 5,000 with
// WQJS_BENCH_FULL=1, else as many as show that the benchmark works.
func manySandboxes() int {
	if os.Getenv("WQJS_BENCH_FULL") != "" {
		return 5000
	}
	return 100
}

// BenchmarkSandboxMemory reports what an idle sandbox costs the process when
// 5,000 are alive: one that ran nothing, and one that ran a small script.
func BenchmarkSandboxMemory(b *testing.B) {
	n := manySandboxes()
	for _, c := range []struct{ name, source string }{{"Idle", ""}, {"AfterEval", tinyScript}} {
		b.Run(c.name, func(b *testing.B) {
			for range b.N {
				measureMemory(b, n, c.source)
			}
		})
	}
}

func measureMemory(b *testing.B, n int, source string) {
	all := make([]*Sandbox, n)
	debug.FreeOSMemory() // garbage, once before and once after
	before := memoryUse(b)
	for i := range all {
		s, err := engine.NewSandbox(b.Context(), SandboxConfig{})
		if err == nil && source != "" {
			err = s.Eval(b.Context(), "x.js", source)
		}
		if err != nil {
			b.Fatal(err)
		}
		all[i] = s
	}
	debug.FreeOSMemory()
	after := memoryUse(b)
	for k, v := range after {
		b.ReportMetric(float64(v-before[k])/float64(n), k+"-B/sandbox")
	}
	for _, s := range all {
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// memoryUse is the resident memory of the process in bytes: all of it, and what
// is its own (proc(5), status).
func memoryUse(tb testing.TB) map[string]int64 {
	tb.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		tb.Skip("no /proc")
	}
	found := map[string]int64{}
	for line := range strings.Lines(string(status)) {
		var kb int64
		for name, key := range map[string]string{"VmRSS:": "rss", "RssAnon:": "private"} {
			if n, _ := fmt.Sscanf(line, name+" %d kB", &kb); n == 1 {
				found[key] = kb << 10
			}
		}
	}
	return found
}

// BenchmarkImageApp makes sandboxes of an image that holds an app of 500 KB.
func BenchmarkImageApp(b *testing.B) {
	ctx := b.Context()
	img, err := engine.NewImage(ctx, ImageConfig{Init: func(ctx context.Context, s *Sandbox) error {
		return s.EvalModule(ctx, "/app.js", app(500<<10))
	}})
	if err != nil {
		b.Fatal(err)
	}
	defer img.Close()
	fresh(b, ctx, func() (*Sandbox, error) { return img.NewSandbox(ctx, SandboxConfig{}) }, "handle({ path: '/users/7' })")
}

// app is a program of about size bytes: routes with handlers, and tables.
func app(size int) string {
	var s strings.Builder
	s.WriteString("const routes = new Map();\n")
	for i := 0; s.Len() < size; i++ {
		fmt.Fprintf(&s, `class Model%[1]d {
	constructor(id) { this.id = id; this.kind = 'model%[1]d'; this.tags = ['a%[1]d', 'b%[1]d']; }
	validate() { if (typeof this.id !== 'number') throw new TypeError('id of model%[1]d'); return this; }
	toJSON() { return { id: this.id, kind: this.kind, tags: this.tags.join() }; }
}
routes.set('/model%[1]d', (request, id) => JSON.stringify(new Model%[1]d(id).validate()));
`, i)
	}
	s.WriteString(`
routes.set('/users', (request, id) => JSON.stringify({ id, name: 'user ' + id }));
globalThis.handle = (request) => {
	const [, path, id] = /^(\/\w+)\/(\d+)$/.exec(request.path);
	return routes.get(path)(request, Number(id));
};`)
	return s.String()
}
