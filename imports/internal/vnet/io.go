package vnet

import (
	"syscall"

	"github.com/wqjs/wqjs/imports/internal/abi"
	"github.com/wqjs/wqjs/imports/internal/netsys"
)

// cut shortens p to what one call may move.
func (s *socket) cut(p []byte) []byte {
	if s.maxIO > 0 && len(p) > s.maxIO {
		return p[:s.maxIO]
	}
	return p
}

// broken is what to tell of a connection that was reset: once ECONNRESET, then
// nil for err.
func (s *socket) broken() error {
	if s.reset.Load() && s.err.CompareAndSwap(int32(syscall.ECONNRESET), 0) {
		return syscall.ECONNRESET
	}
	return nil
}

// Send implements netsys.Net.
func (n *Net) Send(fd netsys.FD, p []byte, flags int) (int, error) {
	s := n.get(fd)
	if s == nil {
		return netsys.OS.Send(fd, p, flags)
	}
	if s.typ == netsys.SOCK_DGRAM {
		return n.sendDatagram(s, p, flags)
	}
	switch s.is() {
	case connected:
	case connecting:
		return 0, syscall.EAGAIN
	case down:
		return 0, syscall.ENETDOWN
	default:
		return 0, syscall.EPIPE
	}
	sent, err := netsys.OS.Send(fd, s.cut(p), flags)
	if err == syscall.EPIPE {
		if reset := s.broken(); reset != nil {
			err = reset
		}
	}
	return sent, err
}

// Recv implements netsys.Net.
func (n *Net) Recv(fd netsys.FD, p []byte, flags int) (int, error) {
	s := n.get(fd)
	if s == nil {
		return netsys.OS.Recv(fd, p, flags)
	}
	if s.typ == netsys.SOCK_DGRAM {
		got, _, err := s.receive(fd, p, flags)
		return got, err
	}
	switch s.is() {
	case connected:
	case connecting:
		return 0, syscall.EAGAIN
	case failed:
		if err := s.err.Swap(0); err != 0 {
			return 0, syscall.Errno(err)
		}
		return 0, nil
	case down:
		return 0, syscall.ENETDOWN
	default:
		return 0, syscall.ENOTCONN
	}
	got, err := netsys.OS.Recv(fd, s.cut(p), flags)
	if got == 0 && err == nil && len(p) > 0 {
		err = s.broken()
	}
	return got, err
}

// SendTo implements netsys.Net.
func (n *Net) SendTo(fd netsys.FD, p []byte, flags int, a netsys.Addr) (int, error) {
	s := n.get(fd)
	switch {
	case s == nil:
		return netsys.OS.SendTo(fd, p, flags, a)
	case s.typ != netsys.SOCK_DGRAM && s.is() == connected:
		return 0, syscall.EISCONN
	case s.typ != netsys.SOCK_DGRAM:
		return 0, syscall.EPIPE
	}
	to, err := canonical(s.family, a)
	if err != nil {
		return 0, err
	}
	return n.sendDatagramTo(s, p, flags, here(to))
}

// RecvFrom implements netsys.Net.
func (n *Net) RecvFrom(fd netsys.FD, p []byte, flags int) (int, netsys.Addr, error) {
	s := n.get(fd)
	if s == nil {
		return netsys.OS.RecvFrom(fd, p, flags)
	}
	if s.typ == netsys.SOCK_DGRAM {
		got, from, err := s.receive(fd, p, flags)
		if err != nil || from.Family == 0 {
			return got, netsys.Addr{}, err
		}
		return got, shown(s.family, from), nil
	}
	got, err := n.Recv(fd, p, flags)
	return got, netsys.Addr{}, err
}

// Options that are kept here.
var (
	sndbuf    = [2]int{netsys.SOL_SOCKET, netsys.SO_SNDBUF}
	reuseport = [2]int{netsys.SOL_SOCKET, netsys.SO_REUSEPORT}
	v6only    = [2]int{netsys.IPPROTO_IPV6, netsys.IPV6_V6ONLY}

	ownOptions = map[[2]int]int{ // with their presets, those of Linux
		{netsys.SOL_SOCKET, netsys.SO_REUSEADDR}:   0,
		reuseport:                                  0,
		{netsys.SOL_SOCKET, netsys.SO_KEEPALIVE}:   0,
		{netsys.IPPROTO_TCP, netsys.TCP_NODELAY}:   0,
		{netsys.IPPROTO_TCP, netsys.TCP_KEEPIDLE}:  7200,
		{netsys.IPPROTO_TCP, netsys.TCP_KEEPINTVL}: 75,
		{netsys.IPPROTO_TCP, netsys.TCP_KEEPCNT}:   9,
		v6only:                                     0,
	}
)

