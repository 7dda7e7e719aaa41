package rootfs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/tetratelabs/wazero/experimental/sys"
)

// Limits that apply when Options leaves them zero.
const (
	DefaultMaxOpenFiles = 256
	DefaultMaxPath      = 4096 // bytes, as PATH_MAX of Linux
)

// entryCost is what a new name costs of Options.MaxWriteBytes: a block, as an
// empty folder takes on common file systems. Without it a guest could fill a
// disk with names alone.
const entryCost = 4096

// Options are the limits and hooks of an FS. The zero value is usable.
type Options struct {
	// MaxOpenFiles limits the files and folders open at one time. Zero means
	// DefaultMaxOpenFiles. Beyond it, opening gives EAGAIN.
	MaxOpenFiles int

	// MaxWriteBytes limits what can be written until Reset, over all files:
	// bytes written, growth by truncate, holes left by seeking, and 4096 bytes
	// for each new name. Removing files gives nothing back. Zero means no
	// limit. Beyond it, operations give EIO and change nothing.
	MaxWriteBytes int64

	// MaxPath limits paths and link targets, in bytes. Zero means
	// DefaultMaxPath. Beyond it, operations give ENAMETOOLONG.
	MaxPath int

	// OnDenied is told of each refusal for want of a grant: the operation
	// ("open"), the path of the guest, and the flag that would allow it
	// ("--allow-read=/etc/passwd"). Both hold text chosen by the guest. It runs
	// on the caller's goroutine and must not call the FS.
	OnDenied func(op, path, flag string)

	// OnUsed is told of each operation on a path of the guest that a grant of the
	// host's files covers, before it is done: "open", the path, and whether it
	// reads, and writes. The same rules apply.
	OnUsed func(op, path string, read, write bool)

	// OnLimit is told the name of the field above whose limit was reached,
	// because the error numbers cannot tell. The same rules apply.
	OnLimit func(field string)

	// KeepGrants leaves the folders of the grants open when the FS is closed,
	// for grants that several FS share.
	KeepGrants bool
}

// FS implements sys.FS. Make one with New for each sandbox.
type FS struct {
	sys.UnimplementedFS

	opts   Options
	grants []Grant
	mounts map[string]*mount
	shells map[string][]sys.Dirent // folders above grants, with the names in them
	top    *dirFile
	spent  atomic.Int64 // of MaxWriteBytes

	mu     sync.Mutex
	slots  int // taken of MaxOpenFiles
	open   map[sys.File]struct{}
	closed bool
}

// mount is a grant in use.
type mount struct {
	path        string // of the guest, clean
	read, write bool
	root        *os.Root // nil for an fs.FS
	file        string   // the only name granted in root; "" for all
	fsys        fs.FS

	// leaky is set when files of this write-only grant could be renamed into a
	// readable one.
	leaky bool
	// kernel is set when the grant itself lies on a kernel file system.
	kernel bool
}

// New returns the file system that shows the grants. It owns them from then
// on, also when it fails, unless Options.KeepGrants is set.
func New(grants []Grant, opts Options) (*FS, error) {
	f := &FS{
		opts:   opts,
		grants: append([]Grant(nil), grants...),
		mounts: map[string]*mount{},
		shells: map[string][]sys.Dirent{"/": nil},
		open:   map[sys.File]struct{}{},
	}
	if f.opts.MaxOpenFiles <= 0 {
		f.opts.MaxOpenFiles = DefaultMaxOpenFiles
	}
	if f.opts.MaxPath <= 0 {
		f.opts.MaxPath = DefaultMaxPath
	}
	f.top = &dirFile{fs: f, name: "/", top: true}
	if err := f.mountAll(); err != nil {
		return nil, errors.Join(err, f.closeGrants())
	}
	return f, nil
}

func (f *FS) mountAll() error {
	for _, g := range f.grants {
		if err := g.check(); err != nil {
			return err
		}
	}
	// Outer grants first, so that inner ones can inherit.
	sort.SliceStable(f.grants, func(i, j int) bool { return len(f.grants[i].GuestPath) < len(f.grants[j].GuestPath) })
	for _, g := range f.grants {
		if err := f.mount(g); err != nil {
			return err
		}
	}
	for p, m := range f.mounts {
		m.leaky = !m.read && m.root != nil && f.readableInside(m)
		mode := fs.FileMode(fs.ModeDir)
		if m.file != "" {
			mode = 0
		}
		f.addShells(p, mode)
	}
	for _, names := range f.shells {
		sort.Slice(names, func(i, j int) bool { return names[i].Name < names[j].Name })
	}
	f.top.extra = f.shells["/"]
	return nil
}

// mount adds one grant. The outer grants are there already.
func (f *FS) mount(g Grant) error {
	m := &mount{path: g.GuestPath, read: g.Read, write: g.Write, root: g.Root, file: g.File, fsys: g.FS}
	if m.root != nil {
		m.kernel = onKernelFS(m.root)
	}
	outer, rel := f.find(m.path)
	if outer != nil && outer.path == m.path {
		if !outer.same(rel, m) {
			return fmt.Errorf("two different things are granted at %q", m.path)
		}
		outer.read = outer.read || m.read
		outer.write = outer.write || m.write
		return nil
	}
	if outer != nil && outer.kernel == m.kernel && outer.same(rel, m) {
		m.read = m.read || outer.read
		m.write = m.write || outer.write
		if m.read == outer.read && m.write == outer.write {
			return nil // all of it was granted; within one grant renames work
		}
	}
	f.mounts[m.path] = m
	return nil
}

