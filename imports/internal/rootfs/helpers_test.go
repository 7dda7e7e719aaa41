package rootfs

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sort"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/tetratelabs/wazero/experimental/sys"
)

const marker = "MARKER outside of every grant"

// testTree is a folder with something of each kind and, beside the folders to
// grant, one with the marker.
type testTree struct {
	t    testing.TB
	host string
}

func newTree(t testing.TB) *testTree {
	t.Helper()
	host, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	tree := &testTree{t, host}
	for _, dir := range []string{"in", "other"} {
		tree.write(dir+"/file", "content of "+dir)
		tree.write(dir+"/sub/inner", "inner")
		tree.mkdir(dir + "/empty")
		tree.link("file", dir+"/link")
		tree.link("sub", dir+"/dirlink")
		tree.link("missing", dir+"/dangling")
		tree.link("loop", dir+"/loop")
		tree.link("../secret/marker", dir+"/out")
		tree.link("../secret", dir+"/outdir")
		tree.link("../secret/missing", dir+"/outmissing")
		tree.link(tree.path("secret/marker"), dir+"/outabs")
		tree.link(tree.path(dir+"/file"), dir+"/inabs")
		tree.link(tree.path(dir+"/sub"), dir+"/dirabs")
		tree.link("sub/../../"+dir+"/file", dir+"/around")
	}
	tree.write("secret/marker", marker)
	return tree
}

func (tr *testTree) path(rel string) string { return filepath.Join(tr.host, filepath.FromSlash(rel)) }

// guest is the path for the guest.
func (tr *testTree) guest(rel string) string {
	tr.t.Helper()
	p, err := GuestPath(tr.path(rel))
	if err != nil {
		tr.t.Fatal(err)
	}
	return p
}

func (tr *testTree) mkdir(rel string) {
	tr.t.Helper()
	if err := os.MkdirAll(tr.path(rel), 0o755); err != nil {
		tr.t.Fatal(err)
	}
}

func (tr *testTree) write(rel, content string) {
	tr.t.Helper()
	tr.mkdir(filepath.ToSlash(filepath.Dir(rel)))
	if err := os.WriteFile(tr.path(rel), []byte(content), 0o644); err != nil {
		tr.t.Fatal(err)
	}
}

func (tr *testTree) read(rel string) string {
	tr.t.Helper()
	b, err := os.ReadFile(tr.path(rel))
	if err != nil {
		tr.t.Fatal(err)
	}
	return string(b)
}

func (tr *testTree) exists(rel string) bool {
	_, err := os.Lstat(tr.path(rel))
	return err == nil
}

// link makes a symbolic link, which on Windows needs a privilege.
func (tr *testTree) link(target, rel string) {
	tr.t.Helper()
	err := os.Symlink(filepath.FromSlash(target), tr.path(rel))
	if err != nil && runtime.GOOS == "windows" {
		tr.t.Skipf("this user cannot make symbolic links: %v", err)
	} else if err != nil {
		tr.t.Fatal(err)
	}
}

// grant is Dir with rights as "r", "w" or "rw".
func (tr *testTree) grant(rel, rights string) Grant {
	tr.t.Helper()
	g, err := Dir(tr.path(rel), strings.Contains(rights, "r"), strings.Contains(rights, "w"))
	if err != nil {
		tr.t.Fatal(err)
	}
	return g
}

// fs is New with grants as "in:rw".
func (tr *testTree) fs(opts Options, grants ...string) *FS {
	tr.t.Helper()
	var list []Grant
	for _, g := range grants {
		rel, rights, _ := strings.Cut(g, ":")
		list = append(list, tr.grant(rel, rights))
	}
	return newFS(tr.t, opts, list...)
}

func newFS(t testing.TB, opts Options, grants ...Grant) *FS {
	t.Helper()
	f, err := New(grants, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return f
}

func testMapFS() fs.FS {
	return fstest.MapFS{
		"file":      {Data: []byte("mapped")},
		"sub/inner": {Data: []byte("inner mapped")},
		"empty":     {Mode: fs.ModeDir | 0o755},
	}
}

func want(t testing.TB, what string, got, want sys.Errno) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func mustOpen(t testing.TB, f *FS, name string, flag sys.Oflag) sys.File {
	t.Helper()
	file, errno := f.OpenFile(name, flag, 0o600)
	if errno != 0 {
		t.Fatalf("open %s: %v", name, errno)
	}
	t.Cleanup(func() { _ = file.Close() })
	return file
}

// readAll opens and reads a file as a guest does.
func readAll(f *FS, name string) (string, sys.Errno) {
	file, errno := f.OpenFile(name, sys.O_RDONLY, 0)
	if errno != 0 {
		return "", errno
	}
	defer file.Close()
	var out []byte
	buf := make([]byte, 7)
	for {
		n, errno := file.Read(buf)
		if errno != 0 {
			return string(out), errno
		}
		if n == 0 {
			return string(out), 0
		}
		out = append(out, buf[:n]...)
	}
}

// list returns the sorted names in a folder.
func list(f *FS, name string) ([]string, sys.Errno) {
	dir, errno := f.OpenFile(name, sys.O_DIRECTORY, 0)
	if errno != 0 {
		return nil, errno
	}
	defer dir.Close()
	return names(dir, 3)
}

func names(dir sys.File, chunk int) ([]string, sys.Errno) {
	out := []string{}
	for {
		entries, errno := dir.Readdir(chunk)
		if errno != 0 {
			return nil, errno
		}
		for _, e := range entries {
			out = append(out, e.Name)
		}
		if len(entries) < chunk {
			sort.Strings(out)
			return out, 0
		}
	}
}

func isErrno(err error, errno sys.Errno) bool {
	var e sys.Errno
	return errors.As(err, &e) && e == errno
}
