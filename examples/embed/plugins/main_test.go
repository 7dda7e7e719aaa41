package main

import (
	"context"
	"log"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestDemonstration(t *testing.T) {
	var out strings.Builder
	if err := demonstrate(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	const want = `two plugins:
tea and coffee, please (1)
a new version:
  20-polite.js: version 2
Would you bring tea and coffee?
a broken version leaves the old one:
  plugin "20-polite.js": the code does not have the interface that it must: transform takes 2 parameters, not 1
Would you bring tea and coffee?
one that never ends costs its own sandbox:
  30-loop.js: version 1
  plugin "30-loop.js": interrupted: CPU time limit reached
Would you bring tea and coffee?
one that asks for too much:
  30-loop.js: version 2
  plugin "30-loop.js": InternalError: resolve example.com denied: not granted (allow it with --allow-resolve=example.com)
Would you bring tea and coffee?
`
	if got := strings.TrimPrefix(out.String(), "  10-translate.js: version 1\n  20-polite.js: version 1\n"); got != want {
		t.Errorf("printed\n%s", &out)
	}
}

// TestWatch: while files change, every line is transformed by one version or
// the other.
func TestWatch(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	put := func(name, source string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(source), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var messages strings.Builder
	if err := os.Mkdir(filepath.Join(dir, "dictionary"), 0o700); err != nil {
		t.Fatal(err)
	}
	put("dictionary/dictionary.js", "export const lookup = () => undefined")
	put("a.js", "export const transform = (text) => text + '1'")
	f, err := Open(t.Context(), dir, log.New(&messages, "", 0))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}()
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { f.Watch(ctx, time.Millisecond) })
	until := func(want string, allowed ...string) {
		t.Helper()
		for end := time.Now().Add(20 * time.Second); ; {
			got := f.Transform(ctx, "x")
			if got == want {
				return
			}
			if !strings.Contains(strings.Join(allowed, " "), got) || time.Now().After(end) {
				t.Fatalf("got %q, want %q\n%s", got, want, &messages)
			}
		}
	}
	until("x1")
	put("a.js", "export const transform = (text) => text + 'two'")
	until("xtwo", "x1")
	put("b.js", "export const transform = (text) => text + 'b'")
	until("xtwob", "xtwo")
	if err := os.Remove(filepath.Join(dir, "a.js")); err != nil {
		t.Fatal(err)
	}
	until("xb", "xtwob")
	stop()
	wg.Wait()
}
