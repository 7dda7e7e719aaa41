//go:build unix

package netsys

import "golang.org/x/sys/unix"

// Dup duplicates fd, close-on-exec, as fcntl(2) F_DUPFD_CLOEXEC.
func Dup(fd FD) (FD, error) {
	n, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
	return FD(n), err
}
