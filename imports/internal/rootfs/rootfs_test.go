package rootfs

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/tetratelabs/wazero/experimental/sys"
)

func TestDirErrors(t *testing.T) {
	tree := newTree(t)
	for _, name := range []string{"", tree.path("missing"), tree.path("in/dangling"), tree.path("in/file/x")} {
		_, err := Dir(name, true, false)
		if err == nil || !strings.Contains(err.Error(), `"`+strings.ReplaceAll(name, `\`, `\\`)+`"`) {
			t.Errorf("%q: %v", name, err)
		}
	}
	t.Chdir(tree.host)
	g, err := Dir("./in/../in", true, false)
	if err != nil || g.GuestPath != tree.guest("in") {
		t.Errorf("relative: %q, %v", g.GuestPath, err)
	}
	_ = g.Close()
}

func TestNewErrors(t *testing.T) {
	tree := newTree(t)
	in, other := tree.grant("in", "r"), tree.grant("other", "r")
	lib := testMapFS()
	for name, grants := range map[string][]Grant{
		"not absolute and clean": {{GuestPath: "lib", FS: lib, Read: true}},
		"absolute and clean":     {{GuestPath: "/lib/", FS: lib, Read: true}},
		"clean":                  {{GuestPath: "/lib\x00", FS: lib, Read: true}},
		"either Root or FS":      {{GuestPath: "/lib", Read: true}},
		"either Root":            {{GuestPath: "/lib", FS: lib, Root: in.Root, Read: true}},
		"neither Read nor Write": {{GuestPath: "/lib", FS: lib}},
		"cannot have Write":      {{GuestPath: "/lib", FS: lib, Read: true, Write: true}},
		"the name of a file":     {{GuestPath: "/lib", Root: in.Root, File: "sub/inner", Read: true}},
		"name of a file":         {{GuestPath: "/lib", Root: in.Root, File: "..", Read: true}},
		"of a file in a folder":  {{GuestPath: "/", Root: in.Root, File: "file", Read: true}},
		"two different things": {
			{GuestPath: "/lib", Root: in.Root, Read: true}, {GuestPath: "/lib", Root: other.Root, Read: true}},
		"different things": {
			{GuestPath: "/lib", Root: in.Root, Read: true}, {GuestPath: "/lib", FS: lib, Read: true}},
	} {
		_, err := New(grants, Options{KeepGrants: true})
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("want %q: %v", name, err)
		}
	}
	// The grants are closed, as nobody has them now.
	if _, err := New([]Grant{in, {GuestPath: "bad"}}, Options{}); err == nil {
		t.Error("no error")
	}
	if _, err := in.Root.Stat("."); err == nil {
		t.Error("the folder is still open")
	}
	f := newFS(t, Options{KeepGrants: true}, other)
	_ = f.Close()
	if _, err := other.Root.Stat("."); err != nil {
		t.Error("the folder was closed")
	}
	_ = other.Close()
}

