package vnet

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"strconv"
	"syscall"
	"time"

	"github.com/wqjs/wqjs/imports/internal/netsys"
	"github.com/wqjs/wqjs/imports/internal/sock"
)

// kind is what a network of package net is here.
func kind(network string) (family, typ int, ok bool) {
	switch network {
	case "tcp", "tcp4", "tcp6":
		typ = netsys.SOCK_STREAM
	case "udp", "udp4", "udp6":
		typ = netsys.SOCK_DGRAM
	case "unix":
		return netsys.AF_UNIX, netsys.SOCK_STREAM, true
	case "unixgram":
		return netsys.AF_UNIX, netsys.SOCK_DGRAM, true
	default:
		return 0, 0, false
	}
	switch network[3:] {
	case "4":
		family = netsys.AF_INET
	case "6":
		family = netsys.AF_INET6
	}
	return family, typ, true
}

// target is an address of a socket to be made.
type target struct {
	typ  int
	addr netsys.Addr
}

// resolve reads an address as net.Dial does, but for names of services.
func (n *Net) resolve(ctx context.Context, network, address string) ([]target, error) {
	family, typ, ok := kind(network)
	if !ok {
		return nil, net.UnknownNetworkError(network)
	}
	if family == netsys.AF_UNIX {
		return []target{{typ, netsys.Addr{Family: family, Path: address}}}, nil
	}
	host, service, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	p, err := strconv.ParseUint(service, 10, 16)
	if err != nil {
		return nil, &net.AddrError{Err: "invalid port", Addr: address}
	}
	ips := []netip.Addr{netip.IPv6Unspecified()} // of both families
	if family == netsys.AF_INET {
		ips[0] = netip.IPv4Unspecified()
	}
	if host != "" {
		if ip, err := netip.ParseAddr(host); err == nil {
			ips[0] = ip.Unmap()
		} else if ips, err = n.Lookup(ctx, "ip"+network[3:], host); err != nil {
			return nil, err
		}
	}
	var all []target
	for _, ip := range ips {
		f := netsys.AF_INET
		if ip.Is6() {
			f = netsys.AF_INET6
		}
		if family != 0 && f != family {
			return nil, &net.AddrError{Err: "not an address of " + network, Addr: address}
		}
		all = append(all, target{typ, netsys.Addr{Family: f, AddrPort: netip.AddrPortFrom(ip, uint16(p))}})
	}
	return all, nil
}

func opError(op, network string, err error) error {
	return &net.OpError{Op: op, Net: network, Err: err}
}

// Dial connects as net.Dialer.DialContext does, names by Lookup. The networks are
// tcp, udp (each with 4 or 6), unix and unixgram.
func (n *Net) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	all, err := n.resolve(ctx, network, address)
	if err != nil {
		return nil, opError("dial", network, err)
	}
	for _, t := range all {
		var c net.Conn
		if c, err = n.dial(ctx, t); err == nil {
			return c, nil
		}
	}
	return nil, opError("dial", network, err)
}

func (n *Net) dial(ctx context.Context, t target) (net.Conn, error) {
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	s, err := n.newSocket(t.addr.Family, t.typ)
	if err != nil {
		return nil, err
	}
	if t.typ == netsys.SOCK_DGRAM {
		if err = n.control(func() error { return n.connectDatagram(s, here(t.addr)) }); err == nil {
			return s.packets()
		}
		return nil, errors.Join(err, n.control(s.close))
	}
	s.settled = make(chan struct{})
	err = n.control(func() error { return n.connect(s, here(t.addr)) })
	for err == error(syscall.EAGAIN) { // the queue of a Unix listener is full
		select {
		case <-ctx.Done():
			err = context.Cause(ctx)
		case <-time.After(time.Millisecond):
			err = n.control(func() error { return n.connect(s, here(t.addr)) })
		}
	}
	if err == error(syscall.EINPROGRESS) {
		err = s.outcome(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, n.control(s.close))
	}
	return s.stream()
}

