package host

import (
	"context"
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

var cycles = flag.Int("cycles", 2000, "how often TestManyCycles makes and closes a sandbox")

// TestManyCycles makes and closes sandboxes: memory, descriptors and goroutines
// stay as they were.
func TestManyCycles(t *testing.T) {
	cycle := func(n int) {
		for i := range n {
			s, err := engine.NewSandbox(t.Context(), SandboxConfig{Limits: Limits{CPUTime: time.Minute}})
			if err == nil {
				err = s.Eval(t.Context(), "x.js", "globalThis.x = 'text'.repeat(1000); setTimeout(() => {}, 1e6)")
			}
			if err == nil && i%4 == 0 {
				err = s.Reset(t.Context())
			}
			if err == nil {
				err = s.Close()
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	cycle(100)
	debug.FreeOSMemory()
	before, used := holding(t), memoryUse(t)
	cycle(*cycles)
	debug.FreeOSMemory()
	before.same(t, 8)
	for key, now := range memoryUse(t) {
		if d := now - used[key]; d > 16<<20 {
			t.Errorf("%s has grown by %d KiB", key, d>>10)
		}
	}
}

// threads is how many the process has.
func threads(tb testing.TB) int {
	tb.Helper()
	d, err := os.ReadDir("/proc/self/task")
	if err != nil {
		tb.Skip("no /proc")
	}
	return len(d)
}

// waiters starts n sandboxes that wait for a timer and a socket each.
func waiters(tb testing.TB, n int) (stop func()) {
	ctx, cancel := context.WithCancel(tb.Context())
	done := make(chan error, n)
	for range n {
		s, err := engine.NewSandbox(ctx, SandboxConfig{Policy: Policy{Listen: []string{"127.0.0.1"}}})
		if err != nil {
			tb.Fatal(err)
		}
		go func() {
			err := s.EvalModule(ctx, "/wait.js", `import { listen } from 'wqjs:net';
				await listen({ host: '127.0.0.1', port: 0 });
				setInterval(() => { globalThis.ticks = (globalThis.ticks ?? 0) + 1; }, 5000);`)
			if err == nil {
				err = s.Run(ctx)
			}
			if ctx.Err() != nil {
				err = nil
			} else {
				err = fmt.Errorf("it did not wait: %w", err)
			}
			if e := s.Close(); err == nil {
				err = e
			}
			done <- err
		}()
	}
	return func() {
		cancel()
		for range n {
			if err := <-done; err != nil {
				tb.Error(err)
			}
		}
	}
}

// TestWaitingNeedsNoThreads: sandboxes that wait park goroutines.
func TestWaitingNeedsNoThreads(t *testing.T) {
	before := threads(t)
	stop := waiters(t, 200)
	time.Sleep(50 * time.Millisecond)
	if n := threads(t); n > max(before, runtime.GOMAXPROCS(0)+8) {
		t.Errorf("%d threads, before there were %d", n, before)
	}
	stop()
}

// BenchmarkSandboxWaiting reports threads and memory with 5,000 sandboxes that
// wait for timers and sockets.
func BenchmarkSandboxWaiting(b *testing.B) {
	n := manySandboxes()
	for range b.N {
		debug.FreeOSMemory()
		before := memoryUse(b)
		stop := waiters(b, n)
		time.Sleep(5 * time.Second)
		debug.FreeOSMemory()
		b.ReportMetric(float64(threads(b)), "threads")
		for k, v := range memoryUse(b) {
			b.ReportMetric(float64(v-before[k])/float64(n), k+"-B/sandbox")
		}
		stop()
	}
}
