package host

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
)

// Sandboxes that run at once share nothing.
func TestSandboxesAreIsolated(t *testing.T) {
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			s, err := engine.NewSandbox(t.Context(), SandboxConfig{Args: []string{fmt.Sprint(i)}})
			if err != nil {
				t.Error(err)
				return
			}
			defer s.Close()
			for n := range 20 {
				err := s.Eval(t.Context(), "x.js", fmt.Sprintf(`
					if (globalThis.mine !== (%[2]d === 0 ? undefined : %[1]d)) throw new Error('mine is ' + globalThis.mine);
					globalThis.mine = %[1]d;
					if (scriptArgs[0] !== '%[1]d') throw new Error(scriptArgs[0]);
					if (Array.prototype.poison) throw new Error('poison');
					if (%[1]d === 0) Object.defineProperty(Array.prototype, 'poison', { value: 1, configurable: true });
					if (%[1]d === 0) delete Array.prototype.poison;
					for (let i = 0; i < 20000; i++);`, i, n))
				if err != nil {
					t.Error(i, n, err)
				}
			}
		})
	}
	wg.Wait()
}

// The random numbers of two sandboxes differ.
func TestSandboxesAreSeeded(t *testing.T) {
	a, outA := sandbox(t, SandboxConfig{})
	b, outB := sandbox(t, SandboxConfig{})
	for _, s := range []*Sandbox{a, b} {
		if err := s.Eval(t.Context(), "x.js", "print(Math.random(), Math.random())"); err != nil {
			t.Fatal(err)
		}
	}
	if outA.String() == outB.String() {
		t.Error("both got", outA)
	}
}

// Calls of one sandbox from many goroutines run one after the other.
func TestCallsTakeTurns(t *testing.T) {
	s, out := sandbox(t, SandboxConfig{})
	want(t, s, out, "let n = 0", "")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 20 {
				if err := s.Eval(t.Context(), "x.js", "{ const m = n; for (let i = 0; i < 1000; i++); n = m + 1 }"); err != nil {
					t.Error(err)
				}
				_ = s.Stats()
			}
		})
	}
	wg.Wait()
	want(t, s, out, "print(n)", "160\n")
}

