package rootfs

import (
	"io/fs"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero/experimental/sys"
)

// operations each act on the grant at dir, which holds a testTree's folder.
var operations = []struct {
	name string
	do   func(f *FS, dir string) sys.Errno
}{
	{"open read", opening("/file", sys.O_RDONLY)},
	{"open write", opening("/file", sys.O_WRONLY)},
	{"open both", opening("/file", sys.O_RDWR)},
	{"truncate", opening("/file", sys.O_WRONLY|sys.O_TRUNC)},
	{"truncate only", opening("/file", sys.O_RDONLY|sys.O_TRUNC)},
	{"create", opening("/new", sys.O_WRONLY|sys.O_CREAT)},
	{"create both", opening("/new", sys.O_RDWR|sys.O_CREAT)},
	{"create taken", opening("/file", sys.O_WRONLY|sys.O_CREAT|sys.O_EXCL)},
	{"missing read", opening("/missing", sys.O_RDONLY)},
	{"missing write", opening("/missing", sys.O_WRONLY)},
	{"open folder", opening("/sub", sys.O_RDONLY)},
	{"write folder", opening("/sub", sys.O_WRONLY)},
	{"file as folder", opening("/file", sys.O_DIRECTORY)},
	{"file slash", opening("/file/", sys.O_RDONLY)},
	{"folder slash", opening("/sub/", sys.O_RDONLY)},
	{"through file", opening("/file/x", sys.O_RDONLY)},
	{"list", func(f *FS, dir string) sys.Errno { _, errno := list(f, dir); return errno }},
	{"stat", func(f *FS, dir string) sys.Errno { _, errno := f.Stat(dir + "/file"); return errno }},
	{"stat slash", func(f *FS, dir string) sys.Errno { _, errno := f.Stat(dir + "/file/"); return errno }},
	{"stat missing", func(f *FS, dir string) sys.Errno { _, errno := f.Stat(dir + "/missing"); return errno }},
	{"stat grant", func(f *FS, dir string) sys.Errno { _, errno := f.Stat(dir); return errno }},
	{"lstat", func(f *FS, dir string) sys.Errno { _, errno := f.Lstat(dir + "/file"); return errno }},
	{"readlink", func(f *FS, dir string) sys.Errno { _, errno := f.Readlink(dir + "/link"); return errno }},
	{"readlink file", func(f *FS, dir string) sys.Errno { _, errno := f.Readlink(dir + "/file"); return errno }},
	{"mkdir", func(f *FS, dir string) sys.Errno { return f.Mkdir(dir+"/made", 0o700) }},
	{"mkdir taken", func(f *FS, dir string) sys.Errno { return f.Mkdir(dir+"/sub", 0o700) }},
	{"mkdir grant", func(f *FS, dir string) sys.Errno { return f.Mkdir(dir, 0o700) }},
	{"rmdir", func(f *FS, dir string) sys.Errno { return f.Rmdir(dir + "/empty") }},
	{"rmdir full", func(f *FS, dir string) sys.Errno { return f.Rmdir(dir + "/sub") }},
	{"rmdir file", func(f *FS, dir string) sys.Errno { return f.Rmdir(dir + "/file") }},
	{"rmdir grant", func(f *FS, dir string) sys.Errno { return f.Rmdir(dir) }},
	{"unlink", func(f *FS, dir string) sys.Errno { return f.Unlink(dir + "/file") }},
	{"unlink slash", func(f *FS, dir string) sys.Errno { return f.Unlink(dir + "/file/") }},
	{"unlink folder", func(f *FS, dir string) sys.Errno { return f.Unlink(dir + "/empty") }},
	{"rename", func(f *FS, dir string) sys.Errno { return f.Rename(dir+"/file", dir+"/moved") }},
	{"rename grant", func(f *FS, dir string) sys.Errno { return f.Rename(dir, dir+"/sub/moved") }},
	{"link", func(f *FS, dir string) sys.Errno { return f.Link(dir+"/file", dir+"/second") }},
	{"symlink", func(f *FS, dir string) sys.Errno { return f.Symlink("file", dir+"/newlink") }},
	{"utimens", func(f *FS, dir string) sys.Errno { return f.Utimens(dir+"/file", 1, 2) }},
}

func opening(name string, flag sys.Oflag) func(f *FS, dir string) sys.Errno {
	return func(f *FS, dir string) sys.Errno {
		file, errno := f.OpenFile(dir+name, flag, 0o600)
		if errno == 0 {
			_ = file.Close()
		}
		return errno
	}
}