// same reports whether rel in m, resolved within m, is what n grants.
func (m *mount) same(rel string, n *mount) bool {
	if m.root == nil || n.root == nil {
		return false
	}
	mine, err := m.root.Stat(rel)
	if err != nil {
		return false
	}
	its, err := n.root.Stat(n.base())
	return err == nil && os.SameFile(mine, its)
}

// base is the name of the grant itself in its root.
func (m *mount) base() string {
	if m.file != "" {
		return m.file
	}
	return "."
}

// readableInside reports whether a readable grant may lie inside m on the host.
func (f *FS) readableInside(m *mount) bool {
	outer := hostPlace(m)
	for _, n := range f.mounts {
		if !n.read || n.root == nil {
			continue
		}
		inner := hostPlace(n)
		if outer == "" || inner == "" || strings.HasPrefix(inner, outer) {
			return true
		}
	}
	return false
}

// hostPlace is the folder of m on the host without links, folded as systems
// that ignore case see it, with a separator at the end; "" when unknown.
func hostPlace(m *mount) string {
	p, err := filepath.Abs(m.root.Name())
	if err == nil {
		p, err = filepath.EvalSymlinks(p)
	}
	if err != nil {
		return ""
	}
	p = strings.ToLower(filepath.Clean(p))
	if sep := string(filepath.Separator); !strings.HasSuffix(p, sep) {
		p += sep
	}
	return p
}

// addShells makes the folders above p visible.
func (f *FS) addShells(p string, mode fs.FileMode) {
	for p != "/" {
		dir, name := path.Split(p)
		dir = path.Clean(dir)
		for _, d := range f.shells[dir] {
			if d.Name == name {
				return
			}
		}
		f.shells[dir] = append(f.shells[dir], sys.Dirent{Name: name, Ino: inode(p), Type: mode})
		p, mode = dir, fs.ModeDir
	}
}

// Close closes all open files and, unless Options.KeepGrants is set, the
// grants. Calls after it give EBADF.
func (f *FS) Close() error {
	f.mu.Lock()
	f.closed = true
	f.mu.Unlock()
	return errors.Join(f.closeFiles(), f.closeGrants())
}

func (f *FS) closeGrants() error {
	if f.opts.KeepGrants {
		return nil
	}
	var errs []error
	for _, g := range f.grants {
		errs = append(errs, g.Close())
	}
	return errors.Join(errs...)
}

// Reset closes all open files and forgets what was written, so that nothing of
// one user of a recycled sandbox is left for the next. File descriptors that
// the guest still holds give EBADF, except that of "/".
func (f *FS) Reset() error {
	err := f.closeFiles()
	f.spent.Store(0)
	return err
}

func (f *FS) closeFiles() error {
	f.mu.Lock()
	files := make([]sys.File, 0, len(f.open)+1)
	for file := range f.open {
		files = append(files, file)
	}
	f.mu.Unlock()
	var errs []error
	for _, file := range append(files, sys.File(f.top)) {
		if errno := file.Close(); errno != 0 {
			errs = append(errs, errno)
		}
	}
	return errors.Join(errs...)
}

// Len is how many files and folders are open.
func (f *FS) Len() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.slots
}

// reserve takes one of MaxOpenFiles; release or forget gives it back.
func (f *FS) reserve() sys.Errno {
	f.mu.Lock()
	closed, full := f.closed, f.slots >= f.opts.MaxOpenFiles
	if !closed && !full {
		f.slots++
	}
	f.mu.Unlock()
	switch {
	case closed:
		return sys.EBADF
	case full:
		f.limit("MaxOpenFiles")
		return sys.EAGAIN
	}
	return 0
}

func (f *FS) release() {
	f.mu.Lock()
	f.slots--
	f.mu.Unlock()
}

// remember enters an opened file, so that Close finds it.
func (f *FS) remember(file sys.File) (sys.File, sys.Errno) {
	f.mu.Lock()
	f.open[file] = struct{}{}
	closed := f.closed
	f.mu.Unlock()
	if closed { // while it was being opened
		_ = file.Close()
		return nil, sys.EBADF
	}
	return file, 0
}

// forget is called once by each file that is closed.
func (f *FS) forget(file sys.File) {
	f.mu.Lock()
	if _, ok := f.open[file]; ok {
		delete(f.open, file)
		f.slots--
	}
	f.mu.Unlock()
}

func (f *FS) isClosed() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.closed
}

// spend takes n bytes of MaxWriteBytes, all or nothing.
func (f *FS) spend(n int64) sys.Errno {
	if f.opts.MaxWriteBytes <= 0 || n <= 0 {
		return 0
	}
	for {
		spent := f.spent.Load()
		if n > f.opts.MaxWriteBytes-spent {
			f.limit("MaxWriteBytes")
			return sys.EIO
		}
		if f.spent.CompareAndSwap(spent, spent+n) {
			return 0
		}
	}
}

// refund gives back what was taken for an operation that then failed.
func (f *FS) refund(n int64) {
	if f.opts.MaxWriteBytes > 0 {
		f.spent.Add(-n)
	}
}

func (f *FS) limit(field string) {
	if f.opts.OnLimit != nil {
		f.opts.OnLimit(field)
	}
}

// onKernelFS reports whether the folder of a grant is on a kernel file system.
func onKernelFS(root *os.Root) bool {
	dir, err := root.Open(".")
	if err != nil {
		return false
	}
	defer dir.Close()
	return isKernelFile(dir)
}