func TestArgsAndEnv(t *testing.T) {
	s, out := sandbox(t, SandboxConfig{
		Args:   []string{"a", "é\"\n", ""},
		Env:    []string{"APP_A=1", "APP_B=x=y", "SECRET=no", "broken"},
		Policy: Policy{Env: []string{"APP_*"}},
	})
	if err := s.EvalModule(t.Context(), "/x.js", `
		import { getenviron } from 'std';
		print(JSON.stringify(scriptArgs), JSON.stringify(getenviron()))`); err != nil {
		t.Fatal(err)
	}
	if got, want := out.String(), `["a","é\"\n",""] {"APP_A":"1","APP_B":"x=y"}`+"\n"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// A granted listener and a granted connection work without any rule, and the
// embedder's own copies stay open.
func TestGrants(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	lf, err := l.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer lf.Close()
	near, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer near.Close()
	far, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer far.Close()
	ff, err := far.(*net.TCPConn).File()
	if err != nil {
		t.Fatal(err)
	}
	defer ff.Close()

	s, out := sandbox(t, SandboxConfig{Grants: []Grant{{Name: "web", File: lf}, {File: ff}}})
	done := goEval(t.Context(), s, `
		import s, { granted } from 'wqjs:sockets';
		print(granted.map((g) => g.name).join());
		s.send(granted[1].fd, 'conn ', 0);
		s.close(granted[1].fd);
		for (const f of [() => s.connect(granted[0].fd, '127.0.0.1', 1), () => s.bind(granted[0].fd, '127.0.0.1', 0)])
			try { f(); print('no') } catch (e) { print(e.code, /granted without the right/.test(e.message)) }
		const c = s.accept(granted[0].fd);
		s.send(c.fd, 'accepted', 0);
		s.close(c.fd);`)
	client, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if text, err := io.ReadAll(client); string(text) != "accepted" {
		t.Errorf("%q %v", text, err)
	}
	if err := soon(t, done); err != nil || out.String() != "web,\nEACCES true\nEACCES true\n" {
		t.Error(err, out)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, err := far.Write([]byte("mine")); err != nil { // still ours
		t.Error(err)
	}
	b := make([]byte, 9)
	if _, err := io.ReadFull(near, b); err != nil || string(b) != "conn mine" {
		t.Errorf("%q %v", b, err)
	}
}

func TestPosition(t *testing.T) {
	for stack, want := range map[string]string{
		"    at f (/app/main.js:3:5)\n    at g (/x.js:1:1)\n":                  "/app/main.js:3:5",
		"    at JSON.parse (native)\n    at <anonymous> (/a b (c).js:10:20)\n": "/a b (c).js:10:20",
		"    at read (wqjs:net:12:3)\n    at main (file.js:2:1)\n":             "file.js:2:1",
		"    at /app/bad.js:2:9\n":                                             "/app/bad.js:2:9",
		"    at f (/C:/app/main.js:3:5)":                                       "/C:/app/main.js:3:5",
		"    at f (native)\n":                                                  "",
		"    at f (x:0:5)\n at (x:1:-1)":                                       "",
		"at:1:1":                                                               "at:1:1",
		"":                                                                     "",
	} {
		if got := (&JSError{Stack: stack}).Position(); got != want {
			t.Errorf("%q: %q, want %q", stack, got, want)
		}
	}
}

func TestErrorTexts(t *testing.T) {
	for _, c := range []struct {
		err  error
		text string
	}{
		{&JSError{Name: "TypeError", Message: "x"}, "TypeError: x"},
		{&JSError{Name: "TypeError"}, "TypeError"},
		{&JSError{Message: "42"}, "42"},
		{&ExitError{3}, "script exited with code 3"},
		{&InterruptError{ErrCPUTime}, "interrupted: CPU time limit reached"},
		{&TrapError{io.EOF}, "the engine trapped: EOF"},
	} {
		if c.err.Error() != c.text {
			t.Errorf("%q, want %q", c.err, c.text)
		}
	}
	if !errors.Is(&TrapError{io.EOF}, io.EOF) || !errors.Is(&InterruptError{ErrClosed}, ErrClosed) {
		t.Error("errors do not unwrap")
	}
}

// A thrown value's code can do what it wants: it is still one JSError.
func TestHostileErrors(t *testing.T) {
	for name, source := range map[string]string{
		"getters":   "throw Object.defineProperties(new Error('m'), { name: { get() { throw 1 } }, stack: { get() { throw 2 } }, code: { get() { return {} } } })",
		"toString":  "throw { toString() { throw 1 } }",
		"proxy":     "throw new Proxy(new Error('m'), { get() { throw 1 }, ownKeys() { throw 2 }, getOwnPropertyDescriptor() { throw 3 } })",
		"symbol":    "throw Symbol('s')",
		"null":      "throw null",
		"undefined": "throw undefined",
		"bigint":    "throw 10n",
		"long":      "throw new Error('é'.repeat(1e6))",
		"surrogate": "throw new Error('\\ud800')",
		"stack":     "const e = new Error('m'); e.stack = '    at f (/etc/passwd:1:1)'; throw e",
		"prototype": "Error.prototype.name = undefined; Object.prototype.toString = null; throw new Error('m')",
		"prepare":   "Error.prepareStackTrace = () => { throw 1 }; null.x",
		"cause":     "const e = new Error('m'); e.cause = e; throw e",
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := sandbox(t, SandboxConfig{})
			e := jsError(t, s.Eval(t.Context(), "x.js", source))
			if e.Error() == "" || len(e.Message) > 1<<17 || strings.Contains(e.Line, "root:") {
				t.Errorf("%.300q %q", e.Error(), e.Line)
			}
			if err := s.Eval(t.Context(), "y.js", "1"); err != nil {
				t.Error(err)
			}
		})
	}
}
