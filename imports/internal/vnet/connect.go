package vnet

import (
	"errors"
	"slices"
	"syscall"
	"time"

	"github.com/wqjs/wqjs/imports/internal/netsys"
	"github.com/wqjs/wqjs/imports/internal/sock"
)

// conn is a connection; the client's end is the first. It is guarded by Net.mu.
type conn struct {
	ends [2]*socket
	open int   // ends
	wire *wire // nil where the ends are one pair
	gone bool  // was reset
}

// Connect implements netsys.Net. After it failed on a link with latency, the
// socket is of no more use: ECONNABORTED.
func (n *Net) Connect(fd netsys.FD, a netsys.Addr) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	s := n.fds[fd]
	if s == nil {
		return netsys.OS.Connect(fd, a)
	}
	to, err := canonical(s.family, a)
	if err != nil {
		return err
	}
	if s.typ == netsys.SOCK_DGRAM {
		return n.connectDatagram(s, here(to))
	}
	return n.connect(s, here(to))
}

func (n *Net) connect(s *socket, to netsys.Addr) error {
	switch s.is() {
	case connected, listening:
		return syscall.EISCONN
	case connecting:
		return syscall.EALREADY
	case failed:
		return syscall.ECONNABORTED
	case down:
		return syscall.ENETDOWN
	}
	if n.closed {
		return syscall.ENETDOWN
	}
	if to.AddrPort.Addr().Is4() && s.family == netsys.AF_INET6 && s.v6only() {
		return syscall.ENETUNREACH
	}
	if err := n.autobind(s, to); err != nil {
		return err
	}
	if s.local.AddrPort.IsValid() && s.local.AddrPort.Addr().IsUnspecified() {
		s.local.AddrPort = addrOf(to, s.local.AddrPort.Port())
	}
	link := n.link(network(s.family, s.typ), s.local, to)
	if s.family == netsys.AF_UNIX {
		return n.join(s, to, link)
	}
	if wait := n.delay(link) + n.delay(link); wait > 0 { // there and back
		return s.later(wait, to, link, firstRetry)
	}
	// As with the kernel's TCP, the outcome is to be asked for.
	switch err := n.join(s, to, link).(type) {
	case nil:
		return syscall.EINPROGRESS
	case syscall.Errno:
		if err == syscall.EAGAIN {
			return s.later(firstRetry, to, link, 2*firstRetry)
		}
		s.err.Store(int32(err))
		return syscall.EINPROGRESS
	default: // a limit of the net
		return err
	}
}

// A connection to a listener whose queue is full is tried again, ever more
// seldom, as TCP does, and given up in the end.
const (
	firstRetry = 5 * time.Millisecond
	lastRetry  = 30 * time.Second
)

// later lets s connect after a wait, and again after another one for as long as
// the listener's queue is full.
func (s *socket) later(wait time.Duration, to netsys.Addr, link Link, retry time.Duration) error {
	if s.is() != connecting {
		if err := s.plug(); err != nil {
			return err
		}
		s.peer = to
		s.set(connecting)
	}
	s.timer = time.AfterFunc(wait, func() {
		n := s.net
		n.mu.Lock()
		defer n.mu.Unlock()
		if s.is() != connecting {
			return
		}
		err := n.join(s, to, link)
		if err == error(syscall.EAGAIN) && retry < lastRetry {
			_ = s.later(retry, to, link, 2*retry)
			return
		}
		if err == error(syscall.EAGAIN) {
			err = syscall.ETIMEDOUT
		}
		if err != nil {
			s.fail(err)
		}
		if s.settled != nil {
			close(s.settled)
		}
	})
	return syscall.EINPROGRESS
}

// plug makes a socket not writable for as long as it connects.
func (s *socket) plug() error {
	size, err := netsys.OS.GetsockoptInt(s.fd, netsys.SOL_SOCKET, netsys.SO_SNDBUF)
	if err != nil {
		return err
	}
	if err := sock.Plug(s.fd); err != nil {
		return err
	}
	s.option(netsys.SOL_SOCKET, netsys.SO_SNDBUF, size)
	return nil
}

