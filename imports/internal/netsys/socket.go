//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package netsys

import "golang.org/x/sys/unix"

// osNet makes the system calls.
type osNet struct{}

func (osNet) Socket(family, typ, proto int) (FD, error) {
	family, typ, proto, err := osSocket(family, typ, proto)
	if err != nil {
		return -1, err
	}
	return sysSocket(family, typ, proto)
}

func (osNet) SocketPair(family, typ, proto int) ([2]FD, error) {
	none := [2]FD{-1, -1}
	family, typ, proto, err := osSocket(family, typ, proto)
	if err != nil {
		return none, err
	}
	p, err := sysSocketPair(family, typ, proto)
	if err != nil {
		return none, err
	}
	return [2]FD{FD(p[0]), FD(p[1])}, nil
}

func (osNet) Bind(fd FD, a Addr) error {
	sa, err := toSockaddr(a)
	if err != nil {
		return err
	}
	return retry(func() error { return unix.Bind(int(fd), sa) })
}

func (osNet) Listen(fd FD, backlog int) error {
	return retry(func() error { return unix.Listen(int(fd), backlog) })
}

func (osNet) Accept(fd FD) (FD, Addr, error) {
	var nfd int
	var sa unix.Sockaddr
	err := retry(func() (err error) {
		nfd, sa, err = sysAccept(int(fd))
		return
	})
	if err != nil {
		return -1, Addr{}, err
	}
	a, err := fromSockaddr(sa)
	if err != nil {
		unix.Close(nfd)
		return -1, Addr{}, err
	}
	return FD(nfd), a, nil
}

func (osNet) Connect(fd FD, a Addr) error {
	sa, err := toSockaddr(a)
	if err != nil {
		return err
	}
	err = unix.Connect(int(fd), sa)
	if err == unix.EINTR {
		// POSIX connect(): the attempt goes on by itself, and a second call
		// would report EALREADY or, too late, EISCONN.
		err = unix.EINPROGRESS
	}
	return err
}

func (osNet) Send(fd FD, p []byte, flags int) (n int, err error) {
	f, err := osMsgFlags(flags)
	if err != nil {
		return 0, err
	}
	err = retry(func() (err error) {
		n, err = sysSend(int(fd), p, f|msgNoSignal)
		return
	})
	return n, err
}

func (osNet) Recv(fd FD, p []byte, flags int) (n int, err error) {
	f, err := osMsgFlags(flags)
	if err != nil {
		return 0, err
	}
	err = retry(func() (err error) {
		n, err = sysRecv(int(fd), p, f)
		return
	})
	return n, err
}

func (osNet) SendTo(fd FD, p []byte, flags int, a Addr) (n int, err error) {
	f, err := osMsgFlags(flags)
	if err != nil {
		return 0, err
	}
	sa, err := toSockaddr(a)
	if err != nil {
		return 0, err
	}
	err = retry(func() (err error) {
		// Unlike Sendto it tells how much was sent.
		n, err = unix.SendmsgN(int(fd), p, nil, sa, f|msgNoSignal)
		return
	})
	return n, err
}

func (osNet) RecvFrom(fd FD, p []byte, flags int) (n int, a Addr, err error) {
	f, err := osMsgFlags(flags)
	if err != nil {
		return 0, Addr{}, err
	}
	var sa unix.Sockaddr
	err = retry(func() (err error) {
		n, sa, err = unix.Recvfrom(int(fd), p, f)
		return
	})
	if err != nil {
		return 0, Addr{}, err
	}
	a, err = fromSockaddr(sa)
	return n, a, err
}

func (osNet) Shutdown(fd FD, how int) error {
	if how < SHUT_RD || how > SHUT_RDWR {
		return unix.EINVAL
	}
	return retry(func() error { return unix.Shutdown(int(fd), how) })
}

func (n osNet) Close(fd FD) error {
	if on, seconds, err := n.Linger(fd); err == nil && on && seconds > 0 {
		if err := n.SetLinger(fd, false, 0); err != nil {
			// Better a reset than a thread that blocks for as long as the
			// guest pleases.
			n.SetLinger(fd, true, 0)
		}
	}
	err := unix.Close(int(fd))
	if err == unix.EINTR {
		return nil // it is closed; its number may be in use again
	}
	return err
}

func (osNet) LocalAddr(fd FD) (Addr, error) {
	sa, err := getsockname(fd)
	if err != nil {
		return Addr{}, err
	}
	return fromSockaddr(sa)
}

func (osNet) PeerAddr(fd FD) (Addr, error) {
	var sa unix.Sockaddr
	err := retry(func() (err error) {
		sa, err = unix.Getpeername(int(fd))
		return
	})
	if err != nil {
		return Addr{}, err
	}
	return fromSockaddr(sa)
}

func getsockname(fd FD) (sa unix.Sockaddr, err error) {
	err = retry(func() (err error) {
		sa, err = unix.Getsockname(int(fd))
		return
	})
	return sa, err
}

func (osNet) Type(fd FD) (int, error) {
	typ, err := getInt(fd, unix.SOL_SOCKET, unix.SO_TYPE)
	if err != nil {
		return 0, err
	}
	return guestType(typ)
}

func (osNet) Family(fd FD) (int, error) {
	family, err := sysFamily(fd)
	if err != nil {
		return 0, err
	}
	return guestFamily(family)
}

func (osNet) IsListening(fd FD) (bool, error) {
	val, err := getInt(fd, unix.SOL_SOCKET, unix.SO_ACCEPTCONN)
	return val != 0, err
}

func (osNet) Adopt(fd FD) error {
	if _, err := getInt(fd, unix.SOL_SOCKET, unix.SO_TYPE); err != nil {
		return err // also EBADF and ENOTSOCK
	}
	if err := retry(func() error { return setCloseOnExec(fd) }); err != nil {
		return err
	}
	return prepare(int(fd))
}

func setCloseOnExec(fd FD) error {
	_, err := unix.FcntlInt(uintptr(fd), unix.F_SETFD, unix.FD_CLOEXEC)
	return err
}
