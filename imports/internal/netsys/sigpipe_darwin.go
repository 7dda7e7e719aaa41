package netsys

import "golang.org/x/sys/unix"

// noSigpipe stands in for MSG_NOSIGNAL. A socket whose peer has gone refuses
// options with EINVAL; writing to it fails in any case.
func noSigpipe(fd int) error {
	err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_NOSIGPIPE, 1)
	if err == unix.EINVAL {
		return nil
	}
	return err
}
