//go:build darwin || netbsd || openbsd

package netsys

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// Systems where a socket is made non-blocking and close-on-exec after its
// birth. ForkLock keeps it from leaking into a process started in between.

func sysSocket(family, typ, proto int) (FD, error) {
	fd := -1
	syscall.ForkLock.RLock()
	err := retry(func() (err error) {
		fd, err = unix.Socket(family, typ, proto)
		return
	})
	if err == nil {
		unix.CloseOnExec(fd)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return -1, err
	}
	if err := prepare(fd); err != nil {
		unix.Close(fd)
		return -1, err
	}
	return FD(fd), nil
}

func sysSocketPair(family, typ, proto int) (p [2]int, err error) {
	syscall.ForkLock.RLock()
	err = retry(func() (err error) {
		p, err = unix.Socketpair(family, typ, proto)
		return
	})
	if err == nil {
		unix.CloseOnExec(p[0])
		unix.CloseOnExec(p[1])
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return p, err
	}
	for _, fd := range p {
		if err := prepare(fd); err != nil {
			unix.Close(p[0])
			unix.Close(p[1])
			return p, err
		}
	}
	return p, nil
}

// sysAccept does without ForkLock: a listener shared with another process may
// be blocking again, and a call that blocks with the lock held would keep this
// process from ever starting another.
func sysAccept(fd int) (int, unix.Sockaddr, error) {
	nfd, sa, err := unix.Accept(fd)
	if err != nil {
		return -1, nil, err
	}
	unix.CloseOnExec(nfd)
	if err := prepare(nfd); err != nil {
		unix.Close(nfd)
		return -1, nil, err
	}
	return nfd, sa, nil
}

func prepare(fd int) error {
	if err := noSigpipe(fd); err != nil {
		return err
	}
	return retry(func() error { return unix.SetNonblock(fd, true) })
}