// Rights of grants at and around the same place add up.
func TestGrantsAddUp(t *testing.T) {
	for _, c := range []struct {
		grants      []string
		name        string
		read, write bool
	}{
		{[]string{"in:r", "in:w"}, "in/file", true, true},
		{[]string{"in:r", "in/sub:w"}, "in/sub/inner", true, true},
		{[]string{"in/sub:w", "in:r"}, "in/sub/inner", true, true},
		{[]string{"in:r", "in/sub:w"}, "in/file", true, false},
		{[]string{"in:w", "in/file:r"}, "in/file", true, true},
		{[]string{"in:w", "in/sub:r"}, "in/file", false, true},
		{[]string{"in:rw", "in/sub:r"}, "in/sub/inner", true, true},
		{[]string{"in/file:r", "in/file:w"}, "in/file", true, true},
		{[]string{":r", "in:w", "in/sub:r"}, "in/sub/inner", true, true},
		// A link in the outer grant to elsewhere: the rights stay apart.
		{[]string{"in:r", "in/outdir:w"}, "in/outdir/marker", false, true},
		{[]string{"in:w", "in/out:r"}, "in/out", true, false},
		// To a place inside: they do not.
		{[]string{"in:r", "in/dirlink:w"}, "in/dirlink/inner", true, true},
		{[]string{"in:r", "in/link:w"}, "in/link", true, true},
	} {
		tree := newTree(t)
		f := tree.fs(Options{}, c.grants...)
		for flag, allowed := range map[sys.Oflag]bool{sys.O_RDONLY: c.read, sys.O_WRONLY: c.write, sys.O_RDWR: c.read && c.write} {
			file, errno := f.OpenFile(tree.guest(c.name), flag, 0)
			if errno == 0 {
				_ = file.Close()
			}
			if allowed && errno != 0 || !allowed && errno != sys.EACCES {
				t.Errorf("%v: %s with flags %#x: %v", c.grants, c.name, flag, errno)
			}
		}
	}
}

// Redundant grants become one, within which renames work.
func TestRedundantGrant(t *testing.T) {
	tree := newTree(t)
	f := tree.fs(Options{}, "in:rw", "in/sub:rw", "in/sub/inner:r")
	want(t, "rename", f.Rename(tree.guest("in/file"), tree.guest("in/sub/file")), 0)
	want(t, "rename", f.Rename(tree.guest("in/sub/inner"), tree.guest("in/inner")), 0)
	f = tree.fs(Options{}, "other:r", "other/sub:rw", "other/empty:rw")
	want(t, "rename", f.Rename(tree.guest("other/sub/inner"), tree.guest("other/empty/inner")), sys.ENOTSUP)
	want(t, "rename of a grant", f.Rename(tree.guest("other/sub"), tree.guest("other/empty/sub")), sys.EPERM)
}

// A write-only grant with a readable one inside: nothing moves from where it
// cannot be read to where it can.
func TestNoRenameIntoReadable(t *testing.T) {
	tree := newTree(t)
	tree.write("in/private", marker)
	f := tree.fs(Options{}, "in:w", "in/sub:r")
	sneaky := tree.guest("in/sneaky")
	want(t, "symlink", f.Symlink("sub", sneaky), 0)
	want(t, "rename", f.Rename(tree.guest("in/private"), sneaky+"/x"), sys.EACCES)
	want(t, "rename", f.Rename(tree.guest("in/private"), tree.guest("in/moved")), sys.EACCES)
	want(t, "rename", f.Rename(tree.guest("in/private"), tree.guest("in/sub/x")), sys.EACCES)
	want(t, "link", f.Link(tree.guest("in/private"), sneaky+"/x"), sys.EACCES)
	want(t, "in the readable one", f.Rename(tree.guest("in/sub/inner"), tree.guest("in/sub/x")), 0)
	// Also when the readable one is granted by another path.
	tree = newTree(t)
	tree.link("in", "alias")
	f = tree.fs(Options{}, "in:w", "alias/sub:r")
	want(t, "rename", f.Rename(tree.guest("in/file"), tree.guest("in/moved")), sys.EACCES)
	// Without, write-only folders can rename.
	f = tree.fs(Options{}, "in:w", "other:r")
	want(t, "rename", f.Rename(tree.guest("in/file"), tree.guest("in/moved")), 0)
}

