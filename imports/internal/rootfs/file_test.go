package rootfs

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/tetratelabs/wazero/experimental/sys"
)

func TestFileReadWrite(t *testing.T) {
	tree := newTree(t)
	f := tree.fs(Options{}, "in:rw")
	file := mustOpen(t, f, tree.guest("in/data"), sys.O_RDWR|sys.O_CREAT)
	write := func(s string) {
		t.Helper()
		if n, errno := file.Write([]byte(s)); n != len(s) || errno != 0 {
			t.Fatalf("write %q: %d, %v", s, n, errno)
		}
	}
	seek := func(off int64, whence int, expect int64) {
		t.Helper()
		if n, errno := file.Seek(off, whence); n != expect || errno != 0 {
			t.Fatalf("seek: %d, %v, want %d", n, errno, expect)
		}
	}
	content := func(expect string) {
		t.Helper()
		if got := tree.read("in/data"); got != expect {
			t.Fatalf("the file is %q, want %q", got, expect)
		}
	}
	write("hello world")
	seek(0, io.SeekStart, 0)
	buf := make([]byte, 5)
	if n, errno := file.Read(buf); n != 5 || errno != 0 || string(buf) != "hello" {
		t.Fatalf("read: %d %q %v", n, buf, errno)
	}
	seek(-5, io.SeekEnd, 6)
	seek(1, io.SeekCurrent, 7)
	if n, errno := file.Pread(buf, 6); n != 5 || errno != 0 || string(buf) != "world" {
		t.Fatalf("pread: %d %q %v", n, buf, errno)
	}
	if n, errno := file.Pread(buf, 9); n != 2 || errno != 0 {
		t.Fatalf("pread at the end: %d %v", n, errno)
	}
	if n, errno := file.Pread(buf, 900); n != 0 || errno != 0 {
		t.Fatalf("pread after the end: %d %v", n, errno)
	}
	if n, errno := file.Pwrite([]byte("J"), 0); n != 1 || errno != 0 {
		t.Fatalf("pwrite: %d %v", n, errno)
	}
	seek(0, io.SeekCurrent, 7)
	content("Jello world")

	want(t, "append", file.SetAppend(true), 0)
	seek(0, io.SeekStart, 0)
	write("!")
	content("Jello world!")
	if !file.IsAppend() {
		t.Error("IsAppend is false")
	}
	want(t, "append off", file.SetAppend(false), 0)
	seek(0, io.SeekStart, 0)
	write("C")
	content("Cello world!")

	want(t, "truncate", file.Truncate(5), 0)
	content("Cello")
	want(t, "grow", file.Truncate(7), 0)
	content("Cello\x00\x00")
	want(t, "truncate below zero", file.Truncate(-1), sys.EINVAL)
	_, errno := file.Pread(buf, -1)
	want(t, "pread below zero", errno, sys.EINVAL)
	_, errno = file.Pwrite(buf, -1)
	want(t, "pwrite below zero", errno, sys.EINVAL)
	_, errno = file.Seek(-1, io.SeekStart)
	want(t, "seek below zero", errno, sys.EINVAL)
	_, errno = file.Seek(0, 9)
	want(t, "seek from nowhere", errno, sys.EINVAL)
	_, errno = file.Readdir(1)
	want(t, "readdir", errno, sys.EBADF)
	want(t, "sync", file.Sync(), 0)
	want(t, "datasync", file.Datasync(), 0)

	const second = 1_000_000_000
	want(t, "utimens", file.Utimens(1000*second, 2000*second), 0)
	want(t, "utimens", file.Utimens(sys.UTIME_OMIT, 3000*second), 0)
	want(t, "utimens", file.Utimens(sys.UTIME_OMIT, sys.UTIME_OMIT), 0)
	st, errno := file.Stat()
	if errno != 0 || st.Size != 7 || st.Atim != 1000*second || st.Mtim != 3000*second || !st.Mode.IsRegular() {
		t.Errorf("stat: %+v, %v", st, errno)
	}
	byPath, _ := f.Stat(tree.guest("in/data"))
	dev, _ := file.Dev()
	ino, _ := file.Ino()
	if isDir, _ := file.IsDir(); isDir || ino != byPath.Ino || dev != byPath.Dev || st.Ino != ino {
		t.Errorf("dev %d ino %d, by path %+v", dev, ino, byPath)
	}
}

