package rootfs

import (
	"io"
	"io/fs"
	"path"
	"sync"

	"github.com/tetratelabs/wazero/experimental/sys"
	wasys "github.com/tetratelabs/wazero/sys"
)

// fsFile is an open file of an fs.FS. Its methods may be used from several
// goroutines, for which fs.File makes no promise: mu guards every use.
type fsFile struct {
	sys.UnimplementedFile

	fs   *FS
	name string
	st   wasys.Stat_t

	mu     sync.Mutex
	file   fs.File
	closed bool
}

func (h *fsFile) Dev() (uint64, sys.Errno)      { return h.st.Dev, h.do(nil) }
func (h *fsFile) Ino() (wasys.Inode, sys.Errno) { return h.st.Ino, h.do(nil) }
func (h *fsFile) IsDir() (bool, sys.Errno)      { return false, h.do(nil) }
func (h *fsFile) Sync() sys.Errno               { return h.do(nil) }
func (h *fsFile) Datasync() sys.Errno           { return h.do(nil) }

// do runs fn, if any, on the open file.
func (h *fsFile) do(fn func(fs.File) error) sys.Errno {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return sys.EBADF
	}
	if fn == nil {
		return 0
	}
	return errnoOf(fn(h.file))
}

func (h *fsFile) SetAppend(bool) sys.Errno { return h.do(nil) } // it is never written

func (h *fsFile) Stat() (st wasys.Stat_t, errno sys.Errno) {
	errno = h.do(func(file fs.File) error {
		info, err := file.Stat()
		if err == nil {
			st = statOf(h.name, info)
		}
		return err
	})
	return st, errno
}

func (h *fsFile) Read(buf []byte) (n int, errno sys.Errno) {
	errno = h.do(func(file fs.File) (err error) {
		if len(buf) > 0 {
			n, err = file.Read(buf)
		}
		return err
	})
	return n, errno
}

func (h *fsFile) Pread(buf []byte, off int64) (n int, errno sys.Errno) {
	if off < 0 {
		return 0, sys.EINVAL
	}
	errno = h.do(func(file fs.File) (err error) {
		at, ok := file.(io.ReaderAt)
		if !ok {
			return sys.ENOTSUP
		}
		n, err = at.ReadAt(buf, off)
		return err
	})
	return n, errno
}

func (h *fsFile) Seek(offset seekOffset, whence int) (n int64, errno sys.Errno) {
	if whence < io.SeekStart || whence > io.SeekEnd {
		return 0, sys.EINVAL
	}
	errno = h.do(func(file fs.File) (err error) {
		seeker, ok := file.(io.Seeker)
		if !ok {
			return sys.ENOTSUP
		}
		n, err = seeker.Seek(offset, whence)
		return err
	})
	return n, errno
}

func (h *fsFile) Readdir(int) ([]sys.Dirent, sys.Errno) { return nil, sys.EBADF }
func (h *fsFile) Write([]byte) (int, sys.Errno)         { return 0, sys.EBADF }
func (h *fsFile) Pwrite([]byte, int64) (int, sys.Errno) { return 0, sys.EBADF }
func (h *fsFile) Truncate(int64) sys.Errno              { return sys.EBADF }
func (h *fsFile) Utimens(int64, int64) sys.Errno        { return sys.EROFS }

func (h *fsFile) Close() sys.Errno {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return 0
	}
	h.closed = true
	h.fs.forget(h)
	return errnoOf(h.file.Close())
}

// fsLister lists a folder of an fs.FS.
type fsLister struct {
	fsys fs.FS
	rel  string
	name string
	dir  fs.File
}

func (l *fsLister) next(n int) ([]sys.Dirent, error) {
	dir, ok := l.dir.(fs.ReadDirFile)
	if !ok {
		return nil, sys.ENOTSUP
	}
	entries, err := dir.ReadDir(n)
	out := make([]sys.Dirent, 0, len(entries))
	for _, e := range entries {
		out = append(out, sys.Dirent{Name: e.Name(), Type: e.Type(), Ino: inode(path.Join(l.name, e.Name()))})
	}
	return out, err
}

// rewind opens the folder again, as fs.ReadDirFile cannot go back.
func (l *fsLister) rewind() error {
	dir, err := l.fsys.Open(l.rel)
	if err != nil {
		return err
	}
	_ = l.dir.Close()
	l.dir = dir
	return nil
}

func (l *fsLister) stat() (fs.FileInfo, error) { return l.dir.Stat() }
func (l *fsLister) utimens(int64, int64) error { return sys.EROFS }
func (l *fsLister) sync() error                { return nil }
func (l *fsLister) close() error               { return l.dir.Close() }
