package rootfs

import (
	"io"
	"io/fs"
	"os"
	"path"
	"runtime"
	"sync"

	"github.com/tetratelabs/wazero/experimental/sys"
	wasys "github.com/tetratelabs/wazero/sys"
)

const (
	// readdirChunk is how many entries are read of a folder at a time.
	readdirChunk = 256

	// maxReaddir limits the entries of one Readdir. wazero asks for as many as
	// might fit the guest's buffer and takes fewer for the end of the folder, so
	// that a larger answer can only be refused: with ERANGE. wasi-libc asks for
	// less than 200.
	maxReaddir = 1 << 16
)

// dirFile is an open folder: the names that lead to grants, then what is in the
// folder of the host or fs.FS, if there is one.
type dirFile struct {
	sys.DirFile

	fs    *FS
	name  string
	mount *mount // nil for a shell
	extra []sys.Dirent
	top   bool // it is FS.top, which can be used again after Close

	mu     sync.Mutex
	list   lister // nil for a shell
	given  int    // of extra
	ended  bool   // list has no more
	closed bool
}

// lister is the folder behind a dirFile.
type lister interface {
	// next returns up to n entries, with io.EOF or none at the end.
	next(n int) ([]sys.Dirent, error)
	rewind() error
	stat() (fs.FileInfo, error)
	utimens(atim, mtim int64) error
	sync() error
	close() error
}

func (d *dirFile) Dev() (uint64, sys.Errno) {
	st, errno := d.Stat()
	return st.Dev, errno
}

func (d *dirFile) Ino() (wasys.Inode, sys.Errno) {
	st, errno := d.Stat()
	return st.Ino, errno
}

func (d *dirFile) Stat() (wasys.Stat_t, sys.Errno) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.gone():
		return wasys.Stat_t{}, sys.EBADF
	case d.top:
		return d.fs.Stat("/")
	case d.list == nil:
		return shellStat(d.name), 0
	}
	info, err := d.list.stat()
	if err != nil {
		return wasys.Stat_t{}, errnoOf(err)
	}
	return statOf(d.name, info), 0
}

// gone reports whether it was closed. The caller holds mu.
func (d *dirFile) gone() bool {
	if d.top {
		return d.fs.isClosed()
	}
	return d.closed
}

// Readdir implements sys.File.
func (d *dirFile) Readdir(n int) ([]sys.Dirent, sys.Errno) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.gone() {
		return nil, sys.EBADF
	}
	if d.top && d.list == nil {
		if errno := d.openTop(); errno != 0 {
			return nil, errno
		}
	}
	all := n <= 0
	limit := n
	if all || n > maxReaddir {
		limit = maxReaddir
	}
	var out []sys.Dirent
	for ; d.given < len(d.extra) && len(out) < limit; d.given++ {
		out = append(out, d.extra[d.given])
	}
	for len(out) < limit && d.more() {
		chunk, errno := d.chunk(min(limit-len(out), readdirChunk))
		if errno != 0 {
			return out, errno
		}
		out = append(out, chunk...)
	}
	if limit != n && (d.given < len(d.extra) || d.more()) {
		return nil, sys.ERANGE
	}
	return out, 0
}

func (d *dirFile) more() bool { return d.list != nil && !d.ended }

// chunk reads some entries. Names in extra were given already.
func (d *dirFile) chunk(n int) ([]sys.Dirent, sys.Errno) {
	entries, err := d.list.next(n)
	if err != nil && err != io.EOF {
		return nil, errnoOf(err)
	}
	d.ended = err == io.EOF || len(entries) == 0
	out := entries[:0]
	for _, e := range entries {
		if !d.isExtra(e.Name) {
			out = append(out, e)
		}
	}
	return out, 0
}

func (d *dirFile) isExtra(name string) bool {
	for i := range d.extra {
		if d.extra[i].Name == name {
			return true
		}
	}
	return false
}

// openTop opens the folder behind "/" for the first listing. Without the right
// to read it only the names that lead to grants are listed.
func (d *dirFile) openTop() sys.Errno {
	if m, _ := d.fs.find("/"); m == nil || !m.read {
		return 0
	}
	file, errno := d.fs.openAny("/", sys.O_DIRECTORY, needRead, 0)
	if errno == 0 {
		d.list = file.(*dirFile).list
	}
	return errno
}

// Seek implements sys.File: going back to the start is all there is.
func (d *dirFile) Seek(offset seekOffset, whence int) (int64, sys.Errno) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.gone():
		return 0, sys.EBADF
	case offset != 0 || whence != io.SeekStart:
		return 0, sys.EINVAL
	}
	if d.list != nil {
		if err := d.list.rewind(); err != nil {
			return 0, errnoOf(err)
		}
	}
	d.given, d.ended = 0, false
	return 0, 0
}

func (d *dirFile) Sync() sys.Errno {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.gone():
		return sys.EBADF
	case d.list == nil:
		return 0
	}
	return errnoOf(d.list.sync())
}

func (d *dirFile) Datasync() sys.Errno { return d.Sync() }

func (d *dirFile) Utimens(atim, mtim int64) sys.Errno {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.gone():
		return sys.EBADF
	case d.mount == nil || !d.mount.write:
		return d.fs.deny("utimens", d.name, needWrite)
	}
	return errnoOf(d.list.utimens(atim, mtim))
}

func (d *dirFile) Close() sys.Errno {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return 0
	}
	var err error
	if d.list != nil {
		err = d.list.close()
	}
	if d.top {
		d.list, d.given, d.ended = nil, 0, false
	} else {
		d.closed = true
		d.fs.forget(d)
	}
	return errnoOf(err)
}

// hostLister lists a folder of the host.
type hostLister struct {
	name string // for the guest
	dir  *os.File
}

func (l *hostLister) next(n int) ([]sys.Dirent, error) {
	infos, err := l.dir.Readdir(n) // not ReadDir, which has no serial numbers
	out := make([]sys.Dirent, 0, len(infos))
	for _, info := range infos {
		st := statOf(path.Join(l.name, info.Name()), info)
		out = append(out, sys.Dirent{Name: info.Name(), Ino: st.Ino, Type: info.Mode().Type()})
	}
	return out, err
}

func (l *hostLister) rewind() error {
	_, err := l.dir.Seek(0, io.SeekStart)
	if runtime.GOOS == "windows" {
		return nil // it fails for folders, but does start over
	}
	return err
}

func (l *hostLister) stat() (fs.FileInfo, error)     { return l.dir.Stat() }
func (l *hostLister) utimens(atim, mtim int64) error { return futimes(l.dir, atim, mtim) }
func (l *hostLister) sync() error                    { return l.dir.Sync() }
func (l *hostLister) close() error                   { return l.dir.Close() }
