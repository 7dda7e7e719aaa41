package rootfs

import (
	"errors"
	"io/fs"
	"os"

	"github.com/tetratelabs/wazero/experimental/sys"
)

// OpenFile implements sys.FS.
func (f *FS) OpenFile(p string, flag sys.Oflag, perm fs.FileMode) (sys.File, sys.Errno) {
	if flag == sys.O_RDONLY && (p == "." || p == "/") {
		// wazero opens its mount like this, at any time, and panics on all
		// errors but this one.
		if f.isClosed() {
			return nil, sys.ENOENT
		}
		return f.top, 0
	}
	name, slash, errno := f.clean(p)
	if errno != 0 {
		return nil, errno
	}
	if slash {
		flag |= sys.O_DIRECTORY
	}
	need, errno := rightsFor(flag)
	if errno != 0 {
		return nil, errno
	}
	if errno = f.reserve(); errno != 0 {
		return nil, errno
	}
	file, errno := f.openAny(name, flag, need, perm)
	if errno != 0 {
		f.release()
		return nil, errno
	}
	return f.remember(file)
}

// rightsFor also refuses combinations that make no sense.
func rightsFor(flag sys.Oflag) (right, sys.Errno) {
	var need right
	switch flag & (sys.O_RDWR | sys.O_WRONLY) {
	case sys.O_RDONLY:
		need = needRead
	case sys.O_WRONLY:
		need = needWrite
	case sys.O_RDWR:
		need = needRead | needWrite
	default:
		return 0, sys.EINVAL
	}
	if flag&(sys.O_CREAT|sys.O_TRUNC) != 0 {
		need |= needWrite
	}
	if flag&sys.O_DIRECTORY != 0 {
		if flag&sys.O_CREAT != 0 {
			return 0, sys.EINVAL
		} else if need&needWrite != 0 {
			return 0, sys.EISDIR
		}
	}
	return need, 0
}

func (f *FS) openAny(name string, flag sys.Oflag, need right, perm fs.FileMode) (file sys.File, errno sys.Errno) {
	shell := &dirFile{fs: f, name: name, extra: f.shells[name]}
	if m, _ := f.find(name); f.shell(name) && (m == nil || !m.read) {
		if need&needWrite != 0 {
			return nil, sys.EISDIR
		}
		return shell, 0
	}
	errno = f.at("open", name, need, followLast(flag), func(m *mount, rel string) (err error) {
		if m.fsys != nil {
			file, err = f.openInFS(m, name, rel, flag)
		} else {
			file, err = f.openInRoot(m, name, rel, flag, perm)
		}
		return err
	})
	if errno == sys.ENOENT && f.shell(name) && need == needRead {
		return shell, 0 // above a grant, but not in the folder that is there
	}
	return file, errno
}

// followLast tells whether a link at the end of the path is followed.
func followLast(flag sys.Oflag) bool {
	const exclusive = sys.O_CREAT | sys.O_EXCL
	return flag&sys.O_NOFOLLOW == 0 && flag&exclusive != exclusive
}

func (f *FS) openInFS(m *mount, name, rel string, flag sys.Oflag) (sys.File, error) {
	file, info, err := openFS(m, rel, flag)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return &fsFile{fs: f, name: name, file: file, st: statOf(name, info)}, nil
	}
	list := &fsLister{fsys: m.fsys, rel: rel, name: name, dir: file}
	return &dirFile{fs: f, name: name, mount: m, extra: f.shells[name], list: list}, nil
}

func (f *FS) openInRoot(m *mount, name, rel string, flag sys.Oflag, perm fs.FileMode) (sys.File, error) {
	file, info, err := f.openHost(m, rel, flag, perm)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return &dirFile{fs: f, name: name, mount: m, extra: f.shells[name], list: &hostLister{name, file}}, nil
	}
	h := &hostFile{fs: f, name: name, file: file, st: statOf(name, info), mayWrite: m.write}
	if flag&sys.O_APPEND != 0 {
		if errno := h.SetAppend(true); errno != 0 {
			_ = file.Close()
			return nil, errno
		}
	}
	return h, nil
}

