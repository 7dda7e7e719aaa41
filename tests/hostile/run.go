package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/wqjs/wqjs/host"
)

// end is how a script ended.
type end string

const (
	ok          end = "ok"
	interrupted end = "interrupted"
	outOfMemory end = "out of memory"
	stack       end = "stack" // too deep a recursion, or source too deep to parse
	output      end = "output"
	unsettled   end = "unsettled"
	// "throws NAME" is an error of that name, or of no error: "throws".

	// The rest must not happen.
	trapped  end = "trap"
	panicked end = "panic"
	hung     end = "hang"
	spoiled  end = "unusable afterwards"
)

// result is what a run showed.
type result struct {
	end    end
	detail string
	// wall and cpu are how long the call went on after its deadline, by the clock
	// and in CPU time of the thread that executed the guest; zero if it had ended.
	wall, cpu time.Duration
	late      bool   // it had not ended by then
	peak      uint64 // bytes of the guest's memory
}

// patience is how long after its deadline a call may take before it counts as
// hung.
const patience = 20 * time.Second

// runner runs scripts, each in a sandbox of its own.
type runner struct {
	engine *host.Engine
	memory uint64 // of a sandbox
	dir    string // that scripts may read and write
}

func (r *runner) config(s script, out io.Writer) host.SandboxConfig {
	limits := host.Limits{Memory: r.memory, FDs: 64, Files: 32, Timers: 1000, Lookups: 100, Handles: 1000}
	if n := s.limits["memory"]; n > 0 {
		limits.Memory = uint64(n) << 20
	}
	if n := s.limits["fds"]; n > 0 {
		limits.FDs = n
	}
	limits.Output = int64(s.limits["output"])
	loopback := []string{"127.0.0.1"}
	return host.SandboxConfig{
		Policy: host.Policy{
			Listen: loopback, Connect: loopback, UDP: loopback, Unix: []string{r.dir + "/"}, Resolve: []string{"*.test"},
			ReadDirs: []string{r.dir}, WriteDirs: []string{r.dir},
		},
		Limits: limits, Dir: r.dir, Stdout: out, Stderr: out,
		ModuleLoader: func(_ context.Context, name string) ([]byte, error) { return load(name) },
		Resolver: &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
			return nil, errors.New("no network")
		}},
	}
}

// run runs s until it ends, or until delay after it printed "ready" (or, if it
// never does, after its start).
func (r *runner) run(s script, delay time.Duration) result {
	done := make(chan result, 1)
	go func() {
		defer func() {
			if p := recover(); p != nil {
				done <- result{end: panicked, detail: fmt.Sprintf("%v\n%s", p, debug.Stack())}
			}
		}()
		done <- r.runIn(s, delay)
	}()
	select {
	case res := <-done:
		return res
	case <-time.After(delay + patience):
		return result{end: hung}
	}
}

func (r *runner) runIn(s script, delay time.Duration) (res result) {
	runtime.LockOSThread() // whose CPU time is measured
	defer runtime.UnlockOSThread()
	d := newDeadline(delay, strings.Contains(s.source, "print('ready')"))
	defer d.end()
	sandbox, err := r.engine.NewSandbox(context.Background(), r.config(s, d))
	if err != nil {
		return result{end: spoiled, detail: "NewSandbox: " + err.Error()}
	}
	defer func() {
		if err := sandbox.Close(); err != nil {
			res.end, res.detail = spoiled, "Close: "+err.Error()
		}
	}()
	// Sizes in the scripts are for 256 MiB, of which some are the runtime's.
	if err := sandbox.Set(context.Background(), "scale", float64(r.memory-r.memory/4)/(256<<20)); err != nil {
		return result{end: spoiled, detail: err.Error()}
	}
	err = r.call(sandbox, s, d.ctx)
	res.wall, res.cpu, res.late = d.overrun()
	res.end, res.detail = classify(err)
	res.peak = sandbox.Stats().MemoryPeak
	if res.end == trapped {
		return res
	}
	// Whatever it did ends with it.
	if err := sandbox.Reset(context.Background()); err != nil {
		return result{end: spoiled, detail: "Reset: " + err.Error()}
	}
	if v, err := sandbox.EvalValue(context.Background(), "after.js", "[6, 7].reduce((a, b) => a * b)"); err != nil || v.String() != "42" {
		return result{end: spoiled, detail: fmt.Sprintf("after Reset: %v, %v", v, err)}
	}
	return res
}

