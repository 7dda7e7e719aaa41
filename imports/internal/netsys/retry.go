//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package netsys

import "golang.org/x/sys/unix"

// retry makes a system call until it is not interrupted by a signal. Not for
// connect and close, which have already happened when they report EINTR.
func retry(call func() error) error {
	for {
		if err := call(); err != unix.EINTR {
			return err
		}
	}
}
