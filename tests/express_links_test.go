package tests

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/wqjs/wqjs/host"
)

// TestExpressStaticLinks: express.static follows symbolic links within its
// root and none that leads out, though the sandbox may read what is there.
func TestExpressStaticLinks(t *testing.T) {
	dir := t.TempDir()
	root := filepath.Join(dir, "root")
	for _, d := range []string{filepath.Join(root, "sub"), filepath.Join(dir, "other")} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{"root/in.txt": "in", "other/out.txt": "out", "root/sub/s.txt": "sub", "root2.txt": "sibling"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, target := range map[string]string{
		"in-link": "in.txt", "sub-link": "sub", "in-abs": filepath.Join(root, "in.txt"), "out-link": "../other/out.txt",
		"out-abs": filepath.Join(dir, "other/out.txt"), "out-dir": "../other", "chain": "out-link", "loop": "loop", "sibling": "../root2.txt",
		"sub/up": "../in.txt", "sub/far": "../../other/out.txt",
	} {
		if err := os.Symlink(target, filepath.Join(root, name)); err != nil {
			t.Skip("no symbolic links here:", err)
		}
	}
	if err := os.Symlink(root, filepath.Join(dir, "root-link")); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	sb, err := sharedEngine(t).NewSandbox(t.Context(), host.SandboxConfig{
		Policy: host.Policy{ReadDirs: []string{dir}}, Stdout: &out, Stderr: &out,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer sb.Close()
	code := fmt.Sprintf(`
		import express from 'express';
		for (const root of ['%[1]s/root', '%[1]s/root-link']) {
			const app = express();
			app.use(express.static(root, { fallthrough: false }));
			app.use((error, req, res, next) => res.status(error.status).end());
			const line = [];
			for (const name of ['in-link', 'sub-link/s.txt', 'in-abs', 'sub/up', 'out-link', 'out-abs', 'out-dir/out.txt', 'chain', 'loop', 'sibling', 'sub/far']) {
				const res = await app.request('/' + name);
				line.push(res.status === 200 ? await res.text() : res.status);
			}
			print(line.join(' '));
		}`, dir)
	if err := sb.EvalModule(t.Context(), "/links.js", code); err != nil {
		t.Fatal(err)
	}
	if err := sb.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := "in sub in in 403 403 403 403 404 403 403\n"
	if out.String() != want+want {
		t.Errorf("got\n%swant twice\n%s", out.String(), want)
	}
}
