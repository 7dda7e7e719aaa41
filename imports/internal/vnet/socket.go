package vnet

import (
	"net"
	"net/netip"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/wqjs/wqjs/imports/internal/abi"
	"github.com/wqjs/wqjs/imports/internal/netsys"
	"github.com/wqjs/wqjs/imports/internal/sock"
)

var _ netsys.Net = (*Net)(nil)

// state is where in its life a socket is.
type state int32

const (
	fresh      state = iota // datagram sockets remain it
	listening               // stream sockets only, as are those that follow
	connecting              // on a link that takes its time
	connected
	failed // to connect
	down   // with its network
)

// socket is a socket of the net; fields are guarded by Net.mu.
type socket struct {
	net         *Net
	family, typ int
	opts        map[[2]int]int
	linger      int // seconds and 1; 0 is off

	state atomic.Int32
	err   atomic.Int32 // SO_ERROR
	reset atomic.Bool  // the connection was

	fd  netsys.FD // the holder's end of the pair; -1 in Go's hands, and when closed
	far netsys.FD // the other end, where it is not the peer's; else -1
	uc  *net.UnixConn

	local, peer netsys.Addr // zero: none
	bound       bool        // in ports or names
	maxIO       int

	queue *sock.Queue[*socket]
	timer *time.Timer // while connecting
	conn  *conn
	// settled, if set, is closed when connecting has ended.
	settled chan struct{}
}

func (s *socket) is() state   { return state(s.state.Load()) }
func (s *socket) set(v state) { s.state.Store(int32(v)) }

// get is the socket behind fd, or nil for one of the kernel's.
func (n *Net) get(fd netsys.FD) *socket {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return n.fds[fd]
}

// Socket implements netsys.Net for TCP, UDP and Unix sockets; EACCES for raw ones.
func (n *Net) Socket(family, typ, proto int) (netsys.FD, error) {
	switch family {
	case netsys.AF_INET, netsys.AF_INET6, netsys.AF_UNIX:
	default:
		return -1, syscall.EAFNOSUPPORT
	}
	ok := proto == 0
	switch typ {
	case netsys.SOCK_STREAM:
		ok = ok || proto == netsys.IPPROTO_TCP && family != netsys.AF_UNIX
	case netsys.SOCK_DGRAM:
		ok = ok || proto == netsys.IPPROTO_UDP && family != netsys.AF_UNIX
	case netsys.SOCK_RAW:
		return -1, abi.Detailed(abi.EPROTONOSUPPORT, "socket: a virtual network has no raw sockets")
	default:
		return -1, abi.EPROTONOSUPPORT
	}
	if !ok {
		return -1, syscall.EPROTONOSUPPORT
	}
	s, err := n.newSocket(family, typ)
	if err != nil {
		return -1, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.fds[s.fd] = s
	return s.fd, nil
}

func (n *Net) newSocket(family, typ int) (*socket, error) {
	if err := n.count(1); err != nil {
		return nil, err
	}
	pair, err := netsys.OS.SocketPair(netsys.AF_UNIX, typ, 0)
	if err != nil {
		n.uncount()
		return nil, err
	}
	return &socket{net: n, family: family, typ: typ, fd: pair[0], far: pair[1]}, nil
}

// count makes room for more sockets.
func (n *Net) count(more int) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.countLocked(more)
}

func (n *Net) countLocked(more int) error {
	if n.closed {
		return syscall.ENETDOWN
	}
	if n.open+more > n.c.MaxSockets {
		return abi.Detailed(abi.ENFILE, "the virtual network has all of its %d sockets", n.c.MaxSockets)
	}
	n.open += more
	return nil
}

func (n *Net) uncount() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.open--
}

// SocketPair implements netsys.Net: the pair is the kernel's.
func (n *Net) SocketPair(family, typ, proto int) ([2]netsys.FD, error) {
	return netsys.OS.SocketPair(family, typ, proto)
}

// Bind implements netsys.Net.
func (n *Net) Bind(fd netsys.FD, a netsys.Addr) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	s := n.fds[fd]
	if s == nil {
		return netsys.OS.Bind(fd, a)
	}
	return n.bind(s, a)
}

func (n *Net) bind(s *socket, a netsys.Addr) error {
	a, err := canonical(s.family, a)
	switch {
	case err != nil:
		return err
	case n.closed:
		return syscall.ENETDOWN
	case s.bound || s.is() != fresh:
		return syscall.EINVAL
	}
	if err := n.take(s, a); err != nil {
		return err
	}
	s.bound = true
	return nil
}

// autobind gives a socket an address that has none, of the family of to.
func (n *Net) autobind(s *socket, to netsys.Addr) error {
	if s.bound || s.family == netsys.AF_UNIX {
		return nil
	}
	ip := unspecified(s.family)
	if to.Family != 0 && s.typ == netsys.SOCK_STREAM {
		ip = to.AddrPort.Addr()
	}
	return n.bind(s, netsys.Addr{Family: s.family, AddrPort: netip.AddrPortFrom(ip, 0)})
}

