package rootfs

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"reflect"
	"sort"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental/sysfs"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
)

// wasiFunctions are imported by guestModule, with a letter for each parameter:
// i for i32, I for i64. All return an i32, the error number.
var wasiFunctions = []struct{ name, params string }{
	{"fd_prestat_get", "ii"},
	{"fd_prestat_dir_name", "iii"},
	{"path_open", "iiiiiIIii"},
	{"fd_read", "iiii"},
	{"fd_pread", "iiiIi"},
	{"fd_write", "iiii"},
	{"fd_seek", "iIii"},
	{"fd_readdir", "iiiIi"},
	{"fd_fdstat_get", "ii"},
	{"fd_fdstat_set_flags", "ii"},
	{"fd_filestat_get", "ii"},
	{"fd_filestat_set_size", "iI"},
	{"fd_close", "i"},
	{"path_filestat_get", "iiiii"},
	{"path_create_directory", "iii"},
	{"path_remove_directory", "iii"},
	{"path_unlink_file", "iii"},
	{"path_rename", "iiiiii"},
	{"path_symlink", "iiiii"},
	{"path_readlink", "iiiiii"},
}

// guestModule returns a wasm module with one page of memory that exports each
// of wasiFunctions, as a function that calls the import.
func guestModule() []byte {
	leb := func(n int) []byte { return binary.AppendUvarint(nil, uint64(n)) }
	name := func(s string) []byte { return append(leb(len(s)), s...) }
	section := func(id byte, items [][]byte) []byte {
		body := append(leb(len(items)), bytes.Join(items, nil)...)
		return append(append([]byte{id}, leb(len(body))...), body...)
	}
	var types, imports, functions, exports, codes [][]byte
	exports = append(exports, append(name("memory"), 2, 0))
	n := len(wasiFunctions)
	for i, f := range wasiFunctions {
		typ := append([]byte{0x60}, leb(len(f.params))...)
		body := []byte{0} // no locals
		for j, p := range f.params {
			kind := byte(0x7f)
			if p == 'I' {
				kind = 0x7e
			}
			typ = append(typ, kind)
			body = append(append(body, 0x20), leb(j)...) // local.get j
		}
		body = append(append(body, 0x10), leb(i)...) // call i
		body = append(body, 0x0b)
		types = append(types, append(typ, 1, 0x7f))
		imports = append(imports, append(append(name(wasi_snapshot_preview1.ModuleName), name(f.name)...), append([]byte{0}, leb(i)...)...))
		functions = append(functions, leb(i))
		exports = append(exports, append(name(f.name), append([]byte{0}, leb(n+i)...)...))
		codes = append(codes, append(leb(len(body)), body...))
	}
	out := []byte("\x00asm\x01\x00\x00\x00")
	out = append(out, section(1, types)...)
	out = append(out, section(2, imports)...)
	out = append(out, section(3, functions)...)
	out = append(out, section(5, [][]byte{{0, 1}})...)
	out = append(out, section(7, exports)...)
	return append(out, section(10, codes)...)
}

// Error numbers of WASI preview 1.
const (
	wasiAcces   = 2
	wasiBadf    = 8
	wasiExist   = 20
	wasiIsdir   = 31
	wasiNoent   = 44
	wasiNotsup  = 58
	wasiRead    = 1 << 1 // rights
	wasiWrite   = 1 << 6
	wasiCreat   = 1 // oflags
	wasiDir     = 2
	wasiAppend  = 1 // fdflags
	wasiTop     = 3 // the mount's file descriptor
	wasiPathAt  = 1024
	wasiPath2At = 2048
	wasiBufAt   = 4096
)

type guest struct {
	t   *testing.T
	mod api.Module
}

