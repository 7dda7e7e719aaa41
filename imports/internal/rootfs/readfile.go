package rootfs

import (
	"errors"
	"io"
	"io/fs"
	"strconv"

	"github.com/tetratelabs/wazero/experimental/sys"
)

// Denied is a refusal for want of a grant. errors.Is(err, fs.ErrPermission)
// holds.
type Denied struct {
	Op   string // "read"
	Path string // as it was asked for
	Flag string // "--allow-read=/etc/passwd"
}

// Error quotes what may come from the guest: it is safe to print.
func (d *Denied) Error() string {
	return d.Op + " " + strconv.QuoteToASCII(d.Path) + " denied (allow it with " + strconv.QuoteToASCII(d.Flag) + ")"
}

// Unwrap returns sys.EACCES.
func (d *Denied) Unwrap() error { return sys.EACCES }

// ErrTooLarge is in the error of ReadFile for a file beyond the limit.
var ErrTooLarge = errors.New("the file is too large")

// ReadFile reads a regular file for the host, as module loaders do, under the
// same rules as for the guest; the file does not count as open. It returns the
// content, at most limit bytes, and the canonical path: that of the guest with
// all links resolved. Errors are a *Denied, which OnDenied is told as well, or
// a *fs.PathError, whose Err is a sys.Errno or ErrTooLarge.
//
// A link that changes during the call can make the canonical path that of
// another file; the content is always of a file that may be read.
func (f *FS) ReadFile(name string, limit int64) (data []byte, canonical string, err error) {
	data, canonical, err = f.readFile(name, limit)
	switch {
	case err == nil:
		return data, canonical, nil
	case err == ungranted:
		_ = f.deny("read", name, needRead)
		err = &Denied{Op: "read", Path: name, Flag: flagFor(name, needRead)}
	case errors.Is(err, ErrTooLarge):
		err = &fs.PathError{Op: "read", Path: name, Err: ErrTooLarge}
	default:
		err = &fs.PathError{Op: "read", Path: name, Err: errnoOf(err)}
	}
	return nil, "", err
}

func (f *FS) readFile(name string, limit int64) ([]byte, string, error) {
	name, slash, errno := f.clean(name)
	if errno != 0 {
		return nil, "", errno
	}
	target, errno := f.canon(name, true)
	if errno != 0 {
		return nil, "", errno
	}
	m, rel := f.find(target)
	switch {
	case (m == nil || !m.read) && f.shell(target):
		return nil, "", sys.EISDIR
	case m == nil || !m.read:
		return nil, "", ungranted
	}
	f.used(m, "read", name, needRead)
	file, info, err := f.openRegular(m, rel)
	if err != nil {
		if m.root != nil && leavesRoot(err) {
			err = ungranted // the links changed meanwhile
		}
		return nil, "", err
	}
	defer file.Close()
	switch {
	case info.IsDir():
		return nil, "", sys.EISDIR
	case slash:
		return nil, "", sys.ENOTDIR
	case info.Size() > limit:
		return nil, "", ErrTooLarge
	}
	data := make([]byte, 0, info.Size()+1) // one more, to see the end
	for int64(len(data)) <= limit {
		if len(data) == cap(data) {
			data = append(data, 0)[:len(data)]
		}
		n, err := file.Read(data[len(data):cap(data)])
		data = data[:len(data)+n]
		if err == io.EOF {
			return data, target, nil
		}
		if err != nil {
			return nil, "", err
		}
	}
	return nil, "", ErrTooLarge
}

// openRegular opens for reading, in either kind of grant.
func (f *FS) openRegular(m *mount, rel string) (fs.File, fs.FileInfo, error) {
	if m.root != nil {
		return f.openHost(m, rel, sys.O_RDONLY, 0)
	}
	return openFS(m, rel, sys.O_RDONLY)
}
