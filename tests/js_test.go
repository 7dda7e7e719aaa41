// Package tests holds the black-box tests: the JavaScript tests of js/ run
// here, each file in a sandbox of its own.
package tests

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/wqjs/wqjs/host"
	"github.com/wqjs/wqjs/tests/certs"
)

// TestJS runs every file below js/ that is not a helper. A file passes when it
// ends without an error and all tests it planned (TAP: "1..N") were ok.
func TestJS(t *testing.T) {
	ctx := t.Context()
	engine, err := host.NewEngine(ctx, host.Config{CacheDir: filepath.Join(t.TempDir(), "cache")})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close(context.Background())
	root, err := filepath.Abs("js")
	if err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(file) != ".js" || filepath.Dir(file) == root || strings.HasPrefix(d.Name(), "_") {
			return err
		}
		rel, _ := filepath.Rel(root, file)
		t.Run(filepath.ToSlash(rel), func(t *testing.T) { runJS(t, engine, root, file, nil) })
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

var (
	planned = regexp.MustCompile(`(?m)^1\.\.(\d+)$`)
	passed  = regexp.MustCompile(`(?m)^ok \d+`)
)

// runJS runs a file in the network given; nil is the system's.
func runJS(t *testing.T, engine *host.Engine, root, file string, network *host.VirtualNet) {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	tmp := t.TempDir()
	if filepath.Base(filepath.Dir(file)) == "tls" {
		certs.New(t).Write(t, tmp)
	}
	var out, errOut bytes.Buffer
	config := host.SandboxConfig{
		Policy: host.Policy{
			Listen: []string{"127.0.0.0/8", "[::1]", "0.0.0.0:0", "[::]:0"}, Connect: []string{"127.0.0.0/8", "[::1]"},
			UDP: []string{"127.0.0.0/8", "[::1]"}, Resolve: []string{"localhost"},
			Unix: []string{tmp + "/"}, Env: []string{"WQJS_*"},
			ReadDirs: []string{root, tmp}, WriteDirs: []string{tmp},
		},
		Net:        network,
		Dir:        tmp,
		ModuleDirs: []string{root},
		Args:       []string{file, tmp},
		Env:        []string{"WQJS_TEST=yes", "SECRET=no"},
		Stdout:     &out,
		Stderr:     &errOut,
	}
	replay := record(t, engine, &config, file)
	sb, err := engine.NewSandbox(ctx, config)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		sb.Close()
		replay(out.String(), errOut.String())
	}()
	err = sb.RunFile(ctx, file)
	if fds := sb.Stats().FDs; err == nil && fds != 0 {
		t.Errorf("%d sockets are still open at the end", fds)
	}
	m := planned.FindStringSubmatch(out.String())
	if n := len(passed.FindAllString(out.String(), -1)); err != nil || m == nil || m[1] == "0" || m[1] != strconv.Itoa(n) {
		t.Errorf("error %v, plan %q, %d ok\n%s%s", err, m, n, failures(out.String()), errOut.String())
		if js, ok := err.(*host.JSError); ok {
			t.Log(js.Stack)
		}
	}
	golden(t, strings.TrimSuffix(file, ".js")+".out", out.Bytes())
	golden(t, strings.TrimSuffix(file, ".js")+".err", errOut.Bytes())
	if os.Getenv("WQJS_TEST_VERBOSE") != "" {
		t.Log(out.String(), errOut.String())
	}
}

// failures keeps the lines that do not tell of success.
func failures(tap string) string {
	var b strings.Builder
	for line := range strings.Lines(tap) {
		if !strings.HasPrefix(line, "ok ") {
			b.WriteString(line)
		}
	}
	return b.String()
}

// golden compares output with the file, where there is one: a script cannot
// read what it wrote.
func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	want, err := os.ReadFile(file)
	if err != nil || bytes.Equal(want, got) {
		return
	}
	if os.Getenv("WQJS_UPDATE") != "" {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	w, g := strings.Split(string(want), "\n"), strings.Split(string(got), "\n")
	for i := range min(len(w), len(g)) {
		if w[i] != g[i] {
			t.Errorf("%s:%d: want %q, got %q (WQJS_UPDATE=1 rewrites it)", filepath.Base(file), i+1, w[i], g[i])
			return
		}
	}
	t.Errorf("%s: want %d lines, got %d", filepath.Base(file), len(w), len(g))
}