func TestOpenAppend(t *testing.T) {
	tree := newTree(t)
	f := tree.fs(Options{}, "in:w")
	a := mustOpen(t, f, tree.guest("in/log"), sys.O_WRONLY|sys.O_CREAT|sys.O_APPEND)
	b := mustOpen(t, f, tree.guest("in/log"), sys.O_WRONLY|sys.O_APPEND)
	for _, file := range []sys.File{a, b, a} {
		if n, errno := file.Write([]byte("x\n")); n != 2 || errno != 0 {
			t.Fatalf("write: %d, %v", n, errno)
		}
	}
	if got := tree.read("in/log"); got != "x\nx\nx\n" {
		t.Errorf("the file is %q", got)
	}
}

func TestTruncatingOpen(t *testing.T) {
	tree := newTree(t)
	f := tree.fs(Options{}, "in:rw")
	for _, flag := range []sys.Oflag{sys.O_RDONLY, sys.O_WRONLY, sys.O_RDWR} {
		tree.write("in/file", "full")
		file := mustOpen(t, f, tree.guest("in/file"), flag|sys.O_TRUNC)
		if st, _ := file.Stat(); st.Size != 0 || tree.read("in/file") != "" {
			t.Errorf("flags %#x: not empty", flag)
		}
	}
}

// The rights of the open file are those it was opened with.
func TestFileRights(t *testing.T) {
	tree := newTree(t)
	var denied int
	f := tree.fs(Options{OnDenied: func(string, string, string) { denied++ }}, "in:r", "other:rw")
	file := mustOpen(t, f, tree.guest("in/file"), sys.O_RDONLY)
	_, errno := file.Write([]byte("x"))
	want(t, "write", errno, sys.EBADF)
	_, errno = file.Pwrite([]byte("x"), 0)
	want(t, "pwrite", errno, sys.EBADF)
	if errno := file.Truncate(0); errno == 0 {
		t.Error("truncate worked")
	}
	want(t, "utimens", file.Utimens(1, 1), sys.EACCES)
	want(t, "sync", file.Sync(), 0)
	want(t, "append", file.SetAppend(true), 0)
	_, errno = file.Write([]byte("x"))
	want(t, "write", errno, sys.EBADF)
	dir := mustOpen(t, f, tree.guest("in"), sys.O_DIRECTORY)
	want(t, "utimens of a folder", dir.Utimens(1, 1), sys.EACCES)
	if denied != 2 {
		t.Errorf("OnDenied was called %d times", denied)
	}
	file = mustOpen(t, f, tree.guest("other/file"), sys.O_WRONLY)
	_, errno = file.Read(make([]byte, 1))
	want(t, "read", errno, sys.EBADF)
	if tree.read("in/file") != "content of in" {
		t.Error("the file was changed")
	}
	if runtime.GOOS != "windows" {
		dir = mustOpen(t, f, tree.guest("other"), sys.O_DIRECTORY)
		want(t, "utimens of a folder", dir.Utimens(1, 1), 0)
		want(t, "sync of a folder", dir.Sync(), 0)
	}
	for _, n := range []func() (int, sys.Errno){
		func() (int, sys.Errno) { return dir.Read([]byte{0}) },
		func() (int, sys.Errno) { return dir.Pread([]byte{0}, 0) },
		func() (int, sys.Errno) { return dir.Write([]byte{0}) },
		func() (int, sys.Errno) { return dir.Pwrite([]byte{0}, 0) },
	} {
		_, errno := n()
		want(t, "as a file", errno, sys.EISDIR)
	}
}

