package netsys

// Fault is a Net for tests. Before each call of the wrapped Net it asks Hook,
// which may let the call fail without making it, or cut its data.
//
// Hook gets the name of the system call ("socket", "socketpair", "bind",
// "listen", "accept", "connect", "send", "recv", "sendto", "recvfrom",
// "shutdown", "close", "setsockopt", "getsockopt", "getsockname",
// "getpeername", "adopt"), the descriptor (-1 for the two that make one) and
// the length of the data (0 for calls without). A non-nil err is returned in
// place of the call, except that close closes all the same, as close(2) does.
// A limit above 0 shortens the data of send, recv, sendto and recvfrom.
//
// An error of Hook is returned as it is. In particular EINTR is not retried:
// that happens below this seam.
//
// Hook may be called by several goroutines at once. A nil Hook does nothing.
type Fault struct {
	Net
	Hook func(op string, fd FD, n int) (err error, limit int)
}

func (f Fault) ask(op string, fd FD) error {
	_, err := f.cut(op, fd, nil)
	return err
}

func (f Fault) cut(op string, fd FD, p []byte) ([]byte, error) {
	if f.Hook == nil {
		return p, nil
	}
	err, limit := f.Hook(op, fd, len(p))
	if limit > 0 && limit < len(p) {
		p = p[:limit]
	}
	return p, err
}

// Socket is Net.Socket behind the hook, and so on for the others.
func (f Fault) Socket(family, typ, proto int) (FD, error) {
	if err := f.ask("socket", -1); err != nil {
		return -1, err
	}
	return f.Net.Socket(family, typ, proto)
}

func (f Fault) SocketPair(family, typ, proto int) ([2]FD, error) {
	if err := f.ask("socketpair", -1); err != nil {
		return [2]FD{-1, -1}, err
	}
	return f.Net.SocketPair(family, typ, proto)
}

func (f Fault) Bind(fd FD, a Addr) error {
	if err := f.ask("bind", fd); err != nil {
		return err
	}
	return f.Net.Bind(fd, a)
}

func (f Fault) Listen(fd FD, backlog int) error {
	if err := f.ask("listen", fd); err != nil {
		return err
	}
	return f.Net.Listen(fd, backlog)
}

func (f Fault) Accept(fd FD) (FD, Addr, error) {
	if err := f.ask("accept", fd); err != nil {
		return -1, Addr{}, err
	}
	return f.Net.Accept(fd)
}

func (f Fault) Connect(fd FD, a Addr) error {
	if err := f.ask("connect", fd); err != nil {
		return err
	}
	return f.Net.Connect(fd, a)
}

func (f Fault) Send(fd FD, p []byte, flags int) (int, error) {
	p, err := f.cut("send", fd, p)
	if err != nil {
		return 0, err
	}
	return f.Net.Send(fd, p, flags)
}

func (f Fault) Recv(fd FD, p []byte, flags int) (int, error) {
	p, err := f.cut("recv", fd, p)
	if err != nil {
		return 0, err
	}
	return f.Net.Recv(fd, p, flags)
}

func (f Fault) SendTo(fd FD, p []byte, flags int, a Addr) (int, error) {
	p, err := f.cut("sendto", fd, p)
	if err != nil {
		return 0, err
	}
	return f.Net.SendTo(fd, p, flags, a)
}

func (f Fault) RecvFrom(fd FD, p []byte, flags int) (int, Addr, error) {
	p, err := f.cut("recvfrom", fd, p)
	if err != nil {
		return 0, Addr{}, err
	}
	return f.Net.RecvFrom(fd, p, flags)
}

func (f Fault) Shutdown(fd FD, how int) error {
	if err := f.ask("shutdown", fd); err != nil {
		return err
	}
	return f.Net.Shutdown(fd, how)
}

func (f Fault) Close(fd FD) error {
	err := f.ask("close", fd)
	if cerr := f.Net.Close(fd); err == nil {
		err = cerr
	}
	return err
}

func (f Fault) SetsockoptInt(fd FD, level, opt, val int) error {
	if err := f.ask("setsockopt", fd); err != nil {
		return err
	}
	return f.Net.SetsockoptInt(fd, level, opt, val)
}

func (f Fault) GetsockoptInt(fd FD, level, opt int) (int, error) {
	if err := f.ask("getsockopt", fd); err != nil {
		return 0, err
	}
	return f.Net.GetsockoptInt(fd, level, opt)
}

func (f Fault) SetLinger(fd FD, on bool, seconds int) error {
	if err := f.ask("setsockopt", fd); err != nil {
		return err
	}
	return f.Net.SetLinger(fd, on, seconds)
}

func (f Fault) Linger(fd FD) (bool, int, error) {
	if err := f.ask("getsockopt", fd); err != nil {
		return false, 0, err
	}
	return f.Net.Linger(fd)
}

func (f Fault) LocalAddr(fd FD) (Addr, error) {
	if err := f.ask("getsockname", fd); err != nil {
		return Addr{}, err
	}
	return f.Net.LocalAddr(fd)
}

func (f Fault) PeerAddr(fd FD) (Addr, error) {
	if err := f.ask("getpeername", fd); err != nil {
		return Addr{}, err
	}
	return f.Net.PeerAddr(fd)
}

func (f Fault) Type(fd FD) (int, error) {
	if err := f.ask("getsockopt", fd); err != nil {
		return 0, err
	}
	return f.Net.Type(fd)
}

func (f Fault) Family(fd FD) (int, error) {
	if err := f.ask("getsockopt", fd); err != nil {
		return 0, err
	}
	return f.Net.Family(fd)
}

func (f Fault) IsListening(fd FD) (bool, error) {
	if err := f.ask("getsockopt", fd); err != nil {
		return false, err
	}
	return f.Net.IsListening(fd)
}

func (f Fault) Adopt(fd FD) error {
	if err := f.ask("adopt", fd); err != nil {
		return err
	}
	return f.Net.Adopt(fd)
}
