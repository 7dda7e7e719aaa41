package host

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"time"
)

var errWanted = errors.New("enough")

// blocked are scripts that never end by themselves, each in a way of its own.
// They print "on" before they block.
var blocked = map[string]string{
	"loop":            "print('on'); for (;;);",
	"caught":          "print('on'); for (;;) { try { for (;;); } catch { } finally { for (;;); } }",
	"promise jobs":    "print('on'); await new Promise(() => (function f() { Promise.resolve().then(f) })())",
	"await":           "print('on'); await new Promise(() => setInterval(() => {}, 1e6))",
	"interval":        "print('on'); await new Promise(() => setInterval(() => {}, 0))",
	"calls":           "const f = (n) => n && f(n - 1); print('on'); for (;;) f(999)",
	"calls, caught":   "const f = () => f(); print('on'); for (;;) try { f() } catch { }",
	"loop in a timer": "setTimeout(() => { print('on'); for (;;); }); await new Promise(() => {})",
	"sleep":           "import { sleep } from 'os'; print('on'); sleep(1e8)",
	"sleep, caught":   "import { sleep } from 'os'; print('on'); for (;;) try { sleep(1e8) } catch { }",
	"accept":          sockets + "const f = pair(); print('on'); s.accept(f.server)",
	"accept, caught":  sockets + "const f = pair(); print('on'); for (;;) try { s.accept(f.server) } catch { }",
	"recv":            sockets + "const f = pair(); print('on'); s.recv(f.a, 10, 0)",
	"recv all":        sockets + "const f = pair(); s.send(f.b, 'x', 0); print('on'); s.recv(f.a, 10, s.MSG_WAITALL)",
	"send":            sockets + "const f = pair(); print('on'); for (;;) s.send(f.a, 'x'.repeat(65536), 0)",
	"recvfrom":        sockets + "const u = s.socket(s.AF_INET, s.SOCK_DGRAM, 0); s.bind(u, '127.0.0.1', 0); print('on'); s.recvfrom(u, 10, 0)",
	"poll":            sockets + "const f = pair(); print('on'); s.poll([{ fd: f.a, events: s.POLLIN }], -1)",
	"poll of nothing": sockets + "print('on'); s.poll([], -1)",
	"epoll_wait":      sockets + "const e = s.epoll_create1(0); print('on'); s.epoll_wait(e, 1, -1)",
	"lookup":          sockets + "print('on'); s.getaddrinfo('slow.test')",
	"stdin":           "import * as std from 'std'; print('on'); std.in.getline(); for (;;);",
	"stdout":          "import * as std from 'std'; print('on'); for (;;) { std.out.puts('x'.repeat(1e4)); std.out.flush() }",
	"console":         "print('on'); for (;;) console.log('x'.repeat(1e4))",
}

// sockets imports the module as s; pair makes a listener and a connection.
const sockets = `import s from 'wqjs:sockets';
	const pair = () => {
		const server = s.socket(s.AF_INET, s.SOCK_STREAM, 0), a = s.socket(s.AF_INET, s.SOCK_STREAM, 0);
		s.bind(server, '127.0.0.1', 0);
		s.listen(server, 1);
		s.connect(a, '127.0.0.1', s.getsockname(server).port);
		return { server, a, b: s.accept(server).fd };
	};
`

// untilOn is a writer that tells of the first output and then blocks, as a pipe
// nobody reads does, if the script is about that.
type untilOn struct {
	on    chan struct{}
	block chan struct{} // nil: writes do not block
}

func (w *untilOn) Write(p []byte) (int, error) {
	select {
	case <-w.on:
		if w.block != nil {
			<-w.block
		}
	default:
		close(w.on)
	}
	return len(p), nil
}

// await waits until the script, whose end done tells, is about to block.
func (w *untilOn) await(t *testing.T, done <-chan error) {
	t.Helper()
	select {
	case <-w.on:
	case err := <-done:
		t.Fatal("ended before it blocked:", err)
	}
}

