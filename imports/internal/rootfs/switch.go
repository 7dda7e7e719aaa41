package rootfs

import (
	"io/fs"

	"github.com/tetratelabs/wazero/experimental/sys"
	wasys "github.com/tetratelabs/wazero/sys"
)

// Switch is a sys.FS that stands for another one: wazero binds an instance to
// its file system for good, but one instance serves many sandboxes. It is for
// the goroutine that runs the instance.
type Switch struct {
	sys.UnimplementedFS

	to     *FS // nil: nothing can be opened
	opened int
	listed bool
}

// Set makes s stand for f, which may be nil, and starts counting.
func (s *Switch) Set(f *FS) { s.to, s.opened, s.listed = f, 0, false }

// Used says how many files were opened since Set, and whether the names in "/"
// were read: wazero keeps those in the instance.
func (s *Switch) Used() (opened int, listed bool) { return s.opened, s.listed }

// OpenFile implements sys.FS.
func (s *Switch) OpenFile(p string, flag sys.Oflag, perm fs.FileMode) (sys.File, sys.Errno) {
	if flag == sys.O_RDONLY && (p == "." || p == "/") {
		s.opened++
		return &switchRoot{s: s}, 0 // also at any time by wazero, which keeps it
	}
	if s.to == nil {
		return nil, sys.EBADF
	}
	file, errno := s.to.OpenFile(p, flag, perm)
	if errno == 0 {
		s.opened++
	}
	return file, errno
}

func (s *Switch) Stat(name string) (st wasys.Stat_t, errno sys.Errno) {
	if s.to == nil {
		return st, sys.EBADF
	}
	return s.to.Stat(name)
}

func (s *Switch) Lstat(name string) (st wasys.Stat_t, errno sys.Errno) {
	if s.to == nil {
		return st, sys.EBADF
	}
	return s.to.Lstat(name)
}

func (s *Switch) Readlink(p string) (string, sys.Errno) {
	if s.to == nil {
		return "", sys.EBADF
	}
	return s.to.Readlink(p)
}

// change calls f with the file system there is now.
func (s *Switch) change(f func(*FS) sys.Errno) sys.Errno {
	if s.to == nil {
		return sys.EBADF
	}
	return f(s.to)
}

func (s *Switch) Mkdir(p string, perm fs.FileMode) sys.Errno {
	return s.change(func(f *FS) sys.Errno { return f.Mkdir(p, perm) })
}

func (s *Switch) Rmdir(p string) sys.Errno {
	return s.change(func(f *FS) sys.Errno { return f.Rmdir(p) })
}

func (s *Switch) Unlink(p string) sys.Errno {
	return s.change(func(f *FS) sys.Errno { return f.Unlink(p) })
}

func (s *Switch) Utimens(p string, atim, mtim int64) sys.Errno {
	return s.change(func(f *FS) sys.Errno { return f.Utimens(p, atim, mtim) })
}

func (s *Switch) Symlink(target, p string) sys.Errno {
	return s.change(func(f *FS) sys.Errno { return f.Symlink(target, p) })
}

func (s *Switch) Rename(from, to string) sys.Errno {
	return s.change(func(f *FS) sys.Errno { return f.Rename(from, to) })
}

func (s *Switch) Link(from, to string) sys.Errno {
	return s.change(func(f *FS) sys.Errno { return f.Link(from, to) })
}

// switchRoot is the root folder of whatever the Switch stands for.
type switchRoot struct {
	sys.DirFile

	s *Switch
}

func (r *switchRoot) Dev() (uint64, sys.Errno) {
	if r.s.to == nil {
		return 0, sys.EBADF
	}
	return r.s.to.top.Dev()
}

func (r *switchRoot) Ino() (wasys.Inode, sys.Errno) {
	if r.s.to == nil {
		return 0, sys.EBADF
	}
	return r.s.to.top.Ino()
}

func (r *switchRoot) Stat() (st wasys.Stat_t, errno sys.Errno) {
	if r.s.to == nil {
		return st, sys.EBADF
	}
	return r.s.to.top.Stat()
}

func (r *switchRoot) Readdir(n int) ([]sys.Dirent, sys.Errno) {
	if r.s.to == nil {
		return nil, sys.EBADF
	}
	r.s.listed = true
	return r.s.to.top.Readdir(n)
}

func (r *switchRoot) Seek(offset seekOffset, whence int) (int64, sys.Errno) {
	if r.s.to == nil {
		return 0, sys.EBADF
	}
	return r.s.to.top.Seek(offset, whence)
}

func (r *switchRoot) Sync() sys.Errno {
	return r.s.change(func(f *FS) sys.Errno { return f.top.Sync() })
}

func (r *switchRoot) Datasync() sys.Errno { return r.Sync() }

func (r *switchRoot) Utimens(atim, mtim int64) sys.Errno {
	return r.s.change(func(f *FS) sys.Errno { return f.top.Utimens(atim, mtim) })
}

func (r *switchRoot) Close() sys.Errno {
	if r.s.to == nil {
		return 0
	}
	return r.s.to.top.Close()
}