// openHost opens a regular file or folder in the grant's root. What it is, is
// checked before, as opening a device can have effects, and after, as it may
// have been replaced. O_TRUNC comes last, for the same reason.
func (f *FS) openHost(m *mount, rel string, flag sys.Oflag, perm fs.FileMode) (*os.File, fs.FileInfo, error) {
	info, err := m.stat(rel, followLast(flag))
	create := false
	switch {
	case err == nil:
		if err = suits(info, flag); err != nil {
			return nil, nil, err
		}
	case errors.Is(err, fs.ErrNotExist) && flag&sys.O_CREAT != 0:
		create = true
		if errno := f.spend(entryCost); errno != 0 {
			return nil, nil, errno
		}
	default:
		return nil, nil, err
	}
	file, err := m.root.OpenFile(rel, hostFlags(flag, create, m.file != ""), perm&0o777)
	if err != nil {
		if create {
			f.refund(entryCost)
		}
		return nil, nil, err
	}
	if info, err = verify(m, rel, file, flag, create); err == nil && flag&sys.O_TRUNC != 0 && info.Size() > 0 {
		if err = file.Truncate(0); err == nil {
			info, err = file.Stat()
		}
	}
	if err != nil {
		_ = file.Close()
		return nil, nil, err
	}
	return file, info, nil
}

// suits checks what is there against the flags.
func suits(info fs.FileInfo, flag sys.Oflag) error {
	mode := info.Mode()
	switch {
	case flag&(sys.O_CREAT|sys.O_EXCL) == sys.O_CREAT|sys.O_EXCL:
		return sys.EEXIST
	case mode&fs.ModeSymlink != 0:
		return sys.ELOOP
	case mode.IsDir():
		if need, _ := rightsFor(flag); need&needWrite != 0 {
			return sys.EISDIR
		}
	case flag&sys.O_DIRECTORY != 0:
		return sys.ENOTDIR
	case !mode.IsRegular():
		return sys.EACCES
	}
	return nil
}

func verify(m *mount, rel string, file *os.File, flag sys.Oflag, created bool) (fs.FileInfo, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if created {
		flag &^= sys.O_EXCL
	}
	if err = suits(info, flag); err != nil {
		return nil, err
	}
	if m.file != "" { // no link was followed to another file of the folder
		named, err := m.root.Lstat(rel)
		if err != nil {
			return nil, err
		}
		if !named.Mode().IsRegular() || !os.SameFile(named, info) {
			return nil, sys.EACCES
		}
	}
	if info.Mode().IsRegular() && !m.kernel && isKernelFile(file) {
		return nil, ungranted
	}
	return info, nil
}

// hostFlags leaves out O_TRUNC, see openHost, and O_APPEND, see SetAppend. A
// file granted by itself is created only if nothing has its name: never at the
// end of a link.
func hostFlags(flag sys.Oflag, create, single bool) int {
	h := os.O_RDONLY | openExtra
	switch {
	case flag&sys.O_WRONLY != 0:
		h = os.O_WRONLY | openExtra
	case flag&sys.O_RDWR != 0 || flag&sys.O_TRUNC != 0: // truncating needs it
		h = os.O_RDWR | openExtra
	}
	if create {
		h |= os.O_CREATE
		if single || flag&sys.O_EXCL != 0 {
			h |= os.O_EXCL
		}
	}
	if flag&(sys.O_SYNC|sys.O_DSYNC|sys.O_RSYNC) != 0 {
		h |= os.O_SYNC
	}
	return h
}

// openFS opens a regular file or folder of the grant's fs.FS.
func openFS(m *mount, rel string, flag sys.Oflag) (fs.File, fs.FileInfo, error) {
	info, err := m.stat(rel, followLast(flag))
	if err != nil {
		return nil, nil, err
	}
	if err = suits(info, flag); err != nil {
		return nil, nil, err
	}
	file, err := m.fsys.Open(rel)
	if err != nil {
		return nil, nil, err
	}
	if info, err = file.Stat(); err == nil {
		err = suits(info, flag)
	}
	if err != nil {
		_ = file.Close()
		return nil, nil, err
	}
	return file, info, nil
}
