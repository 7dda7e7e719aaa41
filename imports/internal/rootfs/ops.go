package rootfs

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/tetratelabs/wazero/experimental/sys"
	wasys "github.com/tetratelabs/wazero/sys"
)

// Stat implements sys.FS.
func (f *FS) Stat(name string) (wasys.Stat_t, sys.Errno) { return f.stat("stat", name, true) }

// Lstat implements sys.FS.
func (f *FS) Lstat(name string) (wasys.Stat_t, sys.Errno) { return f.stat("lstat", name, false) }

func (f *FS) stat(op, p string, follow bool) (st wasys.Stat_t, errno sys.Errno) {
	name, slash, errno := f.clean(p)
	if errno != 0 {
		return st, errno
	}
	if m, rel := f.find(name); (m == nil || !m.read) && (f.shell(name) || rel == ".") {
		return shellStat(name), 0 // all that may be known of it
	}
	errno = f.at(op, name, needRead, follow || slash, func(m *mount, rel string) error {
		info, err := m.stat(rel, follow || slash)
		if err == nil {
			if slash && !info.IsDir() {
				return sys.ENOTDIR
			}
			st = statOf(name, info)
		}
		return err
	})
	if errno == sys.ENOENT && f.shell(name) {
		return shellStat(name), 0
	}
	return st, errno
}

func (m *mount) stat(rel string, follow bool) (fs.FileInfo, error) {
	switch {
	case m.fsys != nil && follow:
		return fs.Stat(m.fsys, rel)
	case m.fsys != nil:
		return fs.Lstat(m.fsys, rel)
	case follow && m.file == "":
		return m.root.Stat(rel)
	}
	return m.root.Lstat(rel)
}

func statOf(name string, info fs.FileInfo) wasys.Stat_t {
	st := wasys.NewStat_t(info)
	if st.Ino == 0 {
		st.Ino = inode(name)
	}
	return st
}

func shellStat(name string) wasys.Stat_t {
	return wasys.Stat_t{Ino: inode(name), Mode: fs.ModeDir | 0o555, Nlink: 1}
}

// Readlink implements sys.FS.
func (f *FS) Readlink(p string) (target string, errno sys.Errno) {
	name, slash, errno := f.clean(p)
	if errno != 0 {
		return "", errno
	}
	if f.shell(name) {
		return "", sys.EINVAL
	}
	errno = f.at("readlink", name, needRead, false, func(m *mount, rel string) error {
		if rel == "." || m.file != "" || slash {
			return sys.EINVAL // a folder or a file, or has to be
		}
		var err error
		if m.fsys != nil {
			target, err = fs.ReadLink(m.fsys, rel)
		} else {
			target, err = m.root.Readlink(rel)
		}
		return err
	})
	if errno != 0 {
		return "", errno
	}
	return filepath.ToSlash(target), 0
}

// Mkdir implements sys.FS.
func (f *FS) Mkdir(p string, perm fs.FileMode) sys.Errno {
	name, _, errno := f.clean(p)
	if errno != 0 {
		return errno
	}
	if f.pinned(name) {
		return sys.EEXIST // so that making all folders of a path works
	}
	return f.at("mkdir", name, needWrite, false, func(m *mount, rel string) error {
		return f.create(func() error { return m.root.Mkdir(rel, perm&0o777) })
	})
}

// create charges for a new name.
func (f *FS) create(do func() error) error {
	if errno := f.spend(entryCost); errno != 0 {
		return errno
	}
	err := do()
	if err != nil {
		f.refund(entryCost)
	}
	return err
}

// Rmdir implements sys.FS.
func (f *FS) Rmdir(p string) sys.Errno {
	name, _, errno := f.clean(p)
	if errno != 0 {
		return errno
	}
	return f.at("rmdir", name, needWrite, false, func(m *mount, rel string) error {
		if f.pinned(name) || rel == "." {
			return sys.EPERM
		}
		info, err := m.root.Lstat(rel)
		if err != nil {
			return err
		}
		if !info.IsDir() {
			return sys.ENOTDIR
		}
		return m.root.Remove(rel)
	})
}

// Unlink implements sys.FS.
func (f *FS) Unlink(p string) sys.Errno {
	name, slash, errno := f.clean(p)
	if errno != 0 {
		return errno
	}
	return f.at("unlink", name, needWrite, false, func(m *mount, rel string) error {
		if f.shell(name) || rel == "." {
			return sys.EISDIR
		}
		info, err := m.root.Lstat(rel)
		switch {
		case err != nil:
			return err
		case info.IsDir():
			return sys.EISDIR
		case slash:
			return sys.ENOTDIR
		}
		return m.root.Remove(rel)
	})
}

