package bench

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/dop251/goja"
	"modernc.org/quickjs"

	"github.com/wqjs/wqjs/host"
)

// fresh is a script of a moment, as a rule or a template is.
const fresh = "globalThis.x = [1, 2, 3].map(n => n * 2).join()"

// runtimes make a runtime, run fresh in it, and give what closes it.
func runtimes(tb testing.TB) map[string]func() (func(), error) {
	ctx := context.Background()
	engine := newEngine(tb)
	tb.Cleanup(func() { engine.Close(ctx) })
	return map[string]func() (func(), error){
		"wqjs": func() (func(), error) {
			s, err := engine.NewSandbox(ctx, host.SandboxConfig{})
			if err != nil {
				return nil, err
			}
			return func() { s.Close() }, s.Eval(ctx, "fresh.js", fresh)
		},
		"goja": func() (func(), error) {
			vm := goja.New()
			_, err := vm.RunString(fresh)
			return func() { _ = vm.GlobalObject() }, err
		},
		"modernc": func() (func(), error) {
			vm, err := quickjs.NewVM()
			if err != nil {
				return nil, err
			}
			_, err = vm.Eval(fresh, quickjs.EvalGlobal)
			return func() { vm.Close() }, err
		},
	}
}

// BenchmarkFresh makes a runtime, runs a small script and closes it, for each
// engine in turn, and reports the medians in microseconds and the peers' in
// units of ours.
func BenchmarkFresh(b *testing.B) {
	all := runtimes(b)
	times := map[string][]float64{}
	turn := func(n int) {
		for range n {
			for name, run := range all {
				start := time.Now()
				closer, err := run()
				if err != nil {
					b.Fatal(name, err)
				}
				closer()
				times[name] = append(times[name], float64(time.Since(start))/1e3)
			}
		}
	}
	turn(5)
	clear(times)
	for b.Loop() {
		turn(100)
	}
	ours := median(times["wqjs"])
	for name, t := range times {
		b.ReportMetric(median(t), name+"-µs")
		if name != "wqjs" {
			b.ReportMetric(median(t)/ours, name+"-×wqjs")
		}
	}
}

// BenchmarkFreshMemory reports what a runtime that ran a small script costs in
// resident memory, of 200 alive.
func BenchmarkFreshMemory(b *testing.B) {
	const n = 200
	for name, run := range runtimes(b) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				debug.FreeOSMemory()
				before := residentKB(b)
				closers := make([]func(), n)
				for i := range closers {
					var err error
					if closers[i], err = run(); err != nil {
						b.Fatal(err)
					}
				}
				debug.FreeOSMemory()
				b.ReportMetric(float64(residentKB(b)-before)/n, "KiB/runtime")
				for _, f := range closers {
					f()
				}
			}
		})
	}
}

// residentKB is memory of the process' own (proc(5), RssAnon).
func residentKB(tb testing.TB) (kb int64) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		tb.Skip("no /proc")
	}
	for line := range strings.Lines(string(status)) {
		if n, _ := fmt.Sscanf(line, "RssAnon: %d kB", &kb); n == 1 {
			return kb
		}
	}
	tb.Skip("no RssAnon")
	return 0
}
