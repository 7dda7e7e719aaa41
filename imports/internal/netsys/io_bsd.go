//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package netsys

import "golang.org/x/sys/unix"

func sysSend(fd int, p []byte, flags int) (int, error) {
	return unix.SendmsgN(fd, p, nil, nil, flags)
}

func sysRecv(fd int, p []byte, flags int) (int, error) {
	if flags == unix.MSG_DONTWAIT {
		return unix.Read(fd, p) // no garbage for an address; the socket is non-blocking
	}
	n, _, err := unix.Recvfrom(fd, p, flags)
	return n, err
}

func sysFamily(fd FD) (int, error) {
	sa, err := getsockname(fd)
	if err != nil {
		return 0, err
	}
	switch sa.(type) {
	case *unix.SockaddrInet4:
		return unix.AF_INET, nil
	case *unix.SockaddrInet6:
		return unix.AF_INET6, nil
	case *unix.SockaddrUnix:
		return unix.AF_UNIX, nil
	}
	return 0, unix.EAFNOSUPPORT
}
