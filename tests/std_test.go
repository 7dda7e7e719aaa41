package tests

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/wqjs/wqjs/host"
)

// TestStdOutput: what std and console write comes out in order and whole,
// however the script ends.
func TestStdOutput(t *testing.T) {
	engine := sharedEngine(t)
	const head = "import * as std from 'std';\n"
	for _, tc := range []struct{ name, code, want string }{
		{"no newline", `std.puts("a")`, "a"},
		{"order", `std.puts("a"); console.log("b"); std.out.printf("%s", "c"); print("d"); std.puts("e")`, "ab\ncd\ne"},
		{"exit", `std.puts("a"); std.exit(0); std.puts("b")`, "a"},
		{"an error", `std.puts("a"); throw new Error("b")`, "a"},
		{"a rejection", `std.puts("a"); await 1; std.puts("b"); await Promise.reject(1)`, "ab"},
		{"a timer", `std.puts("a"); setTimeout(() => std.puts("c"), 1); std.puts("b")`, "abc"},
		{"a timer that throws", `setTimeout(() => { std.puts("a"); throw 1 }, 1)`, "a"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			var out bytes.Buffer
			sb, err := engine.NewSandbox(ctx, host.SandboxConfig{Stdout: &out})
			if err != nil {
				t.Fatal(err)
			}
			defer sb.Close()
			if sb.EvalModule(ctx, "/out.js", head+tc.code) == nil {
				_ = sb.Run(ctx)
			}
			if out.String() != tc.want {
				t.Errorf("got %q, want %q", out.String(), tc.want)
			}
		})
	}
}

// TestStdInterrupt: what waits or loops below std and os ends with its context,
// and scripts cannot catch that.
func TestStdInterrupt(t *testing.T) {
	engine := sharedEngine(t)
	dir := t.TempDir()
	loop := filepath.Join(dir, "loop.js")
	if err := os.WriteFile(loop, []byte("for (;;);"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, code := range map[string]string{
		"sleep":            `os.sleep(1e9)`,
		"endless sleeps":   `for (;;) try { os.sleep(1e9) } catch {}`,
		"evalScript":       `for (;;) try { std.evalScript("for (;;);") } catch {}`,
		"evalScript deep":  `for (;;) try { std.evalScript("for (;;) try { evil('for (;;);') } catch {}") } catch {}`,
		"loadScript":       `for (;;) try { std.loadScript(scriptArgs[0]) } catch {}`,
		"evalScript async": `for (;;) try { await std.evalScript("for (;;) await 1", { async: true }) } catch {}`,
	} {
		t.Run(name, func(t *testing.T) {
			sb, err := engine.NewSandbox(t.Context(), host.SandboxConfig{
				Policy: host.Policy{ReadDirs: []string{dir}},
				Args:   []string{loop},
			})
			if err != nil {
				t.Fatal(err)
			}
			defer sb.Close()
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			defer cancel()
			done := make(chan error, 1)
			go func() {
				done <- sb.EvalModule(ctx, "/loop.js", `
					import * as std from 'std'; import * as os from 'os';
					globalThis.evil = std.evalScript;
				`+code)
			}()
			select {
			case err = <-done:
			case <-time.After(10 * time.Second):
				t.Fatal("it goes on")
			}
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("it ended with %v", err)
			}
		})
	}
}