func (r *runner) call(sandbox *host.Sandbox, s script, ctx context.Context) error {
	var err error
	if file := "/hostile/" + s.name + ".js"; s.module {
		err = sandbox.EvalModule(ctx, file, s.source)
	} else {
		err = sandbox.Eval(ctx, file, s.source)
	}
	if err == nil && s.run {
		err = sandbox.Run(ctx)
	}
	return err
}

func classify(err error) (end, string) {
	var js *host.JSError
	var interrupt *host.InterruptError
	var trap *host.TrapError
	switch {
	case err == nil:
		return ok, ""
	case errors.As(err, &trap):
		return trapped, err.Error()
	case errors.Is(err, host.ErrOutput):
		return output, ""
	case errors.Is(err, host.ErrUnsettled):
		return unsettled, ""
	case errors.As(err, &interrupt) && errors.Is(err, context.DeadlineExceeded):
		return interrupted, ""
	case errors.As(err, &js):
		switch text := strings.ToLower(js.Message); {
		case js.Message == "out of memory":
			return outOfMemory, ""
		case strings.Contains(text, "stack"):
			return stack, js.Error()
		}
		return end(strings.TrimSpace("throws " + js.Name)), js.Error()
	}
	return end(fmt.Sprintf("%T", err)), err.Error()
}

// deadline is a context that ends some time after the guest's first output, and
// the guest's standard output. It is made by the thread that executes the guest.
type deadline struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	delay  time.Duration
	cpu    threadClock
	start  sync.Once
	ended  chan struct{}

	mu   sync.Mutex
	at   time.Time     // zero before
	used time.Duration // the thread's CPU time then
}

func newDeadline(delay time.Duration, tells bool) *deadline {
	d := &deadline{delay: delay, cpu: thisThread(), ended: make(chan struct{})}
	d.ctx, d.cancel = context.WithCancelCause(context.Background())
	if !tells {
		d.begin()
	}
	return d
}

func (d *deadline) begin() {
	d.start.Do(func() {
		at := time.Now().Add(d.delay)
		d.mu.Lock()
		d.at = at
		d.mu.Unlock()
		time.AfterFunc(d.delay, func() { d.cancel(context.DeadlineExceeded) })
		// A timer belongs to the processor that it was made on, which may be busy
		// with the guest: the clock is read by another, and if that is late, as
		// little is taken to be used before as there can be.
		go func() {
			select {
			case <-time.After(time.Until(at)):
			case <-d.ended:
				return
			}
			used, late := d.cpu.now(), time.Since(at)
			d.mu.Lock()
			d.used = used - late
			d.mu.Unlock()
		}()
	})
}

// end frees what waits for the deadline.
func (d *deadline) end() {
	close(d.ended)
	d.cancel(nil)
}

func (d *deadline) Write(p []byte) (int, error) {
	d.begin()
	return len(p), nil
}

// overrun is how far the deadline is behind.
func (d *deadline) overrun() (wall, cpu time.Duration, late bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	wall = time.Since(d.at)
	if d.at.IsZero() || wall < 0 {
		return 0, 0, false
	}
	if d.used != 0 {
		cpu = min(d.cpu.now()-d.used, wall)
	}
	return wall, cpu, true
}

// newRunner makes a folder with a file and an engine with the command's cache:
// compiling with the race detector takes half a minute.
func newRunner(ctx context.Context, memory uint64) (*runner, func(), error) {
	var config host.Config
	if dir, err := os.UserCacheDir(); err == nil {
		config.CacheDir = filepath.Join(dir, "wqjs")
	}
	engine, err := host.NewEngine(ctx, config)
	if err != nil {
		return nil, nil, err
	}
	dir, err := os.MkdirTemp("", "hostile")
	if err != nil {
		return nil, nil, errors.Join(err, engine.Close(ctx))
	}
	closeAll := func() {
		engine.Close(ctx)
		os.RemoveAll(dir)
	}
	if err := os.WriteFile(filepath.Join(dir, "file"), []byte("text"), 0o600); err != nil {
		closeAll()
		return nil, nil, err
	}
	return &runner{engine: engine, memory: memory, dir: dir}, closeAll, nil
}

// someDelay is a moment within the first part of a script's life: work between
// two polls is not to be found by luck.
func someDelay(most time.Duration) time.Duration {
	return time.Millisecond + rand.N(most)
}