// outcome waits until s has connected or not.
func (s *socket) outcome(ctx context.Context) error {
	if s.is() == connecting {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-s.settled:
		}
	}
	if e := s.err.Load(); e != 0 && s.is() != connected {
		return syscall.Errno(e)
	}
	return nil
}

// control calls f with mu held.
func (n *Net) control(f func() error) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	return f()
}

// hold gives the socket's end to Go; it is then closed by letGo.
func (s *socket) hold() (*net.UnixConn, error) {
	n := s.net
	n.mu.Lock()
	defer n.mu.Unlock()
	fd := s.fd
	s.fd = -1
	uc, err := unixConn(fd)
	if err != nil {
		return nil, errors.Join(err, s.close())
	}
	s.uc = uc
	n.held[s] = struct{}{}
	return uc, nil
}

func (s *socket) letGo() error {
	n := s.net
	err := n.control(func() error {
		if _, ok := n.held[s]; !ok {
			return os.ErrClosed
		}
		delete(n.held, s)
		return s.close()
	})
	if err == os.ErrClosed {
		return err
	}
	// Without mu: this waits for an Accept in progress, which takes it.
	return errors.Join(err, s.uc.Close())
}

// stream is a connected socket as a net.Conn.
func (s *socket) stream() (net.Conn, error) {
	uc, err := s.hold()
	if err != nil {
		return nil, err
	}
	return &Conn{UnixConn: uc, s: s}, nil
}

// Conn is Go's end of a stream. It is a *net.UnixConn but for its addresses, and
// that a reset is ECONNRESET.
type Conn struct {
	*net.UnixConn
	s *socket
}

// Read reads, up to Link.MaxIO bytes.
func (c *Conn) Read(p []byte) (int, error) {
	n, err := c.UnixConn.Read(c.s.cut(p))
	if err == io.EOF && c.s.reset.Load() {
		err = opError("read", "tcp", syscall.ECONNRESET)
	}
	return n, err
}

// LocalAddr is the address in the network.
func (c *Conn) LocalAddr() net.Addr { return goAddr(c.s, c.s.local) }

// RemoteAddr is the peer's address in the network.
func (c *Conn) RemoteAddr() net.Addr { return goAddr(c.s, c.s.peer) }

// Close closes the connection; what was sent before still arrives.
func (c *Conn) Close() error { return c.s.letGo() }

// SetLinger is as that of *net.TCPConn: with 0 seconds Close resets.
func (c *Conn) SetLinger(sec int) error {
	return c.s.net.control(func() error {
		c.s.linger = max(sec, -1) + 1
		return nil
	})
}

// NewListener listens as net.Listen does, on tcp, tcp4, tcp6 or unix. Port 0 is for
// the Net to choose.
func (n *Net) NewListener(network, address string) (net.Listener, error) {
	all, err := n.resolve(context.Background(), network, address)
	if err == nil && all[0].typ != netsys.SOCK_STREAM {
		err = net.UnknownNetworkError(network)
	}
	if err != nil {
		return nil, opError("listen", network, err)
	}
	l, err := n.goListen(all[0])
	if err != nil {
		return nil, opError("listen", network, err)
	}
	return l, nil
}

func (n *Net) goListen(t target) (*listener, error) {
	s, err := n.newSocket(t.addr.Family, t.typ)
	if err != nil {
		return nil, err
	}
	if err := n.control(func() error { return n.bind(s, t.addr) }); err != nil {
		return nil, errors.Join(err, n.control(s.close))
	}
	uc, err := s.hold()
	if err != nil {
		return nil, err
	}
	raw, err := uc.SyscallConn()
	if err == nil {
		cerr := raw.Control(func(fd uintptr) {
			err = n.control(func() error {
				if n.closed {
					return syscall.ENETDOWN
				}
				q, err := sock.NewQueue[*socket](netsys.FD(fd), s.far, n.c.MaxBacklog)
				if err == nil {
					s.queue, s.far = q, -1
					s.set(listening)
				}
				return err
			})
		})
		err = errors.Join(err, cerr)
	}
	if err != nil {
		return nil, errors.Join(err, s.letGo())
	}
	return &listener{s, raw}, nil
}