// expected results; an operation that is not listed is EACCES.
var expected = map[string]map[string]sys.Errno{
	"none": {},
	"r": {
		"open read": 0, "create taken": sys.EACCES, "missing read": sys.ENOENT, "open folder": 0,
		"write folder": sys.EACCES, "file as folder": sys.ENOTDIR, "file slash": sys.ENOTDIR,
		"folder slash": 0, "through file": sys.ENOTDIR, "list": 0, "stat": 0, "stat slash": sys.ENOTDIR,
		"stat missing": sys.ENOENT, "stat grant": 0, "lstat": 0, "readlink": 0,
		"readlink file": sys.EINVAL, "mkdir grant": sys.EEXIST,
	},
	"w": {
		"open write": 0, "truncate": 0, "create": 0, "create taken": sys.EEXIST,
		"missing write": sys.ENOENT, "write folder": sys.EISDIR, "stat grant": 0,
		"mkdir": 0, "mkdir taken": sys.EEXIST, "mkdir grant": sys.EEXIST,
		"rmdir": 0, "rmdir full": sys.ENOTEMPTY, "rmdir file": sys.ENOTDIR, "rmdir grant": sys.EPERM,
		"unlink": 0, "unlink slash": sys.ENOTDIR, "unlink folder": sys.EISDIR,
		"rename": 0, "rename grant": sys.EPERM, "symlink": 0, "utimens": 0,
	},
	"rw": {
		"open read": 0, "open write": 0, "open both": 0, "truncate": 0, "truncate only": 0,
		"create": 0, "create both": 0, "create taken": sys.EEXIST, "missing read": sys.ENOENT,
		"missing write": sys.ENOENT, "open folder": 0, "write folder": sys.EISDIR,
		"file as folder": sys.ENOTDIR, "file slash": sys.ENOTDIR, "folder slash": 0,
		"through file": sys.ENOTDIR, "list": 0, "stat": 0, "stat slash": sys.ENOTDIR,
		"stat missing": sys.ENOENT, "stat grant": 0, "lstat": 0, "readlink": 0,
		"readlink file": sys.EINVAL, "mkdir": 0, "mkdir taken": sys.EEXIST, "mkdir grant": sys.EEXIST,
		"rmdir": 0, "rmdir full": sys.ENOTEMPTY, "rmdir file": sys.ENOTDIR, "rmdir grant": sys.EPERM,
		"unlink": 0, "unlink slash": sys.ENOTDIR, "unlink folder": sys.EISDIR,
		"rename": 0, "rename grant": sys.EPERM, "link": 0, "symlink": 0, "utimens": 0,
	},
	"file r": {
		"open read": 0, "file as folder": sys.ENOTDIR, "file slash": sys.ENOTDIR, "list": 0,
		"stat": 0, "stat slash": sys.ENOTDIR, "stat grant": 0, "lstat": 0, "readlink file": sys.EINVAL,
		"mkdir grant": sys.EEXIST,
	},
	"file w": {
		"open write": 0, "truncate": 0, "create taken": sys.EEXIST, "list": 0, "stat grant": 0,
		"mkdir grant": sys.EEXIST, "rmdir file": sys.EPERM, "unlink": 0, "unlink slash": sys.ENOTDIR,
		"utimens": 0,
	},
	"file rw": {
		"open read": 0, "open write": 0, "open both": 0, "truncate": 0, "truncate only": 0,
		"create taken": sys.EEXIST, "file as folder": sys.ENOTDIR, "file slash": sys.ENOTDIR, "list": 0,
		"stat": 0, "stat slash": sys.ENOTDIR, "stat grant": 0, "lstat": 0, "readlink file": sys.EINVAL,
		"mkdir grant": sys.EEXIST, "rmdir file": sys.EPERM, "unlink": 0, "unlink slash": sys.ENOTDIR,
		"utimens": 0,
	},
	"fs": {
		"open read": 0, "open write": sys.EROFS, "open both": sys.EROFS, "truncate": sys.EROFS,
		"truncate only": sys.EROFS, "create": sys.EROFS, "create both": sys.EROFS,
		"create taken": sys.EROFS, "missing read": sys.ENOENT, "missing write": sys.EROFS,
		"open folder": 0, "write folder": sys.EROFS, "file as folder": sys.ENOTDIR,
		"file slash": sys.ENOTDIR, "folder slash": 0, "through file": sys.ENOENT, "list": 0, "stat": 0,
		"stat slash": sys.ENOTDIR, "stat missing": sys.ENOENT, "stat grant": 0, "lstat": 0,
		"readlink": sys.ENOENT, "readlink file": sys.EINVAL, "mkdir": sys.EROFS,
		"mkdir taken": sys.EROFS, "mkdir grant": sys.EEXIST, "rmdir": sys.EROFS, "rmdir full": sys.EROFS,
		"rmdir file": sys.EROFS, "rmdir grant": sys.EROFS, "unlink": sys.EROFS,
		"unlink slash": sys.EROFS, "unlink folder": sys.EROFS, "rename": sys.EROFS,
		"rename grant": sys.EROFS, "link": sys.EROFS, "symlink": sys.EROFS, "utimens": sys.EROFS,
	},
}