// Listen implements netsys.Net.
func (n *Net) Listen(fd netsys.FD, backlog int) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	s := n.fds[fd]
	if s == nil {
		return netsys.OS.Listen(fd, backlog)
	}
	return n.listen(s, backlog)
}

func (n *Net) listen(s *socket, backlog int) error {
	backlog = min(max(backlog, 1), n.c.MaxBacklog)
	switch {
	case n.closed:
		return syscall.ENETDOWN
	case s.typ != netsys.SOCK_STREAM:
		return syscall.EOPNOTSUPP
	case s.is() == listening:
		s.queue.SetMax(backlog)
		return nil
	case s.is() != fresh, s.family == netsys.AF_UNIX && !s.bound:
		return syscall.EINVAL
	}
	if err := n.autobind(s, netsys.Addr{}); err != nil {
		return err
	}
	q, err := sock.NewQueue[*socket](s.fd, s.far, backlog)
	if err != nil {
		return err
	}
	s.queue, s.far = q, -1
	s.set(listening)
	return nil
}

// Accept implements netsys.Net.
func (n *Net) Accept(fd netsys.FD) (netsys.FD, netsys.Addr, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	s := n.fds[fd]
	if s == nil {
		return netsys.OS.Accept(fd)
	}
	a, err := s.accept()
	if err != nil {
		return -1, netsys.Addr{}, err
	}
	n.fds[a.fd] = a
	return a.fd, shown(a.family, a.peer), nil
}

func (s *socket) accept() (*socket, error) {
	switch s.is() {
	case listening:
		return s.queue.Pop()
	case down:
		return nil, syscall.ENETDOWN
	}
	return nil, syscall.EINVAL
}

// Shutdown implements netsys.Net.
func (n *Net) Shutdown(fd netsys.FD, how int) error {
	if s := n.get(fd); s != nil && s.is() != connected {
		if how < netsys.SHUT_RD || how > netsys.SHUT_RDWR {
			return syscall.EINVAL
		}
		return syscall.ENOTCONN
	}
	return netsys.OS.Shutdown(fd, how)
}

// Close implements netsys.Net.
func (n *Net) Close(fd netsys.FD) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	s := n.fds[fd]
	if s == nil {
		return netsys.OS.Close(fd)
	}
	delete(n.fds, fd)
	return s.close()
}

// close gives up all that the socket has.
func (s *socket) close() error {
	n := s.net
	if s.timer != nil {
		s.timer.Stop()
	}
	if s.bound {
		n.release(s)
		s.bound = false
	}
	if s.queue != nil {
		for _, a := range s.queue.Close() {
			a.conn.reset()
			_ = a.close()
		}
	}
	if s.conn != nil {
		if s.linger == 1 { // SO_LINGER with 0 seconds
			s.conn.reset()
		}
		s.conn.leave()
	}
	if s.far >= 0 {
		_ = netsys.OS.Close(s.far)
	}
	n.open--
	s.set(failed)
	fd := s.fd
	s.fd, s.far = -1, -1
	if fd < 0 {
		return nil
	}
	return netsys.OS.Close(fd)
}

// down is for a socket whose network is closed.
func (s *socket) down() {
	if s.queue != nil {
		for _, a := range s.queue.Close() {
			_ = a.close()
		}
	}
	if s.timer != nil {
		s.timer.Stop()
	}
	if s.far >= 0 {
		_ = netsys.OS.Close(s.far)
		s.far = -1
	}
	s.err.CompareAndSwap(0, int32(syscall.ENETDOWN))
	s.set(down)
}

// LocalAddr implements netsys.Net.
func (n *Net) LocalAddr(fd netsys.FD) (netsys.Addr, error) {
	n.mu.RLock()
	defer n.mu.RUnlock()
	s := n.fds[fd]
	switch {
	case s == nil:
		return netsys.OS.LocalAddr(fd)
	case s.local.Family != 0:
		return shown(s.family, s.local), nil
	case s.family == netsys.AF_UNIX:
		return netsys.Addr{Family: s.family}, nil
	}
	return netsys.Addr{Family: s.family, AddrPort: netip.AddrPortFrom(unspecified(s.family), 0)}, nil
}

// PeerAddr implements netsys.Net.
func (n *Net) PeerAddr(fd netsys.FD) (netsys.Addr, error) {
	n.mu.RLock()
	defer n.mu.RUnlock()
	s := n.fds[fd]
	switch {
	case s == nil:
		return netsys.OS.PeerAddr(fd)
	case s.typ == netsys.SOCK_DGRAM && s.peer.Family != 0, s.is() == connected:
		return shown(s.family, s.peer), nil
	}
	return netsys.Addr{}, syscall.ENOTCONN
}

// InMemory marks a network whose Unix paths are just names.
func (n *Net) InMemory() {}

// Adopt implements netsys.Net.
func (n *Net) Adopt(fd netsys.FD) error { return netsys.OS.Adopt(fd) }