// stuck makes a sandbox for the scripts of blocked.
func stuck(t *testing.T, name string) (*Sandbox, *untilOn) {
	w := &untilOn{on: make(chan struct{})}
	if name == "stdout" || name == "console" {
		w.block = make(chan struct{})
		t.Cleanup(func() { close(w.block) })
	}
	r, pipe := io.Pipe()
	t.Cleanup(func() { pipe.Close() })
	s, _ := sandbox(t, SandboxConfig{
		Policy: Policy{Listen: []string{"127.0.0.1"}, Connect: []string{"127.0.0.1"}, UDP: []string{"127.0.0.1"}, Resolve: []string{"slow.test"}},
		Stdin:  r, Stdout: w,
		Resolver: &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}},
	})
	return s, w
}

// soon fails unless done is closed in time: "at once" as far as a busy machine
// lets one measure it.
func soon(t *testing.T, done <-chan error) error {
	t.Helper()
	select {
	case err := <-done:
		return err
	case <-time.After(10 * time.Second):
		t.Fatal("did not end")
		return nil
	}
}

func goEval(ctx context.Context, s *Sandbox, source string) <-chan error {
	done := make(chan error, 1)
	go func() { done <- s.EvalModule(ctx, "/m.js", source) }()
	return done
}

func TestCancelEndsWhateverBlocks(t *testing.T) {
	for name, source := range blocked {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, w := stuck(t, name)
			ctx, cancel := context.WithCancelCause(t.Context())
			done := goEval(ctx, s, source)
			w.await(t, done)
			cancel(errWanted)
			interrupted(t, soon(t, done), errWanted)
			if w.block != nil || name == "promise jobs" {
				return // its stdout is still blocked, its jobs still run
			}
			if err := s.Eval(t.Context(), "after.js", "if (6 * 7 !== 42) throw 1"); err != nil {
				t.Error("after the interrupt:", err)
			}
		})
	}
}

func TestCloseEndsWhateverBlocks(t *testing.T) {
	for name, source := range blocked {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, w := stuck(t, name)
			done := goEval(t.Context(), s, source)
			w.await(t, done)
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			interrupted(t, soon(t, done), ErrClosed)
			if err := s.Eval(t.Context(), "x.js", "1"); !errors.Is(err, ErrClosed) {
				t.Error(err)
			}
			if st := s.Stats(); st.Memory != 0 || st.FDs != 0 {
				t.Errorf("a closed sandbox uses %+v", st)
			}
			if err := s.Close(); err != nil {
				t.Error("second close:", err)
			}
		})
	}
}

func TestContextDoneBefore(t *testing.T) {
	s, out := sandbox(t, SandboxConfig{})
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errWanted)
	for name, call := range map[string]func() error{
		"Eval":       func() error { return s.Eval(ctx, "x.js", "print('no')") },
		"EvalModule": func() error { return s.EvalModule(ctx, "/x.js", "print('no')") },
		"Run":        func() error { return s.Run(ctx) },
		"RunFile":    func() error { return s.RunFile(ctx, "/x.js") },
		"NewSandbox": func() error { _, err := engine.NewSandbox(ctx, SandboxConfig{}); return err },
	} {
		t.Run(name, func(t *testing.T) { interrupted(t, call(), errWanted) })
	}
	works(t, s, out)
}

func TestDeadline(t *testing.T) {
	s, out := sandbox(t, SandboxConfig{})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	interrupted(t, s.Eval(ctx, "x.js", "for (;;);"), context.DeadlineExceeded)
	works(t, s, out)
}

// A context that ends with its call, or after, does not touch the next one.
func TestContextOfAnEarlierCall(t *testing.T) {
	s, out := sandbox(t, SandboxConfig{})
	for i := range 300 {
		ctx, cancel := context.WithCancel(t.Context())
		go cancel()
		err := s.Eval(ctx, "x.js", "1")
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		if i%10 == 0 {
			works(t, s, out)
		} else if err := s.Eval(t.Context(), "y.js", "for (let i = 0; i < 30000; i++);"); err != nil {
			t.Fatal(err)
		}
		cancel()
	}
}