// unplug undoes it. Linux reports twice the size that was set (socket(7)).
func (s *socket) unplug() {
	size := s.opts[sndbuf]
	delete(s.opts, sndbuf)
	_ = netsys.OS.SetsockoptInt(s.fd, netsys.SOL_SOCKET, netsys.SO_SNDBUF, size/2)
	if got, err := netsys.OS.GetsockoptInt(s.fd, netsys.SOL_SOCKET, netsys.SO_SNDBUF); err == nil && got < size {
		_ = netsys.OS.SetsockoptInt(s.fd, netsys.SOL_SOCKET, netsys.SO_SNDBUF, size)
	}
	var junk [4096]byte
	for {
		if n, err := netsys.OS.Recv(s.far, junk[:], 0); n == 0 || err != nil {
			return
		}
	}
}

// fail ends a connect that was under way. The holder's end hangs up.
func (s *socket) fail(err error) {
	errno, ok := errors.AsType[syscall.Errno](err)
	if !ok {
		errno = syscall.ECONNREFUSED // a limit: this is all that SO_ERROR can tell
	}
	s.peer = netsys.Addr{}
	s.err.Store(int32(errno))
	s.set(failed)
	if s.far >= 0 {
		_ = netsys.OS.Close(s.far)
		s.far = -1
	}
}

// join connects s with the listener at to: EAGAIN if its queue is full.
func (n *Net) join(s *socket, to netsys.Addr, link Link) error {
	if n.closed {
		return syscall.ENETDOWN
	}
	l := n.find(s.typ, s.local, to, listening)
	switch {
	case l == nil && s.family == netsys.AF_UNIX:
		return syscall.ENOENT
	case l == nil:
		return syscall.ECONNREFUSED
	case l.typ != s.typ:
		return syscall.EPROTOTYPE
	case l.is() != listening:
		return syscall.ECONNREFUSED
	case l.queue.Full():
		return syscall.EAGAIN
	}
	if err := n.countLocked(1); err != nil {
		return err
	}
	waited := s.is() == connecting
	a := &socket{
		net: n, family: l.family, typ: l.typ, opts: cloneOpts(l.opts), linger: l.linger, fd: s.far, far: -1,
		local: to, peer: s.local, maxIO: link.MaxIO,
	}
	a.peer.Family, a.local.Family = l.family, l.family
	c := &conn{ends: [2]*socket{s, a}, open: 2}
	if waited {
		s.unplug()
	}
	if link.wired() {
		near, err := c.lay(n, s.far, link)
		if err != nil {
			n.open--
			return err
		}
		a.fd = near
	}
	s.far = -1
	s.peer, s.maxIO, s.conn, a.conn = to, link.MaxIO, c, c
	n.conns[c] = struct{}{}
	a.set(connected)
	s.set(connected)
	if c.wire != nil {
		c.wire.start()
	}
	if err := l.queue.Push(a); err != nil { // it is not full: the pair is broken
		c.reset()
		_ = a.close()
		return syscall.ECONNREFUSED
	}
	return nil
}

func cloneOpts(o map[[2]int]int) map[[2]int]int {
	if len(o) == 0 {
		return nil
	}
	out := make(map[[2]int]int, len(o))
	for k, v := range o {
		out[k] = v
	}
	return out
}

// reset makes both sides fail with ECONNRESET.
func (c *conn) reset() {
	if c.gone {
		return
	}
	c.gone = true
	for _, s := range c.ends {
		s.reset.Store(true)
		s.err.CompareAndSwap(0, int32(syscall.ECONNRESET))
		switch {
		case s.fd >= 0:
			_ = netsys.OS.Shutdown(s.fd, netsys.SHUT_RDWR)
		case s.uc != nil:
			_ = s.uc.CloseRead()
			_ = s.uc.CloseWrite()
		}
	}
	if c.wire != nil {
		c.wire.cut()
	}
}

// leave is for an end that is closed.
func (c *conn) leave() {
	c.open--
	if c.open > 0 {
		return
	}
	delete(c.ends[0].net.conns, c)
	if c.wire != nil {
		c.wire.cut() // nobody is left for what is under way
	}
}

// at tells whether an end is at one of the addresses.
func (c *conn) at(addrs []string) bool {
	return slices.Contains(addrs, text(c.ends[1].local)) || slices.Contains(addrs, text(c.ends[0].local))
}