func TestOperationsByGrant(t *testing.T) {
	for kind, table := range expected {
		t.Run(kind, func(t *testing.T) {
			var tree *testTree
			for _, op := range operations {
				if tree == nil {
					tree = newTree(t)
				}
				expect, listed := table[op.name]
				if !listed {
					expect = sys.EACCES
				}
				var denied []string
				opts := Options{OnDenied: func(op, path, flag string) { denied = append(denied, op+" "+path+" "+flag) }}
				got := op.do(grantKind(tree, kind, opts), tree.guest("in"))
				want(t, op.name, got, expect)
				if got == sys.EACCES && len(denied) != 1 {
					t.Errorf("%s: OnDenied got %q, want one call", op.name, denied)
				} else if got != sys.EACCES && len(denied) != 0 {
					t.Errorf("%s: OnDenied got %q with %v", op.name, denied, got)
				}
				if tree.read("secret/marker") != marker {
					t.Errorf("%s: the marker was changed", op.name)
				}
				if got == 0 && strings.Contains(kind, "w") {
					tree = nil // it may have been changed
				}
			}
		})
	}
}

// grantKind grants the folder "in" in one of the ways of expected.
func grantKind(tree *testTree, kind string, opts Options) *FS {
	single, rights := strings.CutPrefix(kind, "file ")
	switch {
	case kind == "none":
		return tree.fs(opts, "other:rw")
	case kind == "fs":
		return newFS(tree.t, opts, Grant{GuestPath: tree.guest("in"), FS: testMapFS(), Read: true})
	case rights:
		return tree.fs(opts, "in/file:"+single)
	}
	return tree.fs(opts, "in:"+kind)
}