func newGuest(t *testing.T, f *FS, stdin io.Reader) guest {
	t.Helper()
	ctx := context.Background()
	rt := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter())
	t.Cleanup(func() { _ = rt.Close(ctx) })
	wasi_snapshot_preview1.MustInstantiate(ctx, rt)
	mount := wazero.NewFSConfig().(sysfs.FSConfig).WithSysFSMount(f, "/")
	mod, err := rt.InstantiateWithConfig(ctx, guestModule(), wazero.NewModuleConfig().WithFSConfig(mount).WithStdin(stdin))
	if err != nil {
		t.Fatal(err)
	}
	return guest{t, mod}
}

func (g guest) call(fn string, args ...uint64) uint32 {
	g.t.Helper()
	res, err := g.mod.ExportedFunction(fn).Call(context.Background(), args...)
	if err != nil {
		g.t.Fatalf("%s: %v", fn, err)
	}
	return uint32(res[0])
}

// path puts a path, relative to "/", into memory and returns its address and
// length.
func (g guest) path(at uint32, p string) (uint64, uint64) {
	p = strings.TrimPrefix(p, "/")
	g.mod.Memory().WriteString(at, p)
	return uint64(at), uint64(len(p))
}

// iov describes n bytes at wasiBufAt, at address 0.
func (g guest) iov(n uint32) {
	g.mod.Memory().WriteUint32Le(0, wasiBufAt)
	g.mod.Memory().WriteUint32Le(4, n)
}

func (g guest) open(p string, oflags, rights, fdflags uint64) (fd uint64, errno uint32) {
	g.t.Helper()
	at, n := g.path(wasiPathAt, p)
	errno = g.call("path_open", wasiTop, 1, at, n, oflags, rights, 0, fdflags, 16)
	v, _ := g.mod.Memory().ReadUint32Le(16)
	return uint64(v), errno
}

func (g guest) read(fd uint64) (string, uint32) {
	g.t.Helper()
	var out []byte
	for {
		g.iov(10)
		if errno := g.call("fd_read", fd, 0, 1, 16); errno != 0 {
			return string(out), errno
		}
		n, _ := g.mod.Memory().ReadUint32Le(16)
		if n == 0 {
			return string(out), 0
		}
		b, _ := g.mod.Memory().Read(wasiBufAt, n)
		out = append(out, b...)
	}
}

func (g guest) write(fd uint64, s string) uint32 {
	g.t.Helper()
	g.mod.Memory().WriteString(wasiBufAt, s)
	g.iov(uint32(len(s)))
	return g.call("fd_write", fd, 0, 1, 16)
}

// list reads a folder as wasi-libc does: a buffer at a time, going on where the
// last whole entry ended.
func (g guest) list(fd uint64, size uint32) (names []string, errno uint32) {
	g.t.Helper()
	cookie := uint64(0)
	for {
		if errno := g.call("fd_readdir", fd, wasiBufAt, uint64(size), cookie, 16); errno != 0 {
			return nil, errno
		}
		used, _ := g.mod.Memory().ReadUint32Le(16)
		buf, _ := g.mod.Memory().Read(wasiBufAt, used)
		for len(buf) >= 24 {
			n := int(binary.LittleEndian.Uint32(buf[16:]))
			if len(buf) < 24+n {
				break
			}
			cookie = binary.LittleEndian.Uint64(buf)
			names = append(names, string(buf[24:24+n]))
			buf = buf[24+n:]
		}
		if used < size {
			sort.Strings(names)
			return names, 0
		}
	}
}

func (g guest) want(what string, got, want uint32) {
	g.t.Helper()
	if got != want {
		g.t.Errorf("%s: error %d, want %d", what, got, want)
	}
}