// Utimens implements sys.FS.
func (f *FS) Utimens(p string, atim, mtim int64) sys.Errno {
	name, slash, errno := f.clean(p)
	if errno != 0 {
		return errno
	}
	return f.at("utimens", name, needWrite, true, func(m *mount, rel string) error {
		if m.file != "" { // by an open file, as no link may be followed
			file, _, err := f.openHost(m, rel, sys.O_WRONLY, 0)
			if err != nil {
				return err
			}
			defer file.Close()
			return futimes(file, atim, mtim)
		}
		if slash {
			if info, err := m.root.Stat(rel); err != nil {
				return err
			} else if !info.IsDir() {
				return sys.ENOTDIR
			}
		}
		return m.root.Chtimes(rel, timeOf(atim), timeOf(mtim))
	})
}

// timeOf returns the time that os.Root.Chtimes wants: zero to keep the old one.
func timeOf(nanos int64) time.Time {
	if nanos == sys.UTIME_OMIT {
		return time.Time{}
	}
	return time.Unix(0, nanos)
}

// Symlink implements sys.FS. The target must be relative and stay, lexically,
// in the grant: other programs of the host may follow the link.
func (f *FS) Symlink(target, p string) sys.Errno {
	name, slash, errno := f.clean(p)
	switch {
	case errno != 0:
		return errno
	case target == "" || strings.IndexByte(target, 0) >= 0:
		return sys.EINVAL
	case len(target) > f.opts.MaxPath:
		return sys.ENAMETOOLONG
	case slash:
		return sys.ENOENT
	case path.IsAbs(target) || !validName(target) || filepath.VolumeName(filepath.FromSlash(target)) != "":
		return sys.EPERM
	case f.pinned(name):
		return sys.EEXIST
	}
	target = strings.Clone(target) // wazero passes guest memory
	return f.at("symlink", name, needWrite, false, func(m *mount, rel string) error {
		to := path.Join(path.Dir(rel), target)
		if to == ".." || strings.HasPrefix(to, "../") {
			return sys.EPERM
		}
		return f.create(func() error { return m.root.Symlink(filepath.FromSlash(target), rel) })
	})
}

// Rename implements sys.FS.
func (f *FS) Rename(from, to string) sys.Errno {
	return f.both("rename", from, to, needWrite|needMove, func(m *mount, from, to string) error {
		return rename(m.root, from, to)
	})
}

// rename does what rename(2) does beyond os.Root.Rename: an empty folder may
// be replaced, and error numbers are those of POSIX.
func rename(root *os.Root, from, to string) error {
	src, err := root.Lstat(from)
	if err != nil {
		return err
	}
	dst, err := root.Lstat(to)
	if err == nil {
		switch {
		case os.SameFile(src, dst):
			return nil
		case src.IsDir() && !dst.IsDir():
			return sys.ENOTDIR
		case !src.IsDir() && dst.IsDir():
			return sys.EISDIR
		case dst.IsDir() && strings.HasPrefix(to, from+"/"):
			return sys.EINVAL
		case dst.IsDir():
			if err := root.Remove(to); err != nil {
				return err // ENOTEMPTY
			}
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return root.Rename(from, to)
}

// Link implements sys.FS. It needs the right to read, too: the second name
// might lie where reading is allowed.
func (f *FS) Link(from, to string) sys.Errno {
	return f.both("link", from, to, needRead|needWrite, func(m *mount, from, to string) error {
		info, err := m.root.Lstat(from)
		if err != nil {
			return err
		}
		if !info.Mode().IsRegular() {
			return sys.EPERM // as Linux for folders; links and devices stay where they are
		}
		return f.create(func() error { return m.root.Link(from, to) })
	})
}

// both is at for operations on two paths, which must be in the same grant.
func (f *FS) both(op, from, to string, need right, do func(m *mount, from, to string) error) sys.Errno {
	a, slashA, errno := f.clean(from)
	if errno != 0 {
		return errno
	}
	b, slashB, errno := f.clean(to)
	if errno != 0 {
		return errno
	}
	run := func(realA, realB string) error {
		m, relA, errno := f.allowed(op, realA, need, a)
		if errno != 0 {
			return errno
		}
		n, relB, errno := f.allowed(op, realB, need, b)
		switch {
		case errno != 0:
			return errno
		case relA == "." || relB == "." || f.shell(realA) || f.shell(realB):
			return sys.EPERM // a grant stays where it is
		case m != n:
			return sys.ENOTSUP // EXDEV
		}
		f.used(m, op, a, need)
		f.used(m, op, b, need)
		if slashA || slashB {
			if info, err := m.stat(relA, true); err == nil && !info.IsDir() {
				return sys.ENOTDIR
			}
		}
		return do(m, relA, relB)
	}
	err := run(a, b)
	if !leavesRoot(err) {
		return errnoOf(err)
	}
	realA, errno := f.walk(op, a, need, false)
	if errno != 0 {
		return errno
	}
	realB, errno := f.walk(op, b, need, false)
	if errno != 0 {
		return errno
	}
	if err = run(realA, realB); leavesRoot(err) {
		return f.deny(op, a, need) // the links changed meanwhile
	}
	return errnoOf(err)
}
