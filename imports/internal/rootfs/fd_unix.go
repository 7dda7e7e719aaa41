//go:build unix

package rootfs

import (
	"os"

	"golang.org/x/sys/unix"
)

// kernelAppends tells that setAppend makes every write an append.
const kernelAppends = true

// setAppend sets or clears O_APPEND: fcntl(2).
func setAppend(f *os.File, enable bool) error {
	return control(f, func(fd int) error {
		flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
		if err != nil {
			return err
		}
		if enable {
			flags |= unix.O_APPEND
		} else {
			flags &^= unix.O_APPEND
		}
		_, err = unix.FcntlInt(uintptr(fd), unix.F_SETFL, flags)
		return err
	})
}

// control runs do while the file cannot be closed.
func control(f *os.File, do func(fd int) error) error {
	conn, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var inner error
	if err = conn.Control(func(fd uintptr) { inner = do(int(fd)) }); err != nil {
		return err
	}
	return inner
}

func ignoringEINTR(do func() error) error {
	for {
		if err := do(); err != unix.EINTR {
			return err
		}
	}
}