func TestThroughWASI(t *testing.T) {
	tree := newTree(t)
	f := tree.fs(Options{MaxOpenFiles: 4}, "in:rw", "other:w")
	g := newGuest(t, f, nil)
	in, other := tree.guest("in"), tree.guest("other")

	g.want("prestat", g.call("fd_prestat_get", wasiTop, 0), 0)
	g.want("name", g.call("fd_prestat_dir_name", wasiTop, wasiBufAt, 1), 0)
	if b, _ := g.mod.Memory().Read(wasiBufAt, 1); string(b) != "/" {
		t.Errorf("the mount is %q", b)
	}

	fd, errno := g.open(in+"/file", 0, wasiRead, 0)
	g.want("open", errno, 0)
	if s, errno := g.read(fd); s != "content of in" || errno != 0 {
		t.Errorf("read: %q, %d", s, errno)
	}
	g.want("fdstat", g.call("fd_fdstat_get", fd, wasiBufAt), 0)
	g.want("filestat", g.call("fd_filestat_get", fd, wasiBufAt), 0)
	g.want("write to it", g.write(fd, "x"), wasiBadf)
	g.want("close", g.call("fd_close", fd), 0)
	g.want("close again", g.call("fd_close", fd), wasiBadf)

	fd, errno = g.open(in+"/new", wasiCreat, wasiWrite, wasiAppend)
	g.want("create", errno, 0)
	g.want("write", g.write(fd, "one"), 0)
	g.want("seek", g.call("fd_seek", fd, 0, 0, 16), 0)
	g.want("append", g.write(fd, "two"), 0)
	g.want("append off", g.call("fd_fdstat_set_flags", fd, 0), 0)
	g.want("seek", g.call("fd_seek", fd, 0, 0, 16), 0)
	g.want("write", g.write(fd, "O"), 0)
	g.want("truncate", g.call("fd_filestat_set_size", fd, 5), 0)
	g.want("close", g.call("fd_close", fd), 0)
	if got := tree.read("in/new"); got != "Onetw" {
		t.Errorf("the file is %q", got)
	}

	for p, expect := range map[string]uint32{
		in + "/missing": wasiNoent, tree.guest("secret/marker"): wasiAcces, in + "/out": wasiAcces,
		in + "/outdir/marker": wasiAcces, other + "/file": wasiAcces, "/etc/passwd": wasiAcces,
	} {
		_, errno := g.open(p, 0, wasiRead, 0)
		g.want("open "+p, errno, expect)
		at, n := g.path(wasiPathAt, p)
		g.want("stat "+p, g.call("path_filestat_get", wasiTop, 1, at, n, wasiBufAt), expect)
	}
	_, errno = g.open(in+"/sub", 0, wasiWrite, 0)
	g.want("write a folder", errno, wasiIsdir)

	// Folders, from the top, and by a folder's own descriptor.
	for _, size := range []uint32{24 + 64, 100, 4096} {
		fd, errno = g.open(in, wasiDir, wasiRead, 0)
		g.want("open folder", errno, 0)
		for range 2 { // the second time from cookie 0
			got, errno := g.list(fd, size)
			g.want("list", errno, 0)
			expect := []string{".", "..", "around", "dangling", "dirabs", "dirlink", "empty", "file", "inabs",
				"link", "loop", "new", "out", "outabs", "outdir", "outmissing", "sub"}
			if !reflect.DeepEqual(got, expect) {
				t.Errorf("list by %d: %q", size, got)
			}
		}
		at, n := g.path(wasiPathAt, "sub/inner")
		g.want("open in folder", g.call("path_open", fd, 1, at, n, 0, wasiRead, 0, 0, 16), 0)
		inner, _ := g.mod.Memory().ReadUint32Le(16)
		if s, errno := g.read(uint64(inner)); s != "inner" || errno != 0 {
			t.Errorf("read: %q, %d", s, errno)
		}
		g.want("close", g.call("fd_close", uint64(inner)), 0)
		g.want("close", g.call("fd_close", fd), 0)
	}
	if got, errno := g.list(wasiTop, 4096); len(got) != 3 || errno != 0 {
		t.Errorf("list of the top: %q, %d", got, errno)
	}
	for range 2 {
		fd, errno = g.open(tree.guest(""), wasiDir, wasiRead, 0)
		g.want("open shell", errno, 0)
		if got, errno := g.list(fd, 100); !reflect.DeepEqual(got, []string{".", "..", "in", "other"}) {
			t.Errorf("list of a shell: %q, %d", got, errno)
		}
		g.want("close", g.call("fd_close", fd), 0)
	}
	_, errno = g.open(other, wasiDir, wasiRead, 0)
	g.want("open write-only folder", errno, wasiAcces)

	at, n := g.path(wasiPathAt, in+"/made")
	at2, n2 := g.path(wasiPath2At, in+"/moved")
	g.want("mkdir", g.call("path_create_directory", wasiTop, at, n), 0)
	g.want("mkdir again", g.call("path_create_directory", wasiTop, at, n), wasiExist)
	g.want("rename", g.call("path_rename", wasiTop, at, n, wasiTop, at2, n2), 0)
	g.want("rmdir", g.call("path_remove_directory", wasiTop, at2, n2), 0)
	at, n = g.path(wasiPathAt, in+"/new")
	at2, n2 = g.path(wasiPath2At, other+"/new")
	g.want("rename to other grant", g.call("path_rename", wasiTop, at, n, wasiTop, at2, n2), wasiNotsup)
	g.want("unlink", g.call("path_unlink_file", wasiTop, at, n), 0)
	at2, n2 = g.path(wasiPath2At, "file")
	g.want("symlink", g.call("path_symlink", at2, n2, wasiTop, at, n), 0)
	g.want("readlink", g.call("path_readlink", wasiTop, at, n, wasiBufAt, 100, 16), 0)
	if b, _ := g.mod.Memory().Read(wasiBufAt, 4); string(b) != "file" {
		t.Errorf("readlink: %q", b)
	}

	if f.slots != 0 {
		t.Errorf("%d slots taken, all are closed", f.slots)
	}
	// A reset takes open files away, but not the mount; closing all.
	fd, _ = g.open(in+"/file", 0, wasiRead, 0)
	if err := f.Reset(); err != nil {
		t.Error(err)
	}
	_, errno = g.read(fd)
	g.want("read after Reset", errno, wasiBadf)
	fd, errno = g.open(in+"/file", 0, wasiRead, 0)
	g.want("open after Reset", errno, 0)
	_ = f.Close()
	_, errno = g.read(fd)
	g.want("read after Close", errno, wasiBadf)
	_, errno = g.open(in+"/file", 0, wasiRead, 0)
	g.want("open after Close", errno, wasiBadf)
}