func TestClosed(t *testing.T) {
	tree := newTree(t)
	ends := map[string]func(*FS, sys.File){
		"file closed": func(_ *FS, file sys.File) { _ = file.Close() },
		"FS closed":   func(f *FS, _ sys.File) { _ = f.Close() },
		"FS reset":    func(f *FS, _ sys.File) { _ = f.Reset() },
	}
	uses := map[string]func(sys.File) sys.Errno{
		"read":      func(x sys.File) sys.Errno { _, errno := x.Read(make([]byte, 1)); return errno },
		"pread":     func(x sys.File) sys.Errno { _, errno := x.Pread(make([]byte, 1), 0); return errno },
		"read none": func(x sys.File) sys.Errno { _, errno := x.Read(nil); return errno },
		"write":     func(x sys.File) sys.Errno { _, errno := x.Write(make([]byte, 1)); return errno },
		"pwrite":    func(x sys.File) sys.Errno { _, errno := x.Pwrite(make([]byte, 1), 0); return errno },
		"seek":      func(x sys.File) sys.Errno { _, errno := x.Seek(0, io.SeekStart); return errno },
		"stat":      func(x sys.File) sys.Errno { _, errno := x.Stat(); return errno },
		"dev":       func(x sys.File) sys.Errno { _, errno := x.Dev(); return errno },
		"ino":       func(x sys.File) sys.Errno { _, errno := x.Ino(); return errno },
		"readdir":   func(x sys.File) sys.Errno { _, errno := x.Readdir(1); return errno },
		"truncate":  func(x sys.File) sys.Errno { return x.Truncate(1) },
		"append":    func(x sys.File) sys.Errno { return x.SetAppend(true) },
		"sync":      func(x sys.File) sys.Errno { return x.Sync() },
		"datasync":  func(x sys.File) sys.Errno { return x.Datasync() },
		"utimens":   func(x sys.File) sys.Errno { return x.Utimens(1, 1) },
	}
	folderOK := map[string]sys.Errno{
		"read": sys.EISDIR, "read none": sys.EISDIR, "pread": sys.EISDIR, "write": sys.EISDIR,
		"pwrite": sys.EISDIR, "truncate": sys.EISDIR, "append": sys.EISDIR,
	}
	mapped := map[string]sys.Errno{"utimens": sys.EROFS}
	for end, stop := range ends {
		for kind, name := range map[string]string{"file": "in/file", "folder": "in", "mapped file": "map/file", "shell": "."} {
			f := newFS(t, Options{}, tree.grant("in", "rw"), Grant{GuestPath: tree.guest("map"), FS: testMapFS(), Read: true})
			flag := sys.O_RDONLY
			switch kind {
			case "file":
				flag = sys.O_RDWR
			case "shell":
				flag = sys.O_DIRECTORY
			}
			file := mustOpen(t, f, tree.guest(name), flag)
			stop(f, file)
			for what, use := range uses {
				expect := sys.EBADF
				if errno, ok := folderOK[what]; ok && (kind == "folder" || kind == "shell") {
					expect = errno // of any folder
				} else if errno, ok := mapped[what]; ok && kind == "mapped file" {
					expect = errno
				}
				want(t, end+", "+kind+", "+what, use(file), expect)
			}
			want(t, "close again", file.Close(), 0)
			_, errno := f.Stat(tree.guest("in"))
			if end == "FS closed" {
				want(t, end+", path", errno, sys.EBADF)
				_, _, err := f.ReadFile(tree.guest("in/file"), 100)
				if !isErrno(err, sys.EBADF) {
					t.Errorf("ReadFile: %v", err)
				}
			} else {
				want(t, end+", path", errno, 0)
			}
			if f.slots != 0 || len(f.open) != 0 {
				t.Errorf("%s, %s: %d slots and %d files left", end, kind, f.slots, len(f.open))
			}
		}
	}
}

// wazero keeps the folder it mounts, and panics if it cannot be opened.
func TestTop(t *testing.T) {
	tree := newTree(t)
	for _, f := range []*FS{
		newFS(t, Options{MaxOpenFiles: 1}),
		tree.fs(Options{MaxOpenFiles: 1}, "in:w"),
		tree.fs(Options{MaxOpenFiles: 1}, "in/file:r"),
		newFS(t, Options{}, Grant{GuestPath: "/", FS: testMapFS(), Read: true}),
	} {
		var last sys.File
		for range 3 { // beyond MaxOpenFiles
			top, errno := f.OpenFile(".", sys.O_RDONLY, 0)
			want(t, "open", errno, 0)
			if isDir, errno := top.IsDir(); !isDir || errno != 0 {
				t.Errorf("IsDir: %v, %v", isDir, errno)
			}
			if _, errno := names(top, 2); errno != 0 {
				t.Errorf("Readdir: %v", errno)
			}
			last = top
		}
		if err := f.Reset(); err != nil {
			t.Error(err)
		}
		if st, errno := last.Stat(); errno != 0 || !st.Mode.IsDir() {
			t.Errorf("after Reset: %v, %v", st.Mode, errno)
		}
		if _, errno := names(last, 2); errno != 0 {
			t.Errorf("after Reset: %v", errno)
		}
		_ = f.Close()
		_, errno := f.OpenFile(".", sys.O_RDONLY, 0)
		want(t, "open after Close", errno, sys.ENOENT)
		_, errno = last.Readdir(1)
		want(t, "Readdir after Close", errno, sys.EBADF)
		_, errno = last.Stat()
		want(t, "Stat after Close", errno, sys.EBADF)
	}
}

