package imports

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"time"

	"github.com/wqjs/wqjs/imports/internal/abi"
	"github.com/wqjs/wqjs/imports/internal/fdtable"
	"github.com/wqjs/wqjs/imports/internal/netsys"
	"github.com/wqjs/wqjs/imports/internal/sock"
	"github.com/wqjs/wqjs/imports/socket"
)

// Rights say what may be done with an fd.
type Rights = fdtable.Rights

// The rights of a granted fd.
const (
	RightAccept   = fdtable.Accept
	RightSend     = fdtable.Send
	RightRecv     = fdtable.Recv
	RightGetOpt   = fdtable.GetOpt
	RightSetOpt   = fdtable.SetOpt
	RightShutdown = fdtable.Shutdown
)

// GrantTerms are what a granted fd is good for; the zero value is for all. Those
// of a listener are for all its connections together.
type GrantTerms struct {
	Rights    Rights // 0: all of its kind
	RecvBytes int64  // that may be received; 0: any number
	SendBytes int64
	Deadline  time.Time
}

// Limited tells whether there are budgets or a deadline.
func (t GrantTerms) Limited() bool {
	return t.RecvBytes > 0 || t.SendBytes > 0 || !t.Deadline.IsZero()
}

// GrantFile gives the guest a duplicate of f's socket as an fd with a name. Only
// stream sockets that are connected or listen can have budgets or a deadline.
func (g *Guest) GrantFile(name string, f *os.File, t GrantTerms) (fd int32, err error) {
	defer named(name, &err)
	e, err := socket.Adopt(f)
	if err != nil {
		return 0, err
	}
	if t.Limited() {
		return g.grantLimited(name, e, t)
	}
	return g.insertGrant(name, e, t)
}

// named makes an error one of granting what has a name.
func named(name string, err *error) {
	if *err != nil {
		*err = &os.PathError{Op: "grant", Path: name, Err: *err}
	}
}

func (g *Guest) grantLimited(name string, e *fdtable.Entry, t GrantTerms) (int32, error) {
	k := e.Object.(*sock.Socket)
	if e.Rights&fdtable.Accept != 0 {
		l, err := netsys.Listener(k.FD)
		if err != nil {
			return 0, err
		}
		return g.grantListener(name, l, t)
	}
	peer, err := netsys.OS.PeerAddr(k.FD)
	if err == nil && e.Type != netsys.SOCK_STREAM {
		err = abi.EPROTOTYPE
	}
	if err != nil {
		err = errors.Join(errors.New("only a stream socket that is connected or listens can have byte budgets or a deadline"), err)
		return 0, errors.Join(err, e.Object.Close())
	}
	local, _ := netsys.OS.LocalAddr(k.FD) // just shown
	c, err := netsys.Conn(k.FD)
	if err != nil {
		return 0, err
	}
	return g.grantStream(name, c, e.Family, local, peer, t)
}

// GrantConn gives the guest any connection, which it then owns, as an fd.
func (g *Guest) GrantConn(name string, c net.Conn, t GrantTerms) (fd int32, err error) {
	defer named(name, &err)
	local, peer := addrOf(c.LocalAddr()), addrOf(c.RemoteAddr())
	return g.grantStream(name, c, peer.Family, local, peer, t)
}

func (g *Guest) grantStream(name string, c net.Conn, family int, local, peer netsys.Addr, t GrantTerms) (int32, error) {
	s, err := g.stream(name, c, local, peer, newBudgets(t), t.Deadline)
	if err != nil {
		return 0, err
	}
	return g.insertGrant(name, &fdtable.Entry{
		Object: s, Rights: fdtable.Send | fdtable.Recv | fdtable.Shutdown | fdtable.GetOpt | fdtable.SetOpt,
		Family: family, Type: netsys.SOCK_STREAM, Bound: true,
	}, t)
}

// stream makes a socket of a connection, which ends when a budget or its time is
// spent.
func (g *Guest) stream(name string, c net.Conn, local, peer netsys.Addr, b *budgets, deadline time.Time) (*sock.Socket, error) {
	l := &limited{Conn: c, name: name, budgets: b}
	st, fd, err := sock.NewStream(g.g.Ctx, netsys.OS, sock.Config{Conn: l, Explain: l.explain, Queue: g.g.Queue, Done: l.ended})
	if err != nil {
		return nil, err
	}
	l.until(deadline, st)
	return &sock.Socket{Net: netsys.OS, FD: fd, Stream: st, Beneath: c, Local: &local, Peer: &peer}, nil
}

// GrantListener gives the guest any listener, which it then owns, as an fd.
func (g *Guest) GrantListener(name string, l net.Listener, t GrantTerms) (fd int32, err error) {
	defer named(name, &err)
	return g.grantListener(name, l, t)
}

func (g *Guest) grantListener(name string, ln net.Listener, t GrantTerms) (int32, error) {
	local, b := addrOf(ln.Addr()), newBudgets(t)
	l, fd, err := sock.NewListener(sock.ListenerConfig{
		Listener: ln,
		Open: func(c net.Conn) (*sock.Socket, netsys.Addr, error) {
			peer := addrOf(c.RemoteAddr())
			s, err := g.stream(name, c, addrOf(c.LocalAddr()), peer, b, t.Deadline)
			return s, peer, err
		},
		Explain: func(err error) error {
			if errors.Is(err, net.ErrClosed) {
				return abi.Detailed(abi.EINVAL, "granted listener %q: it was closed", name)
			}
			return fmt.Errorf("granted listener %q: %w", name, err)
		},
		Deadline: t.Deadline,
		Expired:  abi.Detailed(abi.ETIMEDOUT, "its deadline has passed"),
	})
	if err != nil {
		return 0, err
	}
	return g.insertGrant(name, &fdtable.Entry{
		Object: &sock.Socket{Net: netsys.OS, FD: fd, Listener: l, Local: &local},
		Rights: fdtable.Accept | fdtable.Listen | fdtable.GetOpt | fdtable.SetOpt,
		Family: local.Family, Type: netsys.SOCK_STREAM, Bound: true,
	}, t)
}

func (g *Guest) insertGrant(name string, e *fdtable.Entry, t GrantTerms) (int32, error) {
	e.Name = name
	if t.Rights != 0 {
		e.Rights &= t.Rights
	}
	fd, err := g.g.FDs.Insert(e)
	if err != nil {
		return 0, errors.Join(err, e.Object.Close())
	}
	g.g.AddGranted(fd, e)
	return fd, nil
}

// addrOf is an address of package net as the guest sees it; what is neither TCP
// nor Unix looks like an unnamed Unix socket.
func addrOf(a net.Addr) netsys.Addr {
	switch a := a.(type) {
	case *net.TCPAddr:
		ip := a.AddrPort().Addr().Unmap()
		family := netsys.AF_INET
		if ip.Is6() {
			family = netsys.AF_INET6
		}
		return netsys.Addr{Family: family, AddrPort: netip.AddrPortFrom(ip, a.AddrPort().Port())}
	case *net.UnixAddr:
		return netsys.Addr{Family: netsys.AF_UNIX, Path: a.Name}
	}
	return netsys.Addr{Family: netsys.AF_UNIX}
}
