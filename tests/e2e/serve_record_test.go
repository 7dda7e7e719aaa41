//go:build unix

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// reader is an app that reads what a request names, and the environment.
const reader = `
import * as std from 'wqjs:std';
export default {
  fetch(request) {
    const { pathname } = new URL(request.url);
    console.log('request', pathname);
    const file = pathname === '/' ? null : std.loadFile(std.getenv('WQJS_E2E_DATA') + pathname);
    return new Response(file ?? 'nothing');
  },
};
`

// TestServeLearn: the policy that all workers together needed, and no more.
func TestServeLearn(t *testing.T) {
	app := writeApp(t, reader)
	data, policy := t.TempDir(), filepath.Join(t.TempDir(), "policy.json")
	t.Setenv("WQJS_E2E_DATA", data)
	for _, name := range []string{"a", "b", "c"} {
		if err := os.WriteFile(filepath.Join(data, name), []byte("this is "+name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p, url := startServe(t, app, "--workers", "2", "-A", "--learn", policy)
	for i := range 20 { // to both workers
		name := string("ab"[i%2])
		if got, err := get(url + "/" + name); err != nil || got != "this is "+name {
			t.Fatal(got, err)
		}
	}
	p.cmd.Process.Signal(syscall.SIGTERM)
	if err := p.wait(); err != nil {
		t.Fatal(err, p.errs.String())
	}
	text, err := os.ReadFile(policy)
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range []string{filepath.Join(data, "a"), filepath.Join(data, "b"), "WQJS_E2E_DATA"} {
		if !strings.Contains(string(text), rule) {
			t.Errorf("no %s in %s", rule, text)
		}
	}
	if strings.Contains(string(text), `"listen"`) { // it is handed over
		t.Errorf("%s", text)
	}

	q, url := startServe(t, app, "--workers", "2", "--policy", policy)
	for path, want := range map[string]string{"/a": "this is a", "/b": "this is b", "/c": "nothing"} {
		if got, err := get(url + path); err != nil || got != want {
			t.Errorf("%s under the learned policy: %q, %v", path, got, err)
		}
	}
	q.cmd.Process.Signal(syscall.SIGTERM)
	if err := q.wait(); err != nil {
		t.Error(err, q.errs.String())
	}
}

// TestServeRecord: what a worker did is replayed without network and files.
func TestServeRecord(t *testing.T) {
	app := writeApp(t, reader)
	data, tape := t.TempDir(), filepath.Join(t.TempDir(), "serve.rec")
	t.Setenv("WQJS_E2E_DATA", data)
	if err := os.WriteFile(filepath.Join(data, "a"), []byte("this is a"), 0o600); err != nil {
		t.Fatal(err)
	}
	p, url := startServe(t, app, "--workers", "1", "-A", "--record", tape)
	if l := p.line(); l != "request /" {
		t.Error(l)
	}
	want := []string{"request /"}
	for i := range 3 {
		if got, err := get(url + "/a?" + fmt.Sprint(i)); err != nil || got != "this is a" {
			t.Fatal(got, err)
		}
		want = append(want, p.line())
	}
	p.cmd.Process.Signal(syscall.SIGTERM)
	if err := p.wait(); err != nil {
		t.Fatal(err, p.errs.String())
	}
	if err := os.Remove(filepath.Join(data, "a")); err != nil {
		t.Fatal(err)
	}
	r := start(t, "replay", tape)
	for i, w := range want {
		if l := r.line(); l != w {
			t.Errorf("line %d is %q, was %q", i, l, w)
		}
	}
	if err := r.wait(); err != nil {
		t.Error(err, r.errs.String())
	}
}
