//go:build linux || dragonfly || freebsd

package netsys

import "golang.org/x/sys/unix"

// Systems whose calls make a socket non-blocking and close-on-exec at birth.

const atBirth = unix.SOCK_NONBLOCK | unix.SOCK_CLOEXEC

func sysSocket(family, typ, proto int) (FD, error) {
	fd := -1
	err := retry(func() (err error) {
		fd, err = unix.Socket(family, typ|atBirth, proto)
		return
	})
	return FD(fd), err
}

func sysSocketPair(family, typ, proto int) (p [2]int, err error) {
	err = retry(func() (err error) {
		p, err = unix.Socketpair(family, typ|atBirth, proto)
		return
	})
	return p, err
}

func sysAccept(fd int) (int, unix.Sockaddr, error) { return unix.Accept4(fd, atBirth) }

func prepare(fd int) error {
	return retry(func() error { return unix.SetNonblock(fd, true) })
}
