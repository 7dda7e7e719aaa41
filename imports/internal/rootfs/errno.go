package rootfs

import (
	"errors"
	"io"
	"io/fs"
	"runtime"
	"syscall"

	"github.com/tetratelabs/wazero/experimental/sys"
)

// errnoOf maps any error of os, io/fs or this package. Errors it cannot name
// are EIO.
func errnoOf(err error) sys.Errno {
	if err == nil || err == io.EOF {
		return 0
	}
	var own sys.Errno
	if errors.As(err, &own) {
		return own
	}
	var e syscall.Errno
	if errors.As(err, &e) {
		return systemErrno(e)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return sys.ENOENT
	case errors.Is(err, fs.ErrExist):
		return sys.EEXIST
	case errors.Is(err, fs.ErrPermission):
		return sys.EACCES
	case errors.Is(err, fs.ErrInvalid):
		return sys.EINVAL
	case errors.Is(err, fs.ErrClosed):
		return sys.EBADF
	case errors.Is(err, errors.ErrUnsupported):
		return sys.ENOTSUP
	}
	return sys.EIO
}

func systemErrno(e syscall.Errno) sys.Errno {
	switch {
	case e == syscall.EMFILE || e == syscall.ENFILE:
		return sys.EAGAIN
	case e == syscall.EXDEV:
		return sys.ENOTSUP
	case e == syscall.ENXIO || e == syscall.ENODEV:
		return sys.EACCES // open(2) of a FIFO or device that got past the first check
	case notFound(e):
		return sys.ENOENT
	case runtime.GOOS == "windows" && errors.Is(e, fs.ErrPermission):
		return sys.EACCES // wazero takes ERROR_ACCESS_DENIED for EBADF
	}
	return sys.UnwrapOSError(e)
}

// leavesRoot reports whether an os.Root gave up because a link leads out of it
// (an error that os does not export) or because it follows fewer links than we
// do. Both are settled by walking the links ourselves.
func leavesRoot(err error) bool {
	var own sys.Errno
	if err == nil || errors.As(err, &own) {
		return false
	}
	var e syscall.Errno
	if errors.As(err, &e) {
		return e == syscall.ELOOP
	}
	return errnoOf(err) == sys.EIO
}
