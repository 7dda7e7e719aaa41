//go:build !windows

package rootfs

import (
	"path/filepath"
	"syscall"
)

// openExtra is added to the flags of every open: opening must not wait for the
// other end of a FIFO, nor make a terminal the controlling one (open(2)).
const openExtra = syscall.O_NONBLOCK | syscall.O_NOCTTY

// GuestPath returns the path at which the guest sees an absolute path of the
// host: the same, cleaned.
func GuestPath(abs string) (string, error) { return filepath.Clean(abs), nil }

// HostPath undoes GuestPath; "" when the path has none on the host.
func HostPath(guest string) string { return guest }

// All returns grants for the whole file system.
func All(read, write bool) ([]Grant, error) {
	g, err := Dir("/", read, write)
	if err != nil {
		return nil, err
	}
	return []Grant{g}, nil
}

// linkTarget returns the target of a link as the guest would write it.
func linkTarget(target string) (string, bool) { return target, true }

func validName(string) bool { return true }

func notFound(e syscall.Errno) bool { return e == syscall.ENOENT }
