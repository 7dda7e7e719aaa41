package host

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// engine is shared by the tests: compiling takes most of a second.
var engine *Engine

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	ctx := context.Background()
	var err error
	if engine, err = NewEngine(ctx, cached()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	code := m.Run()
	if err := engine.Close(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// cached uses the folder of the command: compiling with the race detector takes
// half a minute.
func cached() Config {
	dir, err := os.UserCacheDir()
	if err != nil {
		return Config{}
	}
	return Config{CacheDir: filepath.Join(dir, "wqjs")}
}

// buffer is a bytes.Buffer for several goroutines.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// await waits until the output holds text.
func (b *buffer) await(t *testing.T, text string) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !strings.Contains(b.String(), text); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("no %q in the output %q", text, b.String())
		}
	}
}

// sandbox makes one with c that ends with the test; out is its stdout and stderr.
func sandbox(t testing.TB, c SandboxConfig) (s *Sandbox, out *buffer) {
	t.Helper()
	out = &buffer{}
	if c.Stdout == nil {
		c.Stdout = out
	}
	if c.Stderr == nil {
		c.Stderr = out
	}
	s, err := engine.NewSandbox(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error("close:", err)
		}
	})
	return s, out
}

// want runs source as a script and checks what it printed.
func want(t testing.TB, s *Sandbox, out *buffer, source, text string) {
	t.Helper()
	before := len(out.String())
	if err := s.Eval(t.Context(), "want.js", source); err != nil {
		t.Fatalf("%s: %v", source, err)
	}
	if got := out.String()[before:]; got != text {
		t.Fatalf("%s printed %q, want %q", source, got, text)
	}
}

// works checks that the sandbox is in order.
func works(t testing.TB, s *Sandbox, out *buffer) {
	t.Helper()
	want(t, s, out, "print(6 * 7)", "42\n")
}

// jsError is err as the JSError it must be.
func jsError(t testing.TB, err error) *JSError {
	t.Helper()
	var e *JSError
	if !errors.As(err, &e) {
		t.Fatalf("error is %T %v, want a *JSError", err, err)
	}
	return e
}

// interrupted checks that err is an InterruptError for cause.
func interrupted(t testing.TB, err, cause error) {
	t.Helper()
	var e *InterruptError
	if !errors.As(err, &e) || !errors.Is(err, cause) {
		t.Fatalf("error is %T %v, want an *InterruptError for %v", err, err, cause)
	}
}

func write(t testing.TB, file, content string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// noResolver fails all lookups without asking anyone.
var noResolver = &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
	return nil, errors.New("no network")
}}
