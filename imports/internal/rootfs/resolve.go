package rootfs

import (
	"errors"
	"hash/fnv"
	"io/fs"
	"path"
	"strings"

	"github.com/tetratelabs/wazero/experimental/sys"
)

// right is what an operation needs of a grant.
type right uint8

const (
	needRead right = 1 << iota
	needWrite
	needMove // to take a file elsewhere, see mount.leaky
)

// ungranted is EACCES for want of a grant, still to be reported by deny.
const ungranted = ^sys.Errno(0)

const (
	maxLinks = 40  // as Linux: path_resolution(7)
	maxSteps = 256 // names looked up when walking links; each costs its depth
)

// clean returns the absolute, clean form of a path as wazero gives it: relative
// to "/". slash is set when it ended in one, so that it must be a folder.
func (f *FS) clean(name string) (clean string, slash bool, errno sys.Errno) {
	switch {
	case len(name) > f.opts.MaxPath:
		return "", false, sys.ENAMETOOLONG
	case name == "" || strings.IndexByte(name, 0) >= 0:
		return "", false, sys.EINVAL
	case f.isClosed():
		return "", false, sys.EBADF
	}
	clean = path.Clean("/" + name)
	if !validName(clean) {
		return "", false, sys.EINVAL
	}
	return clean, clean != "/" && strings.HasSuffix(name, "/"), 0
}

// find returns the longest grant that covers a clean path, and the path in it.
func (f *FS) find(name string) (m *mount, rel string) {
	for dir := name; ; dir = path.Dir(dir) {
		m := f.mounts[dir]
		switch {
		case m == nil:
		case m.file != "":
			if dir == name {
				return m, m.file
			}
		case dir == name:
			return m, "."
		default:
			return m, strings.TrimPrefix(name[len(dir):], "/")
		}
		if dir == "/" {
			return nil, ""
		}
	}
}

// shell reports whether the path is a folder above a grant.
func (f *FS) shell(name string) bool {
	_, ok := f.shells[name]
	return ok
}

// pinned reports whether a grant is at or below the path, which must then stay.
func (f *FS) pinned(name string) bool {
	return f.shell(name) || f.mounts[name] != nil
}

// allowed returns the grant for an operation on the path, or denies it. shown
// is the path to report.
func (f *FS) allowed(op, name string, need right, shown string) (*mount, string, sys.Errno) {
	m, rel := f.find(name)
	switch {
	case m == nil:
		return nil, "", f.deny(op, shown, need)
	case m.fsys != nil && need&needWrite != 0:
		return nil, "", sys.EROFS
	case need&needRead != 0 && !m.read:
		return nil, "", f.deny(op, shown, needRead)
	case need&needWrite != 0 && !m.write:
		return nil, "", f.deny(op, shown, needWrite)
	case need&needMove != 0 && m.leaky:
		return nil, "", f.deny(op, shown, needRead)
	}
	return m, rel, 0
}

// used tells of an operation that is allowed.
func (f *FS) used(m *mount, op, name string, need right) {
	if f.opts.OnUsed != nil && m.root != nil {
		f.opts.OnUsed(op, name, need&needRead != 0, need&needWrite != 0)
	}
}

func (f *FS) deny(op, name string, need right) sys.Errno {
	if f.opts.OnDenied != nil {
		f.opts.OnDenied(op, name, flagFor(name, need))
	}
	return sys.EACCES
}

// flagFor names the flag that grants the (first) right on the path.
func flagFor(name string, need right) string {
	flag := "--allow-write"
	if need&needRead != 0 {
		flag = "--allow-read"
	}
	if host := HostPath(name); host != "" {
		flag += "=" + host
	}
	return flag
}

// at runs do on the grant for the path. follow tells whether do follows a link
// at the end of it. When the grant's root cannot resolve the path, because of a
// link out of it, do runs once more where the link leads, if that is allowed.
func (f *FS) at(op, name string, need right, follow bool, do func(m *mount, rel string) error) sys.Errno {
	m, rel, errno := f.allowed(op, name, need, name)
	if errno != 0 {
		return errno
	}
	f.used(m, op, name, need)
	err := do(m, rel)
	if m.root != nil && leavesRoot(err) {
		target, errno := f.walk(op, name, need, follow)
		if errno != 0 {
			return errno
		}
		if m, rel, errno = f.allowed(op, target, need, name); errno != 0 {
			return errno
		}
		if err = do(m, rel); m.root != nil && leavesRoot(err) {
			err = ungranted // the links changed meanwhile
		}
	}
	if err == ungranted {
		return f.deny(op, name, need)
	}
	return errnoOf(err)
}

// walk is canon that reports a denial.
func (f *FS) walk(op, name string, need right, follow bool) (string, sys.Errno) {
	target, errno := f.canon(name, follow)
	if errno == ungranted {
		return "", f.deny(op, name, need)
	}
	return target, errno
}

// canon returns the path with all links resolved, except one at the end unless
// follow is set. The last name need not exist. It only looks up; what is then
// done with the result is confined by the grant's root again. The result is
// ungranted if it leads to where nothing is granted.
func (f *FS) canon(name string, follow bool) (string, sys.Errno) {
	cur, rest := "/", strings.Split(name, "/")
	links, steps := 0, 0
	for len(rest) > 0 {
		elem := rest[0]
		rest = rest[1:]
		switch elem {
		case "", ".":
			continue
		case "..":
			cur = path.Dir(cur)
			continue
		}
		if steps++; steps > maxSteps {
			return "", sys.ELOOP
		}
		next := path.Join(cur, elem)
		m, rel := f.find(next)
		if m == nil {
			if !f.shell(next) {
				return "", ungranted
			}
			cur = next
			continue
		}
		if m.root == nil || m.file != "" || rel == "." {
			cur = next
			continue
		}
		info, err := m.root.Lstat(rel)
		switch {
		case err != nil && f.shell(next):
			cur = next
			continue
		case errors.Is(err, fs.ErrNotExist) && len(rest) == 0:
			return next, 0
		case err != nil && leavesRoot(err):
			return "", ungranted // cur has no links unless somebody just made one
		case err != nil:
			return "", errnoOf(err)
		case info.Mode()&fs.ModeSymlink == 0 || len(rest) == 0 && !follow:
			cur = next
			continue
		}
		if links++; links > maxLinks {
			return "", sys.ELOOP
		}
		target, err := m.root.Readlink(rel)
		if err != nil {
			return "", errnoOf(err)
		}
		if len(target) > f.opts.MaxPath {
			return "", sys.ENAMETOOLONG
		}
		target, ok := linkTarget(target)
		if !ok {
			return "", ungranted
		}
		if path.IsAbs(target) {
			cur = "/"
		}
		rest = append(strings.Split(target, "/"), rest...)
	}
	return cur, 0
}

// inode makes up a file serial number, for what has none. wasi-libc examines
// each name of a listing once more when that is zero.
func inode(name string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name))
	return h.Sum64() | 1
}
