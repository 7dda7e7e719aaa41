package host

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// held is what the process holds.
type held struct{ fds, goroutines, regions int }

// holding counts; regions are memory mappings of a sandbox's size.
func holding(t testing.TB) held {
	t.Helper()
	h := held{goroutines: runtime.NumGoroutine()}
	if d, err := os.ReadDir("/proc/self/fd"); err == nil {
		h.fds = len(d)
	}
	if b, err := os.ReadFile("/proc/self/maps"); err == nil {
		h.regions = strings.Count(string(b), "\n")
	}
	return h
}

// same waits until no more is held than before: goroutines end in their time.
func (before held) same(t testing.TB, slack int) {
	t.Helper()
	var now held
	for range 100 {
		runtime.GC() // finalizers of files that were never made ours
		now = holding(t)
		if now.fds <= before.fds && now.goroutines <= before.goroutines && now.regions <= before.regions+slack {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("holds %+v, before it was %+v", now, before)
}

// busyConfig uses all that a sandbox can hold.
func busyConfig(t testing.TB) SandboxConfig {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "f.txt"), "text")
	r, _ := io.Pipe()
	return SandboxConfig{
		Policy: Policy{Listen: []string{"127.0.0.1"}, Connect: []string{"127.0.0.1"}, ReadDirs: []string{dir}},
		Mounts: []Mount{{GuestPath: "/m", FS: fstest.MapFS{"a.js": {Data: []byte("1")}}}},
		Dir:    dir,
		Limits: Limits{Memory: 8 << 20, CPUTime: time.Minute},
		Stdin:  r, Stdout: io.Discard, Stderr: io.Discard,
	}
}

const busyScript = sockets + `
	import * as std from 'std';
	const f = pair();
	globalThis.file = std.open('f.txt', 'r');
	s.epoll_create1(0);
	s.poll([{ fd: f.a, events: s.POLLIN }], 1);
	setTimeout(() => {}, 1e6);
	console.log('x');
	import('/m/a.js');
	await 0;`

func TestCyclesLeakNothing(t *testing.T) {
	c := busyConfig(t)
	cycle := func() {
		s, err := engine.NewSandbox(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.EvalModule(t.Context(), "/x.js", busyScript); err != nil {
			t.Fatal(err)
		}
		if s.Stats().FDs != 4 {
			t.Fatal(s.Stats())
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	cycle()
	before := holding(t)
	for range 200 {
		cycle()
	}
	before.same(t, 8)
}

// Wherever making a sandbox fails, what was made before is freed.
func TestFailedSandboxesLeakNothing(t *testing.T) {
	dir := t.TempDir()
	file, err := os.Create(filepath.Join(dir, "plain"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	socket, err := listener.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	closed, err := os.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	none := filepath.Join(dir, "none")

	for name, c := range map[string]struct {
		ctx    context.Context
		config SandboxConfig
		text   string // of the error
	}{
		"limits":      {config: SandboxConfig{Limits: Limits{Memory: 1}}, text: "Limits.Memory is 1 "},
		"dir":         {config: SandboxConfig{Dir: "relative"}, text: `SandboxConfig.Dir is "relative"`},
		"rule":        {config: SandboxConfig{Policy: Policy{Connect: []string{"1.2.3.4:99999"}}}, text: "99999"},
		"read dir":    {config: SandboxConfig{Policy: Policy{ReadDirs: []string{dir, none}}}, text: "none"},
		"write dir":   {config: SandboxConfig{Policy: Policy{ReadDirs: []string{dir}, WriteDirs: []string{none}}}, text: "none"},
		"module dir":  {config: SandboxConfig{Policy: Policy{ReadDirs: []string{dir}}, ModuleDirs: []string{none}}, text: "none"},
		"mount":       {config: SandboxConfig{Policy: Policy{ReadDirs: []string{dir}}, Mounts: []Mount{{GuestPath: "rel", FS: fstest.MapFS{}}}}, text: "rel"},
		"mount of no": {config: SandboxConfig{Policy: Policy{ReadDirs: []string{dir}}, Mounts: []Mount{{GuestPath: "/m"}}}, text: "/m"},
		"no file":     {config: SandboxConfig{Grants: []Grant{{Name: "g", File: socket}, {Name: "h"}}}, text: `"h"`},
		"no socket":   {config: SandboxConfig{Grants: []Grant{{Name: "g", File: socket}, {Name: "h", File: file}}}, text: "h"},
		"closed":      {config: SandboxConfig{Grants: []Grant{{Name: "g", File: socket}, {Name: "h", File: closed}}}, text: "h"},
		"too many":    {config: SandboxConfig{Grants: []Grant{{Name: "g", File: socket}, {Name: "h", File: socket}}, Limits: Limits{FDs: 1}}, text: "h"},
		"environment": {config: SandboxConfig{Policy: Policy{Env: []string{"*"}}, Env: []string{"A=x\x00y"}}, text: "NUL"},
		"context":     {ctx: ctx, text: "canceled"},
	} {
		t.Run(name, func(t *testing.T) {
			if c.ctx == nil {
				c.ctx = t.Context()
			}
			fail := func() {
				s, err := engine.NewSandbox(c.ctx, c.config)
				if err == nil || !strings.Contains(err.Error(), c.text) {
					t.Fatalf("%v, %v; want an error with %q", s, err, c.text)
				}
			}
			fail()
			before := holding(t)
			for range 20 {
				fail()
			}
			before.same(t, 8)
		})
	}
}

func TestTrap(t *testing.T) {
	s, err := engine.NewSandbox(t.Context(), busyConfig(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.EvalModule(t.Context(), "/x.js", busyScript); err != nil {
		t.Fatal(err)
	}
	err = s.enter(t.Context(), func(ctx context.Context) error {
		_, err := s.call(ctx, s.fnFree, 0xfffffff0) // beyond all memory
		return err
	})
	var trap *TrapError
	if !errors.As(err, &trap) || errors.Unwrap(trap) == nil {
		t.Fatalf("%T %v", err, err)
	}
	if st := s.Stats(); st.Memory != 0 || st.FDs != 0 {
		t.Error("the sandbox still holds", s.Stats())
	}
	for range 2 {
		if err := s.Eval(t.Context(), "x.js", "1"); !errors.As(err, &trap) {
			t.Errorf("after the trap: %T %v", err, err)
		}
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := s.Eval(t.Context(), "x.js", "1"); err != ErrClosed {
		t.Error(err)
	}
	other, out := sandbox(t, SandboxConfig{})
	works(t, other, out)
}

func TestEngineClose(t *testing.T) {
	ctx := t.Context()
	e, err := NewEngine(ctx, cached())
	if err != nil {
		t.Fatal(err)
	}
	out := &buffer{}
	running, err := e.NewSandbox(ctx, SandboxConfig{Stdout: out})
	if err != nil {
		t.Fatal(err)
	}
	idle, err := e.NewSandbox(ctx, SandboxConfig{})
	if err != nil {
		t.Fatal(err)
	}
	done := goEval(ctx, running, "print('on'); for (;;);")
	out.await(t, "on")
	if err := e.Close(ctx); err != nil {
		t.Error(err)
	}
	interrupted(t, soon(t, done), ErrClosed)
	if err := idle.Eval(ctx, "x.js", "1"); err != ErrClosed {
		t.Error(err)
	}
	if _, err := e.NewSandbox(ctx, SandboxConfig{}); err != ErrEngineClosed {
		t.Error(err)
	}
	if err := errors.Join(e.Close(ctx), idle.Close(), running.Close()); err != nil {
		t.Error("closing again:", err)
	}
}
