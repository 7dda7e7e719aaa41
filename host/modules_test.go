package host

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

func TestResolve(t *testing.T) {
	m := &modules{dir: "/cwd"}
	for _, c := range []struct{ base, spec, want string }{
		{"/a/b.js", "./c.js", "/a/c.js"},
		{"/a/b.js", "../c.js", "/c.js"},
		{"/a/b.js", "../../../../c.js", "/c.js"},
		{"/a/b.js", "./x/../y.js", "/a/y.js"},
		{"/a/b.js", "/x//y.js", "/x/y.js"},
		{"/a/b.js", "file:///x%20y.js", "/x y.js"},
		{"/a/b.js", "file://localhost/x.js", "/x.js"},
		{"want.js", "./c.js", "/cwd/c.js"},
		{"/a/b.js", "std", "wqjs:std"},
		{"/a/b.js", "os", "wqjs:os"},
		{"/a/b.js", "qjs:os", "wqjs:os"},
		{"/a/b.js", "wqjs:sockets", "wqjs:sockets"},
		{"/a/b.js", "./dist/network_sockets.so", "wqjs:sockets"},
		{"/a/b.js", "../../network_sockets.so", "wqjs:sockets"},
		{"/a/b.js", "network_sockets.so", "wqjs:sockets"},
		{"/a/b.js", "/lib/network_sockets.so", "wqjs:sockets"},
		{"wqjs:std", "wqjs:internal/native", "wqjs:internal/native"},
	} {
		if got, err := m.resolve(c.base, c.spec); err != nil || got != c.want {
			t.Errorf("%s from %s: %q, %v; want %q", c.spec, c.base, got, err, c.want)
		}
	}
	for spec, text := range map[string]string{
		"":                     "bare name",
		"lodash":               "bare name",
		"@a/b":                 "bare name",
		"..":                   "bare name",
		"https://e.test/x.js":  "no loading over the network",
		"file://other/x.js":    "file URL",
		"file:x.js":            "file URL",
		"file:///%zz":          "file URL",
		"wqjs:nope":            "no such library module",
		"wqjs:internal/native": "no such library module",
		"wqjs:internal/../std": "no such library module",
		"wqjs:":                "no such library module",
	} {
		if got, err := m.resolve("/a/b.js", spec); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%q: %q, %v; want an error with %q", spec, got, err, text)
		}
	}
}

// tree is a sandbox whose modules are in a folder of its own.
func tree(t *testing.T, files map[string]string) (s *Sandbox, out *buffer, dir string) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range files {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, file, content)
	}
	s, out = sandbox(t, SandboxConfig{ModuleDirs: []string{dir}, Dir: dir})
	return s, out, dir
}

func TestRunFile(t *testing.T) {
	s, out, dir := tree(t, map[string]string{
		"main.js":    "\ufeffimport { b } from './lib/b.js'; print(b, import.meta.main, import.meta.dirname); setTimeout(print, 1, 'timer')",
		"lib/b.js":   "import { c } from '../c.js'; export const b = 'b' + c; print(import.meta.main)",
		"c.js":       "import './lib/b.js'; export const c = 'c'",
		"value.json": "[1]",
	})
	if err := s.RunFile(t.Context(), filepath.Join(dir, "main.js")); err != nil {
		t.Fatal(err)
	}
	if got, want := out.String(), "false\nbc true "+guestPath(dir)+"\ntimer\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestMountedModules(t *testing.T) {
	s, out := sandbox(t, SandboxConfig{Mounts: []Mount{{GuestPath: "/app", FS: fstest.MapFS{
		"main.js": {Data: []byte("import { x } from './x.js'; print(x)")},
		"x.js":    {Data: []byte("export const x = 'mounted'")},
	}}}})
	if err := s.RunFile(t.Context(), "/app/main.js"); err != nil || out.String() != "mounted\n" {
		t.Error(err, out)
	}
}

// Errors of imports say what, from where, and why.
func TestImportErrors(t *testing.T) {
	outside := t.TempDir()
	write(t, filepath.Join(outside, "o.js"), "1")
	s, _, dir := tree(t, map[string]string{
		"missing.js": "import a from './a.js';\nimport b from './none.js';",
		"a.js":       "export default 1",
		"deep.js":    "import './bad.js'",
		"bad.js":     "// fine\nlet x = = 1;",
		"folder.js":  "import './sub'",
		"sub/x.js":   "",
		"denied.js":  "import '" + filepath.ToSlash(filepath.Join(outside, "o.js")) + "'",
		"export.js":  "import { none } from './a.js'",
		"dynamic.js": "\n\nawait import('./none.js')",
		"json.js":    "import v from './v.json'",
		"v.json":     "1",
	})
	at := func(name string) string { return guestPath(filepath.Join(dir, name)) }
	for file, texts := range map[string][]string{
		"missing.js": {`cannot import "./none.js" from ` + at("missing.js") + ":2:15: " + at("none.js") + " does not exist"},
		"deep.js":    {"SyntaxError", "unexpected token"},
		"folder.js":  {`cannot import "./sub"`, "directory"},
		"denied.js":  {"denied", "--allow-read="},
		"export.js":  {"SyntaxError", "none"},
		"dynamic.js": {`cannot import "./none.js" from ` + at("dynamic.js") + ":3:14"},
		"json.js":    {`type: "json"`},
	} {
		t.Run(file, func(t *testing.T) {
			e := jsError(t, s.RunFile(t.Context(), filepath.Join(dir, file)))
			for _, text := range texts {
				if !strings.Contains(e.Error(), text) {
					t.Errorf("%q has no %q", e.Error(), text)
				}
			}
			if file == "deep.js" && (e.Position() != at("bad.js")+":2:9" || e.Line != "let x = = 1;") {
				t.Error(e.Position(), e.Line)
			}
		})
	}
	err := s.RunFile(t.Context(), filepath.Join(dir, "nowhere.js"))
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}