func TestDeniedNamesFlag(t *testing.T) {
	tree := newTree(t)
	var got []string
	f := tree.fs(Options{OnDenied: func(op, path, flag string) { got = append(got, op, path, flag) }}, "in:w")
	in, secret := tree.guest("in/file"), tree.guest("secret/marker")
	for _, c := range []struct {
		do   func()
		want []string
	}{
		{func() { f.OpenFile(in, sys.O_RDONLY, 0) }, []string{"open", in, "--allow-read=" + tree.path("in/file")}},
		{func() { f.OpenFile(in, sys.O_RDWR, 0) }, []string{"open", in, "--allow-read=" + tree.path("in/file")}},
		{func() { f.Unlink(secret) }, []string{"unlink", secret, "--allow-write=" + tree.path("secret/marker")}},
		{func() { f.Stat(secret) }, []string{"stat", secret, "--allow-read=" + tree.path("secret/marker")}},
		{func() { f.OpenFile(tree.guest("in/out"), sys.O_WRONLY, 0) },
			[]string{"open", tree.guest("in/out"), "--allow-write=" + tree.path("in/out")}},
	} {
		got = nil
		c.do()
		if strings.Join(got, "|") != strings.Join(c.want, "|") {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

// What is not granted gives the same answer whether it exists or not.
func TestNoOracle(t *testing.T) {
	tree := newTree(t)
	f := tree.fs(Options{}, "in:rw")
	pairs := [][2]string{
		{"secret/marker", "secret/missing"},
		{"secret", "nowhere"},
		{"in/out", "in/outmissing"},
		{"in/outdir/marker", "in/outdir/missing"},
		{"secret/marker/x", "secret/missing/x"},
		{"other/file", "other/missing"},
	}
	for _, op := range operations {
		for _, pair := range pairs {
			for _, name := range pair {
				if onLink := op.name == "mkdir grant" || op.name == "rmdir grant"; onLink && strings.HasPrefix(name, "in/out") {
					continue // they see the link, which is in the grant
				}
				want(t, op.name+" at "+name, op.do(f, tree.guest(name)), sys.EACCES)
			}
		}
	}
	for _, pair := range pairs {
		for _, name := range pair {
			p := tree.guest(name)
			if strings.HasPrefix(name, "in/out") && !strings.Contains(name[4:], "/") {
				continue // the links themselves are in the grant
			}
			_, errno := f.Lstat(p)
			want(t, "lstat "+name, errno, sys.EACCES)
			want(t, "unlink "+name, f.Unlink(p), sys.EACCES)
			want(t, "rmdir "+name, f.Rmdir(p), sys.EACCES)
			want(t, "mkdir "+name, f.Mkdir(p, 0o700), sys.EACCES)
			want(t, "rename from "+name, f.Rename(p, tree.guest("in/x")), sys.EACCES)
			want(t, "rename to "+name, f.Rename(tree.guest("in/file"), p), sys.EACCES)
			want(t, "link from "+name, f.Link(p, tree.guest("in/x")), sys.EACCES)
			want(t, "link to "+name, f.Link(tree.guest("in/file"), p), sys.EACCES)
		}
	}
}

func TestBadPaths(t *testing.T) {
	tree := newTree(t)
	f := tree.fs(Options{MaxPath: 200}, "in:rw")
	in := tree.guest("in")
	for name, expect := range map[string]sys.Errno{
		"":                             sys.EINVAL,
		in + "/a\x00b":                 sys.EINVAL,
		in + strings.Repeat("/x", 200): sys.ENAMETOOLONG,
		"/../../../" + in + "/file":    0,
		strings.TrimPrefix(in, "/") + "//./sub/../file": 0,
		in + "/../in/file":                          0,
		in + "/../secret/marker":                    sys.EACCES,
		in + "/sub/../../../../../../../etc/passwd": sys.EACCES,
		"..": 0,
	} {
		file, errno := f.OpenFile(name, sys.O_RDONLY, 0)
		if errno == 0 {
			_ = file.Close()
		}
		want(t, "open "+name, errno, expect)
		_, errno = f.Stat(name)
		want(t, "stat "+name, errno, expect)
	}
	want(t, "flags", opening("/file", sys.O_RDWR|sys.O_WRONLY)(f, in), sys.EINVAL)
	want(t, "flags", opening("/d", sys.O_DIRECTORY|sys.O_CREAT)(f, in), sys.EINVAL)
	want(t, "flags", opening("/sub", sys.O_DIRECTORY|sys.O_RDWR)(f, in), sys.EISDIR)
	want(t, "nofollow", opening("/link", sys.O_NOFOLLOW)(f, in), sys.ELOOP)
	want(t, "nofollow", opening("/file", sys.O_NOFOLLOW)(f, in), 0)
}

func TestRename(t *testing.T) {
	for _, c := range []struct {
		from, to string
		want     sys.Errno
	}{
		{"in/file", "in/new", 0},
		{"in/file", "in/file", 0},
		{"in/file", "in/link", 0}, // replaces the link, not its target
		{"in/link", "in/moved", 0},
		{"in/file", "in/empty", sys.EISDIR},
		{"in/file", "in/sub/inner", 0},
		{"in/file", "in/dirlink/inner", 0},
		{"in/file", "in/dirabs/inner", 0},
		{"in/dirabs/inner", "in/new", 0},
		{"in/sub", "in/empty", 0},
		{"in/empty", "in/sub", sys.ENOTEMPTY},
		{"in/sub", "in/file", sys.ENOTDIR},
		{"in/sub", "in/sub/deeper", sys.EINVAL},
		{"in/missing", "in/new", sys.ENOENT},
		{"in/file", "in/missing/new", sys.ENOENT},
		{"in/file", "in/outdir/new", sys.EACCES},
		{"in/outdir/marker", "in/new", sys.EACCES},
		{"in/file", "other/new", sys.ENOTSUP},
		{"in", "other/in", sys.EPERM},
		{"in/file", "ro/new", sys.EACCES},
		{"ro/file", "in/new", sys.EACCES},
	} {
		tree := newTree(t)
		tree.write("ro/file", "read-only")
		f := tree.fs(Options{}, "in:rw", "other:rw", "ro:r")
		want(t, c.from+" → "+c.to, f.Rename(tree.guest(c.from), tree.guest(c.to)), c.want)
		if c.want == 0 && c.from != c.to && tree.exists(c.from) {
			t.Errorf("%s is still there", c.from)
		}
		if tree.read("secret/marker") != marker || tree.exists("secret/new") {
			t.Error("something outside was changed")
		}
	}
}

func TestSymlink(t *testing.T) {
	tree := newTree(t)
	f := tree.fs(Options{MaxPath: 300}, "in:rw")
	for _, c := range []struct {
		target, link string
		want         sys.Errno
	}{
		{"file", "in/l1", 0},
		{"../file", "in/sub/l2", 0},
		{"nothing/here", "in/l3", 0},
		{"../in/file", "in/l4", sys.EPERM},
		{"../secret/marker", "in/l5", sys.EPERM},
		{"sub/../../secret", "in/l6", sys.EPERM},
		{"..", "in/l7", sys.EPERM},
		{"/etc/passwd", "in/l8", sys.EPERM},
		{"", "in/l9", sys.EINVAL},
		{"a\x00b", "in/l10", sys.EINVAL},
		{strings.Repeat("x", 301), "in/l11", sys.ENAMETOOLONG},
		{"file", "in/file", sys.EEXIST},
		{"file", "in", sys.EEXIST},
		{"file", "in/l12/", sys.ENOENT},
		{"file", "secret/l13", sys.EACCES},
		{"marker", "in/outdir/l14", sys.EACCES},
	} {
		link := tree.guest(c.link)
		if strings.HasSuffix(c.link, "/") {
			link += "/"
		}
		want(t, c.target+" at "+c.link, f.Symlink(c.target, link), c.want)
	}
	if got, errno := readAll(f, tree.guest("in/sub/l2")); errno != 0 || got != "content of in" {
		t.Errorf("through the link: %q, %v", got, errno)
	}
	if got, errno := f.Readlink(tree.guest("in/sub/l2")); errno != 0 || got != "../file" {
		t.Errorf("readlink: %q, %v", got, errno)
	}
}

func TestUtimens(t *testing.T) {
	const second = 1_000_000_000
	tree := newTree(t)
	f := tree.fs(Options{}, "in:rw", "other/file:rw")
	for _, name := range []string{"in/file", "in/link", "in/inabs", "in/sub", "other/file"} {
		p := tree.guest(name)
		want(t, "utimens", f.Utimens(p, 1000*second, 2000*second), 0)
		want(t, "utimens", f.Utimens(p, sys.UTIME_OMIT, 3000*second), 0)
		st, errno := f.Stat(p)
		if errno != 0 || st.Atim != 1000*second || st.Mtim != 3000*second {
			t.Errorf("%s: atim %d, mtim %d, %v", name, st.Atim, st.Mtim, errno)
		}
	}
	want(t, "missing", f.Utimens(tree.guest("in/missing"), 1, 1), sys.ENOENT)
	want(t, "slash", f.Utimens(tree.guest("in/file")+"/", 1, 1), sys.ENOTDIR)
	want(t, "out", f.Utimens(tree.guest("in/out"), 1, 1), sys.EACCES)
}

func TestStatKinds(t *testing.T) {
	tree := newTree(t)
	f := tree.fs(Options{}, "in:r")
	for name, kind := range map[string]fs.FileMode{
		"in": fs.ModeDir, "in/file": 0, "in/sub": fs.ModeDir, "in/link": 0, "in/dirlink": fs.ModeDir, "in/inabs": 0,
	} {
		st, errno := f.Stat(tree.guest(name))
		if errno != 0 || st.Mode.Type() != kind || st.Ino == 0 {
			t.Errorf("stat %s: %v ino %d, %v", name, st.Mode, st.Ino, errno)
		}
	}
	for name, kind := range map[string]fs.FileMode{
		"in": fs.ModeDir, "in/file": 0, "in/link": fs.ModeSymlink, "in/outabs": fs.ModeSymlink, "in/loop": fs.ModeSymlink,
	} {
		st, errno := f.Lstat(tree.guest(name))
		if errno != 0 || st.Mode.Type() != kind {
			t.Errorf("lstat %s: %v, %v", name, st.Mode, errno)
		}
	}
	if st, errno := f.Lstat(tree.guest("in/dirlink") + "/"); errno != 0 || !st.Mode.IsDir() {
		t.Errorf("lstat of a link with a slash: %v, %v", st.Mode, errno)
	}
	_, errno := f.Stat(tree.guest("in/loop"))
	want(t, "stat loop", errno, sys.ELOOP)
	_, errno = f.Stat(tree.guest("in/dangling"))
	want(t, "stat dangling", errno, sys.ENOENT)
}