func TestMappedFile(t *testing.T) {
	f := newFS(t, Options{}, Grant{GuestPath: "/lib", FS: testMapFS(), Read: true})
	file := mustOpen(t, f, "/lib/file", sys.O_RDONLY)
	buf := make([]byte, 4)
	if n, errno := file.Pread(buf, 2); n != 4 || errno != 0 || string(buf) != "pped" {
		t.Errorf("pread: %d %q %v", n, buf, errno)
	}
	if n, errno := file.Pread(buf, 4); n != 2 || errno != 0 {
		t.Errorf("pread at the end: %d, %v", n, errno)
	}
	if n, errno := file.Seek(-2, io.SeekEnd); n != 4 || errno != 0 {
		t.Errorf("seek: %d, %v", n, errno)
	}
	if n, errno := file.Read(buf); n != 2 || errno != 0 || string(buf[:2]) != "ed" {
		t.Errorf("read: %d %q %v", n, buf, errno)
	}
	if n, errno := file.Read(buf); n != 0 || errno != 0 {
		t.Errorf("read at the end: %d, %v", n, errno)
	}
	_, errno := file.Write(buf)
	want(t, "write", errno, sys.EBADF)
	if st, errno := file.Stat(); errno != 0 || st.Size != 6 || st.Ino == 0 {
		t.Errorf("stat: %+v, %v", st, errno)
	}
	data, canonical, err := f.ReadFile("/lib/sub/../file", 6)
	if string(data) != "mapped" || canonical != "/lib/file" || err != nil {
		t.Errorf("ReadFile: %q %q %v", data, canonical, err)
	}
	got, errno := list(f, "/lib")
	if errno != 0 || len(got) != 3 {
		t.Errorf("list: %q, %v", got, errno)
	}
	dir := mustOpen(t, f, "/lib", sys.O_DIRECTORY)
	for range 2 {
		if got, errno := names(dir, 2); errno != 0 || len(got) != 3 {
			t.Errorf("names: %q, %v", got, errno)
		}
		_, errno := dir.Seek(0, io.SeekStart)
		want(t, "rewind", errno, 0)
	}
}

// plainFS has files that can only be read in order.
type plainFS struct{ fs.FS }
type plainFile struct{ fs.File }

func (p plainFS) Open(name string) (fs.File, error) {
	file, err := p.FS.Open(name)
	return plainFile{file}, err
}

func TestPlainFS(t *testing.T) {
	f := newFS(t, Options{}, Grant{GuestPath: "/lib", FS: plainFS{testMapFS()}, Read: true})
	if got, errno := readAll(f, "/lib/file"); got != "mapped" || errno != 0 {
		t.Errorf("%q, %v", got, errno)
	}
	file := mustOpen(t, f, "/lib/file", sys.O_RDONLY)
	_, errno := file.Pread(make([]byte, 1), 0)
	want(t, "pread", errno, sys.ENOTSUP)
	_, errno = file.Seek(0, io.SeekStart)
	want(t, "seek", errno, sys.ENOTSUP)
	_, errno = list(f, "/lib")
	want(t, "list", errno, sys.ENOTSUP)
}