// wazero opens the mount late; no state of the FS may make it panic.
func TestMountOpenedLate(t *testing.T) {
	tree := newTree(t)
	for name, spoil := range map[string]func(*FS){
		"closed":     func(f *FS) { _ = f.Close() },
		"no slots":   func(f *FS) { _ = mustOpen(t, f, tree.guest("in/file"), 0) },
		"write-only": func(*FS) {},
	} {
		grants := []string{"in:r"}
		if name == "write-only" {
			grants = []string{":w"}
		}
		f := tree.fs(Options{MaxOpenFiles: 1}, grants...)
		g := newGuest(t, f, nil)
		spoil(f)
		expect := uint32(0)
		if name == "closed" {
			expect = wasiBadf
		}
		g.want(name, g.call("fd_prestat_get", wasiTop, 0), expect)
		_, errno := g.list(wasiTop, 4096)
		g.want(name, errno, expect)
	}
}

func TestStdinThroughWASI(t *testing.T) {
	tree := newTree(t)
	pr, pw := io.Pipe()
	in := NewInterruptible(pr)
	g := newGuest(t, tree.fs(Options{}, "in:r"), in)
	go pw.Write([]byte("typed"))
	g.iov(10)
	g.want("read", g.call("fd_read", 0, 0, 1, 16), 0)
	if b, _ := g.mod.Memory().Read(wasiBufAt, 5); string(b) != "typed" {
		t.Errorf("read %q", b)
	}
	in.Interrupt()
	g.want("interrupted", g.call("fd_read", 0, 0, 1, 16), 27)
	_ = pw.Close()
}
