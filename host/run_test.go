package host

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestEvalKeepsGlobals(t *testing.T) {
	s, out := sandbox(t, SandboxConfig{})
	want(t, s, out, "let a = 1; var b = 2; function f() { return a + b }", "")
	want(t, s, out, "print(f(), globalThis.b)", "3 2\n")
}

func TestEvalRunsPromiseJobs(t *testing.T) {
	s, out := sandbox(t, SandboxConfig{})
	want(t, s, out, "Promise.resolve(1).then(print); print(0)", "0\n1\n")
}

func TestEvalLeavesTimersToRun(t *testing.T) {
	s, out := sandbox(t, SandboxConfig{})
	want(t, s, out, "setTimeout(() => print('late'), 1)", "")
	if err := s.Run(t.Context()); err != nil || out.String() != "late\n" {
		t.Fatal(err, out)
	}
	if err := s.Run(t.Context()); err != nil { // nothing is pending
		t.Fatal(err)
	}
}

func TestSourceWithNULAndWithoutName(t *testing.T) {
	s, out := sandbox(t, SandboxConfig{})
	if err := s.Eval(t.Context(), "", "print('a\x00b'.length)"); err != nil || out.String() != "3\n" {
		t.Fatal(err, out)
	}
}

func TestSourceTooLong(t *testing.T) {
	s, out := sandbox(t, SandboxConfig{})
	err := s.Eval(t.Context(), "x.js", strings.Repeat(" ", maxSource+1))
	if err == nil || !strings.Contains(err.Error(), "longer than") {
		t.Fatal(err)
	}
	works(t, s, out)
}

func TestSourceWithoutRoom(t *testing.T) {
	s, out := sandbox(t, SandboxConfig{Limits: Limits{Memory: 8 << 20}})
	err := s.Eval(t.Context(), "x.js", strings.Repeat(" ", 16<<20))
	if err == nil || !strings.Contains(err.Error(), "Limits.Memory") {
		t.Fatal(err)
	}
	works(t, s, out)
}

func TestEvalModuleWaitsForItsAwait(t *testing.T) {
	s, out := sandbox(t, SandboxConfig{})
	err := s.EvalModule(t.Context(), "/m.js", `
		setTimeout(() => print('after'), 400);
		await new Promise((done) => setTimeout(done, 1));
		print('settled')`)
	if err != nil || out.String() != "settled\n" {
		t.Fatal(err, out)
	}
	if err := s.Run(t.Context()); err != nil || out.String() != "settled\nafter\n" {
		t.Fatal(err, out)
	}
}

func TestUnsettled(t *testing.T) {
	s, out := sandbox(t, SandboxConfig{})
	if err := s.EvalModule(t.Context(), "/m.js", "await new Promise(() => {})"); !errors.Is(err, ErrUnsettled) {
		t.Fatal(err)
	}
	works(t, s, out)
	if err := s.EvalModule(t.Context(), "/n.js", "await 0"); err != nil {
		t.Fatal(err)
	}
}

// One event of a batch fails: the others are handled by the next Run, once.
func TestEventsAfterAnErrorAreNotLost(t *testing.T) {
	s, out := sandbox(t, SandboxConfig{})
	want(t, s, out, `for (let i = 0; i < 9; i++) setTimeout(() => {
		if (i % 3 === 0) throw new Error('timer ' + i);
		if (i % 3 === 1) Promise.reject(new Error('promise ' + i));
		print(i);
	})`, "")
	time.Sleep(2 * time.Millisecond) // all are due in one batch
	var failed []string
	for range 20 {
		err := s.Run(t.Context())
		if err == nil {
			break
		}
		failed = append(failed, jsError(t, err).Message)
	}
	if got, want := strings.Join(failed, " "), "timer 0 promise 1 timer 3 promise 4 timer 6 promise 7"; got != want {
		t.Errorf("errors %q, want %q", got, want)
	}
	if got, want := out.String(), "1\n2\n4\n5\n7\n8\n"; got != want {
		t.Errorf("output %q, want %q", got, want)
	}
}

func TestRejectionsAreReportedOnceEach(t *testing.T) {
	s, out := sandbox(t, SandboxConfig{})
	err := s.Eval(t.Context(), "x.js", "Promise.reject(new TypeError('a')); Promise.reject('b'); print('end')")
	if e := jsError(t, err); e.Name != "TypeError" || e.Message != "a" || !e.InPromise {
		t.Errorf("%+v", e)
	}
	err = s.Run(t.Context())
	if e := jsError(t, err); e.Name != "" || e.Message != "'b'" || !e.InPromise {
		t.Errorf("%+v", e)
	}
	if err := s.Run(t.Context()); err != nil {
		t.Error(err)
	}
	works(t, s, out)
}

func TestHandledRejectionIsNone(t *testing.T) {
	s, out := sandbox(t, SandboxConfig{})
	want(t, s, out, "const p = Promise.reject(1); Promise.resolve().then(() => p.catch(print))", "1\n")
}

func TestUncaughtErrorInTimer(t *testing.T) {
	s, out := sandbox(t, SandboxConfig{})
	want(t, s, out, "setTimeout(function tick() { null.x }, 0)", "")
	e := jsError(t, s.Run(t.Context()))
	if e.Name != "TypeError" || e.InPromise || !strings.Contains(e.Stack, "tick (want.js:1:") {
		t.Errorf("%+v", e)
	}
	works(t, s, out)
}

func TestExit(t *testing.T) {
	for name, code := range map[string]string{
		"at once":          "import { exit } from 'std'; exit(7); print('no')",
		"in try":           "import { exit } from 'std'; try { exit(7) } catch { print('no') } finally { print('no') }",
		"after await":      "import { exit } from 'std'; await 0; exit(7)",
		"in a timer":       "import { exit } from 'std'; setTimeout(() => exit(7)); await new Promise((r) => setTimeout(r, 100)); print('no')",
		"in a promise job": "import { exit } from 'std'; Promise.resolve().then(() => exit(7)).then(() => print('no'))",
		"in a getter":      "import { exit } from 'std'; ({ get a() { exit(7) } }).a",
	} {
		t.Run(name, func(t *testing.T) {
			s, out := sandbox(t, SandboxConfig{})
			err := s.EvalModule(t.Context(), "/m.js", code)
			var exit *ExitError
			if !errors.As(err, &exit) || exit.Code != 7 || out.String() != "" {
				t.Fatal(err, out)
			}
			works(t, s, out) // the embedder may go on
		})
	}
}

func TestExitInTimerAndRun(t *testing.T) {
	s, out := sandbox(t, SandboxConfig{})
	if err := s.EvalModule(t.Context(), "/m.js", `
		import { exit } from 'std';
		setTimeout(() => exit(300));
		setTimeout(() => print('next'))`); err != nil {
		t.Fatal(err)
	}
	var exit *ExitError
	if err := s.Run(t.Context()); !errors.As(err, &exit) || exit.Code != 300&0xff {
		t.Fatal(err)
	}
	if err := s.Run(t.Context()); err != nil || out.String() != "next\n" {
		t.Fatal(err, out)
	}
}