func TestReaddir(t *testing.T) {
	tree := newTree(t)
	tree.mkdir("big")
	for i := range 700 {
		tree.write("big/"+string(rune('a'+i%26))+time.Duration(i).String(), "")
	}
	f := tree.fs(Options{}, "big:rw")
	for _, chunk := range []int{1, 3, 255, 256, 257, 699, 700, 701, 1 << 30} {
		dir := mustOpen(t, f, tree.guest("big"), sys.O_DIRECTORY)
		for range 2 {
			got, errno := names(dir, chunk)
			if len(got) != 700 || errno != 0 {
				t.Fatalf("by %d: %d names, %v", chunk, len(got), errno)
			}
			if _, errno = dir.Seek(0, io.SeekStart); errno != 0 {
				t.Fatalf("rewind: %v", errno)
			}
		}
		_ = dir.Close()
	}
	dir := mustOpen(t, f, tree.guest("big"), sys.O_RDONLY)
	if all, errno := dir.Readdir(-1); len(all) != 700 || errno != 0 {
		t.Errorf("all: %d, %v", len(all), errno)
	}
	if more, errno := dir.Readdir(10); len(more) != 0 || errno != 0 {
		t.Errorf("at the end: %d, %v", len(more), errno)
	}
	_, errno := dir.Seek(1, io.SeekStart)
	want(t, "seek", errno, sys.EINVAL)
	_, errno = dir.Seek(0, io.SeekEnd)
	want(t, "seek", errno, sys.EINVAL)
	// New files show after going back to the start.
	tree.write("big/new", "")
	_, errno = dir.Seek(0, io.SeekStart)
	want(t, "rewind", errno, 0)
	entries, errno := dir.Readdir(0)
	if len(entries) != 701 || errno != 0 {
		t.Errorf("after going back: %d, %v", len(entries), errno)
	}
	for _, e := range entries {
		st, errno := f.Lstat(tree.guest("big/" + e.Name))
		if errno != 0 || st.Ino != e.Ino || e.Ino == 0 || st.Mode.Type() != e.Type {
			t.Fatalf("%v is %+v, %v", e, st, errno)
		}
	}
}

func TestReadFileLimit(t *testing.T) {
	tree := newTree(t)
	tree.write("in/data", string(bytes.Repeat([]byte{0xff, 0}, 5000)))
	f := tree.fs(Options{}, "in:r")
	p := tree.guest("in/data")
	for _, limit := range []int64{10000, 10001, 1 << 40} {
		data, _, err := f.ReadFile(p, limit)
		if len(data) != 10000 || err != nil {
			t.Errorf("limit %d: %d bytes, %v", limit, len(data), err)
		}
	}
	for _, limit := range []int64{9999, 0, -1} {
		if _, _, err := f.ReadFile(p, limit); !errors.Is(err, ErrTooLarge) {
			t.Errorf("limit %d: %v", limit, err)
		}
	}
	for name, expect := range map[string]error{
		"in/missing": fs.ErrNotExist, "secret/marker": fs.ErrPermission, "in/out": fs.ErrPermission,
		"in/sub": sys.EISDIR, "in/file/x": sys.ENOTDIR,
	} {
		if _, _, err := f.ReadFile(tree.guest(name), 100); !errors.Is(err, expect) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, _, err := f.ReadFile(tree.guest("secret/marker"), 100)
	if d, ok := err.(*Denied); !ok || d.Flag != "--allow-read="+tree.path("secret/marker") {
		t.Errorf("denied: %v", err)
	}
	_, _, err = f.ReadFile("/\x1b[2J", 100)
	if s := err.Error(); !strings.Contains(s, `\x1b[2J`) || !strings.Contains(s, "--allow-read") {
		t.Errorf("the message is %q", s)
	}
	if _, _, err := f.ReadFile(p+"/", 100000); !errors.Is(err, sys.ENOTDIR) {
		t.Errorf("with a slash: %v", err)
	}
	if _, err := os.Stat(tree.path("in/data")); err != nil {
		t.Error(err)
	}
}

// A listing longer than wazero may ask for at once is refused, not cut short.
func TestReaddirLimit(t *testing.T) {
	lib := fstest.MapFS{}
	for i := range maxReaddir + 1 {
		lib[strconv.Itoa(i)] = &fstest.MapFile{}
	}
	f := newFS(t, Options{}, Grant{GuestPath: "/lib", FS: lib, Read: true})
	for _, n := range []int{-1, 1 << 30} {
		dir := mustOpen(t, f, "/lib", sys.O_DIRECTORY)
		_, errno := dir.Readdir(n)
		want(t, "all at once", errno, sys.ERANGE)
	}
	if got, errno := list(f, "/lib"); len(got) != maxReaddir+1 || errno != 0 {
		t.Errorf("bit by bit: %d, %v", len(got), errno)
	}
}