func (s *socket) option(level, opt, val int) {
	if s.opts == nil {
		s.opts = map[[2]int]int{}
	}
	s.opts[[2]int{level, opt}] = val
}

// fits tells whether a socket of the kind has an option of that level.
func (s *socket) fits(level int) bool {
	switch level {
	case netsys.SOL_SOCKET:
		return true
	case netsys.IPPROTO_TCP:
		return s.typ == netsys.SOCK_STREAM && s.family != netsys.AF_UNIX
	case netsys.IPPROTO_IPV6:
		return s.family == netsys.AF_INET6
	}
	return false
}

// SetsockoptInt implements netsys.Net. Options that matter to the kernel only,
// such as TCP_NODELAY, are kept without effect; no address is ever in use when
// its socket is closed, so SO_REUSEADDR has none either.
func (n *Net) SetsockoptInt(fd netsys.FD, level, opt, val int) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	s := n.fds[fd]
	if s == nil {
		return netsys.OS.SetsockoptInt(fd, level, opt, val)
	}
	key := [2]int{level, opt}
	preset, own := ownOptions[key]
	switch {
	case !s.fits(level):
		return syscall.ENOPROTOOPT
	case own && preset > 0:
		if val < 1 || val > 32767 {
			return syscall.EINVAL
		}
		s.option(level, opt, val)
		return nil
	case own:
		if level == netsys.IPPROTO_IPV6 && s.bound {
			return syscall.EINVAL
		}
		s.option(level, opt, min(max(val, -val), 1))
		return nil
	case key == sndbuf && s.is() == connecting:
		s.option(level, opt, val) // when it is connected
		return nil
	case key == sndbuf && s.is() == listening:
		return nil
	}
	return netsys.OS.SetsockoptInt(fd, level, opt, val)
}

// GetsockoptInt implements netsys.Net.
func (n *Net) GetsockoptInt(fd netsys.FD, level, opt int) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	s := n.fds[fd]
	if s == nil {
		return netsys.OS.GetsockoptInt(fd, level, opt)
	}
	key := [2]int{level, opt}
	preset, own := ownOptions[key]
	val, kept := s.opts[key]
	switch {
	case !s.fits(level):
		return 0, syscall.ENOPROTOOPT
	case kept:
		return val, nil
	case own:
		return preset, nil
	case level != netsys.SOL_SOCKET:
		return 0, syscall.ENOPROTOOPT
	}
	switch opt {
	case netsys.SO_ERROR:
		return int(s.err.Swap(0)), nil
	case netsys.SO_TYPE:
		return s.typ, nil
	case netsys.SO_DOMAIN:
		return s.family, nil
	case netsys.SO_ACCEPTCONN:
		if s.is() == listening {
			return 1, nil
		}
		return 0, nil
	}
	return netsys.OS.GetsockoptInt(fd, level, opt)
}

// SetLinger implements netsys.Net.
func (n *Net) SetLinger(fd netsys.FD, on bool, seconds int) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	s := n.fds[fd]
	switch {
	case s == nil:
		return netsys.OS.SetLinger(fd, on, seconds)
	case seconds < 0:
		return abi.EINVAL
	case on:
		s.linger = seconds + 1
	default:
		s.linger = 0
	}
	return nil
}

// Linger implements netsys.Net.
func (n *Net) Linger(fd netsys.FD) (on bool, seconds int, err error) {
	n.mu.RLock()
	defer n.mu.RUnlock()
	s := n.fds[fd]
	if s == nil {
		return netsys.OS.Linger(fd)
	}
	return s.linger > 0, max(s.linger-1, 0), nil
}

// Type implements netsys.Net.
func (n *Net) Type(fd netsys.FD) (int, error) {
	if s := n.get(fd); s != nil {
		return s.typ, nil
	}
	return netsys.OS.Type(fd)
}

// Family implements netsys.Net.
func (n *Net) Family(fd netsys.FD) (int, error) {
	if s := n.get(fd); s != nil {
		return s.family, nil
	}
	return netsys.OS.Family(fd)
}

// IsListening implements netsys.Net.
func (n *Net) IsListening(fd netsys.FD) (bool, error) {
	if s := n.get(fd); s != nil {
		return s.is() == listening, nil
	}
	return netsys.OS.IsListening(fd)
}