func TestInterruptWithoutACall(t *testing.T) {
	s, out := sandbox(t, SandboxConfig{})
	s.Interrupt(errWanted)
	works(t, s, out)
}

func TestInterruptWithoutAReason(t *testing.T) {
	s, out := sandbox(t, SandboxConfig{})
	err := s.enter(t.Context(), func(ctx context.Context) error {
		s.Interrupt(nil)
		return s.eval(ctx, "x.js", "for (;;);", 0)
	})
	interrupted(t, err, ErrInterrupted)
	works(t, s, out)
}

// An interrupt that comes once the call is in progress is never lost, however
// early it comes, and the first reason stays.
func TestInterruptAtTheStartOfACall(t *testing.T) {
	s, out := sandbox(t, SandboxConfig{})
	err := s.enter(t.Context(), func(ctx context.Context) error {
		s.Interrupt(errWanted)
		s.Interrupt(errors.New("too late"))
		return s.eval(ctx, "x.js", "for (;;);", 0)
	})
	interrupted(t, err, errWanted)
	want(t, s, out, "setTimeout(() => print('timer'))", "")
	err = s.enter(t.Context(), func(ctx context.Context) error {
		s.Interrupt(errWanted)
		return s.loop(ctx, nil)
	})
	interrupted(t, err, errWanted)
	if err := s.Run(t.Context()); err != nil || out.String() != "timer\n" {
		t.Error(err, out)
	}
}

// Interrupts at any time neither hang nor break the sandbox, nor each other.
func TestInterruptStorm(t *testing.T) {
	s, out := sandbox(t, SandboxConfig{})
	stop := make(chan struct{})
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
				s.Interrupt(errWanted)
				time.Sleep(50 * time.Microsecond)
			}
		}
	}()
	for range 200 {
		interrupted(t, s.Eval(t.Context(), "x.js", "for (;;);"), errWanted)
	}
	close(stop)
	<-stopped
	works(t, s, out)
}

// What an interrupted async function leaves behind is not reported later.
func TestInterruptedPromisesAreSilent(t *testing.T) {
	s, out := sandbox(t, SandboxConfig{})
	for _, source := range []string{
		"for (;;);",
		"await 0; for (;;);",
		"const f = async () => { await 0; for (;;); }; const g = async () => await f(); await Promise.all([g(), 1])",
		"const g = (async function* () { await 0; for (;;); })(); for await (const x of g);",
		"const g = (async function* () { await 0; for (;;); })(); g.next(); await 0; await 0; await new Promise(() => {})",
		"const g = (async function* () { try { yield 1; } finally { for (;;); } })(); await g.next(); g.return(); await g.next()",
		"const g = (async function* () { yield* (async function* () { await 0; for (;;); })(); })(); g.next().then(() => {}); await g.next()",
		"globalThis.g = (async function* () { await 0; for (;;); })(); g.next(); g.next(); (async () => { for await (const x of g); })(); await g.next()",
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		interrupted(t, s.EvalModule(ctx, "/x.js", source), context.DeadlineExceeded)
		cancel()
		works(t, s, out)
	}
}

func TestWaitingForATurnEndsWithTheContext(t *testing.T) {
	s, out := sandbox(t, SandboxConfig{})
	done := goEval(t.Context(), s, "print('on'); await new Promise((r) => setTimeout(r, 1e6))")
	out.await(t, "on")
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	interrupted(t, s.Eval(ctx, "x.js", "1"), context.DeadlineExceeded)
	// Those who wait when it is closed get an error as well.
	waiting := goEval(t.Context(), s, "1")
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	interrupted(t, soon(t, done), ErrClosed)
	if err := soon(t, waiting); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
}