type listener struct {
	s   *socket
	raw syscall.RawConn
}

// Accept implements net.Listener.
func (l *listener) Accept() (net.Conn, error) {
	var a *socket
	var err error
	rerr := l.raw.Read(func(uintptr) bool {
		n := l.s.net
		err = n.control(func() (err error) {
			if _, ok := n.held[l.s]; !ok {
				return net.ErrClosed
			}
			a, err = l.s.accept()
			return err
		})
		return !errors.Is(err, syscall.EAGAIN)
	})
	if rerr != nil {
		return nil, opError("accept", "tcp", net.ErrClosed)
	}
	if err != nil {
		return nil, opError("accept", "tcp", err)
	}
	return a.stream()
}

// Close implements net.Listener: who waits is reset.
func (l *listener) Close() error { return l.s.letGo() }

// Addr implements net.Listener.
func (l *listener) Addr() net.Addr { return goAddr(l.s, l.s.local) }

// NewPacketConn gives a datagram socket, as net.ListenPacket does, on udp, udp4,
// udp6 or unixgram.
func (n *Net) NewPacketConn(network, address string) (net.PacketConn, error) {
	all, err := n.resolve(context.Background(), network, address)
	if err == nil && all[0].typ != netsys.SOCK_DGRAM {
		err = net.UnknownNetworkError(network)
	}
	if err != nil {
		return nil, opError("listen", network, err)
	}
	s, err := n.newSocket(all[0].addr.Family, all[0].typ)
	if err != nil {
		return nil, opError("listen", network, err)
	}
	if err := n.control(func() error { return n.bind(s, all[0].addr) }); err != nil {
		return nil, opError("listen", network, errors.Join(err, n.control(s.close)))
	}
	return s.packets()
}

func (s *socket) packets() (*packetConn, error) {
	uc, err := s.hold()
	if err != nil {
		return nil, err
	}
	return &packetConn{UnixConn: uc, s: s}, nil
}

// packetConn is Go's end of a datagram socket.
type packetConn struct {
	*net.UnixConn
	s *socket
}

// ReadFrom implements net.PacketConn.
func (c *packetConn) ReadFrom(p []byte) (int, net.Addr, error) {
	buf := packets.Get().(*[maxHeader + maxDatagram]byte)
	defer packets.Put(buf)
	n, err := c.UnixConn.Read(buf[:])
	if err != nil {
		return 0, nil, err
	}
	from, data := unpack(c.s.family, buf[:n])
	return copy(p, data), goAddr(c.s, from), nil
}

// Read implements net.Conn.
func (c *packetConn) Read(p []byte) (int, error) {
	n, _, err := c.ReadFrom(p)
	return n, err
}

// WriteTo implements net.PacketConn.
func (c *packetConn) WriteTo(p []byte, to net.Addr) (int, error) {
	a := netsys.Addr{Family: c.s.family}
	switch to := to.(type) {
	case *net.UDPAddr:
		a.AddrPort = to.AddrPort()
	case *net.UnixAddr:
		a.Path = to.Name
	}
	a, err := canonical(c.s.family, a)
	if err != nil {
		return 0, opError("write", "udp", err)
	}
	n, err := c.s.net.sendDatagramTo(c.s, p, 0, here(a))
	if err != nil {
		return 0, opError("write", "udp", err)
	}
	return n, nil
}

// Write implements net.Conn.
func (c *packetConn) Write(p []byte) (int, error) {
	n, err := c.s.net.sendDatagram(c.s, p, 0)
	if err != nil {
		return 0, opError("write", "udp", err)
	}
	return n, nil
}

func (c *packetConn) LocalAddr() net.Addr { return goAddr(c.s, c.s.local) }

// RemoteAddr implements net.Conn.
func (c *packetConn) RemoteAddr() net.Addr {
	if c.s.peer.Family == 0 {
		return nil
	}
	return goAddr(c.s, c.s.peer)
}

func (c *packetConn) Close() error { return c.s.letGo() }