func TestShells(t *testing.T) {
	tree := newTree(t)
	lib := Grant{GuestPath: tree.guest("in") + "/virtual/lib", FS: testMapFS(), Read: true}
	over := Grant{GuestPath: tree.guest("in") + "/sub/over", FS: testMapFS(), Read: true}
	f := newFS(t, Options{}, tree.grant("in/sub", "r"), tree.grant("other/file", "r"), lib, over)
	for name, names := range map[string][]string{
		"":               {"in", "other"},
		"in":             {"sub", "virtual"},
		"in/virtual":     {"lib"},
		"in/virtual/lib": {"empty", "file", "sub"},
		"in/sub":         {"inner", "over"},
		"in/sub/over":    {"empty", "file", "sub"},
		"other":          {"file"},
	} {
		got, errno := list(f, tree.guest(name))
		if errno != 0 || !reflect.DeepEqual(got, names) {
			t.Errorf("list %q: %q, %v, want %q", name, got, errno, names)
		}
	}
	// Every folder up to the top is there for the guest to walk, and no more.
	for dir := tree.guest(""); ; dir = path.Dir(dir) {
		st, errno := f.Stat(dir)
		if errno != 0 || !st.Mode.IsDir() || st.Ino == 0 {
			t.Errorf("stat %s: %+v, %v", dir, st, errno)
		}
		want(t, "mkdir "+dir, f.Mkdir(dir, 0o700), sys.EEXIST)
		_, errno = f.Readlink(dir)
		want(t, "readlink "+dir, errno, sys.EINVAL)
		_, errno = f.OpenFile(dir, sys.O_RDWR, 0)
		want(t, "write "+dir, errno, sys.EISDIR)
		for what, errno := range map[string]sys.Errno{
			"create": opening("/new", sys.O_WRONLY|sys.O_CREAT)(f, dir), "mkdir": f.Mkdir(dir+"/new", 0o700),
			"rmdir": f.Rmdir(dir), "unlink": f.Unlink(dir), "utimens": f.Utimens(dir, 1, 1),
			"rename": f.Rename(dir, dir+"x"),
		} {
			want(t, what+" "+dir, errno, sys.EACCES)
		}
		if _, _, err := f.ReadFile(dir, 100); !isErrno(err, sys.EISDIR) {
			t.Errorf("ReadFile %s: %v", dir, err)
		}
		got, errno := list(f, dir)
		if errno != 0 || dir != tree.guest("") && len(got) != 1 {
			t.Errorf("list %s: %q, %v", dir, got, errno)
		}
		if dir == "/" {
			break
		}
	}
	// A mounted fs.FS inside a folder of the host keeps the folders above it.
	g := newFS(t, Options{}, tree.grant("in", "rw"), lib)
	got, errno := list(g, tree.guest("in/virtual"))
	if errno != 0 || !reflect.DeepEqual(got, []string{"lib"}) {
		t.Errorf("list: %q, %v", got, errno)
	}
	st, errno := g.Stat(tree.guest("in/virtual"))
	if errno != 0 || !st.Mode.IsDir() {
		t.Errorf("stat: %v, %v", st.Mode, errno)
	}
	if s, errno := readAll(g, tree.guest("in/virtual/lib/file")); s != "mapped" || errno != 0 {
		t.Errorf("read: %q, %v", s, errno)
	}
	want(t, "rename of a shell", g.Rename(tree.guest("in/virtual"), tree.guest("in/x")), sys.EPERM)
	if got, _ := list(g, tree.guest("in")); !contains(got, "virtual") || !contains(got, "file") {
		t.Errorf("list: %q", got)
	}
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

func TestNothingGranted(t *testing.T) {
	f := newFS(t, Options{})
	got, errno := list(f, "/")
	if errno != 0 || len(got) != 0 {
		t.Errorf("list: %q, %v", got, errno)
	}
	_, errno = f.Stat("/etc")
	want(t, "stat", errno, sys.EACCES)
}

func TestMaxOpenFiles(t *testing.T) {
	tree := newTree(t)
	var limits []string
	opts := Options{MaxOpenFiles: 3, OnLimit: func(field string) { limits = append(limits, field) }}
	lib := Grant{GuestPath: "/lib", FS: testMapFS(), Read: true}
	f := newFS(t, opts, tree.grant("in", "rw"), lib)
	var open []sys.File
	for _, name := range []string{tree.guest("in/file"), tree.guest("in"), "/lib/file"} {
		open = append(open, mustOpen(t, f, name, sys.O_RDONLY))
	}
	for _, name := range []string{tree.guest("in/file"), tree.guest("in"), "/lib/file", "/lib", "/./"} {
		_, errno := f.OpenFile(name, sys.O_RDONLY, 0)
		want(t, name, errno, sys.EAGAIN)
	}
	if len(limits) != 5 || limits[0] != "MaxOpenFiles" {
		t.Errorf("OnLimit got %q", limits)
	}
	_ = open[0].Close()
	_ = open[0].Close() // gives back one slot, not two
	_ = mustOpen(t, f, tree.guest("in/file"), sys.O_RDONLY)
	_, errno := f.OpenFile("/lib", sys.O_RDONLY, 0)
	want(t, "full again", errno, sys.EAGAIN)
	for range 10 { // failing does not use up slots
		_, _ = f.OpenFile(tree.guest("in/missing"), sys.O_RDONLY, 0)
	}
	if err := f.Reset(); err != nil || f.slots != 0 {
		t.Errorf("after Reset: %d slots, %v", f.slots, err)
	}
}

func TestMaxWriteBytes(t *testing.T) {
	tree := newTree(t)
	var limits []string
	f := tree.fs(Options{MaxWriteBytes: 100, OnLimit: func(field string) { limits = append(limits, field) }}, "in:rw")
	file := mustOpen(t, f, tree.guest("in/file"), sys.O_RDWR|sys.O_TRUNC)
	spend := func(what string, errno, expect sys.Errno, spent int64) {
		t.Helper()
		want(t, what, errno, expect)
		if got := f.spent.Load(); got != spent {
			t.Errorf("%s: %d bytes spent, want %d", what, got, spent)
		}
	}
	_, errno := file.Write(make([]byte, 60))
	spend("write", errno, 0, 60)
	_, errno = file.Write(make([]byte, 41))
	spend("write too much", errno, sys.EIO, 60)
	_, errno = file.Pwrite(make([]byte, 10), 60)
	spend("pwrite", errno, 0, 70)
	_, errno = file.Pwrite(make([]byte, 1), 1<<40)
	spend("a hole", errno, sys.EIO, 70)
	_, errno = file.Pwrite(make([]byte, 1), 1<<63-1)
	spend("a huge hole", errno, sys.EIO, 70)
	_, errno = file.Pwrite(make([]byte, 100), 1<<63-1)
	spend("beyond all holes", errno, sys.EINVAL, 70)
	_, errno = file.Seek(1000, 0)
	want(t, "seek", errno, 0)
	_, errno = file.Write([]byte{1})
	spend("a hole by seek", errno, sys.EIO, 70)
	spend("truncate", file.Truncate(80), 0, 80)
	spend("truncate too much", file.Truncate(101), sys.EIO, 80)
	spend("shrink", file.Truncate(0), 0, 80)
	spend("mkdir", f.Mkdir(tree.guest("in/new"), 0o700), sys.EIO, 80)
	spend("symlink", f.Symlink("x", tree.guest("in/new")), sys.EIO, 80)
	spend("link", f.Link(tree.guest("in/file"), tree.guest("in/new")), sys.EIO, 80)
	_, errno = f.OpenFile(tree.guest("in/new"), sys.O_WRONLY|sys.O_CREAT, 0o600)
	spend("create", errno, sys.EIO, 80)
	if tree.exists("in/new") {
		t.Error("it was made")
	}
	want(t, "append", file.SetAppend(true), 0)
	_, errno = file.Write(make([]byte, 20))
	spend("append", errno, 0, 100)
	_, errno = file.Write([]byte{1})
	spend("full", errno, sys.EIO, 100)
	if len(limits) != 10 || limits[0] != "MaxWriteBytes" {
		t.Errorf("OnLimit got %q", limits)
	}
	if err := f.Reset(); err != nil || f.spent.Load() != 0 {
		t.Errorf("after Reset: %d, %v", f.spent.Load(), err)
	}
	f = tree.fs(Options{MaxWriteBytes: 3 * entryCost}, "in:rw")
	want(t, "mkdir", f.Mkdir(tree.guest("in/a"), 0o700), 0)
	want(t, "mkdir fails", f.Mkdir(tree.guest("in/missing/b"), 0o700), sys.ENOENT)
	want(t, "symlink", f.Symlink("x", tree.guest("in/b")), 0)
	want(t, "create", opening("/c", sys.O_WRONLY|sys.O_CREAT)(f, tree.guest("in")), 0)
	want(t, "create again", opening("/c", sys.O_WRONLY|sys.O_CREAT)(f, tree.guest("in")), 0)
	want(t, "create one more", opening("/d", sys.O_WRONLY|sys.O_CREAT)(f, tree.guest("in")), sys.EIO)
}

func TestAll(t *testing.T) {
	tree := newTree(t)
	grants, err := All(true, false)
	if err != nil {
		t.Fatal(err)
	}
	f := newFS(t, Options{}, grants...)
	if got, errno := readAll(f, tree.guest("in/inabs")); got != "content of in" || errno != 0 {
		t.Errorf("%q, %v", got, errno)
	}
	if got, errno := readAll(f, tree.guest("in/outabs")); got != marker || errno != 0 {
		t.Errorf("%q, %v", got, errno)
	}
	want(t, "write", opening("/file", sys.O_WRONLY)(f, tree.guest("in")), sys.EACCES)
	top, errno := f.OpenFile(".", sys.O_RDONLY, 0)
	if got, _ := names(top, 5); errno != 0 || len(got) == 0 {
		t.Errorf("top: %q, %v", got, errno)
	}
}

func TestHostPath(t *testing.T) {
	abs := t.TempDir()
	guest, err := GuestPath(abs)
	if err != nil || !path.IsAbs(guest) || path.Clean(guest) != guest {
		t.Errorf("GuestPath(%q) = %q, %v", abs, guest, err)
	}
	if got := HostPath(guest); got != filepath.Clean(abs) {
		t.Errorf("HostPath(%q) = %q", guest, got)
	}
}

func TestFolderReplaced(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("an open folder cannot be renamed on Windows")
	}
	tree := newTree(t)
	f := tree.fs(Options{}, "in:rw")
	if err := os.Rename(tree.path("in"), tree.path("gone")); err != nil {
		t.Fatal(err)
	}
	tree.link("secret", "in")
	// The grant is the folder that was opened, wherever it is now.
	if got, errno := readAll(f, tree.guest("in/file")); got != "content of in" || errno != 0 {
		t.Errorf("%q, %v", got, errno)
	}
	_, errno := readAll(f, tree.guest("in/marker"))
	want(t, "marker", errno, sys.ENOENT)
}

func TestConcurrentClose(t *testing.T) {
	for range 20 {
		tree := newTree(t)
		f := tree.fs(Options{MaxWriteBytes: 1 << 30}, "in:rw")
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for {
					file, errno := f.OpenFile(tree.guest("in/file"), sys.O_RDWR, 0)
					if errno == sys.EBADF {
						return
					}
					if errno != 0 {
						t.Errorf("open: %v", errno)
						return
					}
					_, _ = file.Write([]byte("x"))
					_, _ = file.Pread(make([]byte, 1), 0)
					_ = file.SetAppend(true)
					_, _ = list(f, tree.guest("in"))
					_, _, _ = f.ReadFile(tree.guest("in/link"), 10)
					_ = file.Close()
				}
			})
		}
		_ = f.Reset()
		_ = f.Close()
		wg.Wait()
		if f.slots != 0 || len(f.open) != 0 {
			t.Fatalf("%d slots and %d files left", f.slots, len(f.open))
		}
	}
}

var _ fs.FS = plainFS{}
