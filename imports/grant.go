package imports

import (
	"errors"
	"io"
	"math"
	"net"
	"net/netip"
	"os"
	"sync"
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

// GrantTerms are what a granted fd is good for; the zero value is for all.
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
// connected stream sockets can have budgets or a deadline.
func (g *Guest) GrantFile(name string, f *os.File, t GrantTerms) error {
	e, err := socket.Adopt(f)
	if err != nil {
		return &os.PathError{Op: "grant", Path: name, Err: err}
	}
	if t.Limited() {
		return g.grantLimited(name, e, t)
	}
	return g.insertGrant(name, e, t)
}

func (g *Guest) grantLimited(name string, e *fdtable.Entry, t GrantTerms) error {
	k := e.Object.(*sock.Socket)
	peer, err := netsys.OS.PeerAddr(k.FD)
	if err == nil && e.Type != netsys.SOCK_STREAM {
		err = abi.EPROTOTYPE
	}
	if err != nil {
		err = errors.Join(errors.New("only a connected stream socket can have byte budgets or a deadline"), err)
		return &os.PathError{Op: "grant", Path: name, Err: errors.Join(err, e.Object.Close())}
	}
	local, _ := netsys.OS.LocalAddr(k.FD) // just shown
	c, err := netsys.Conn(k.FD)
	if err != nil {
		return &os.PathError{Op: "grant", Path: name, Err: err}
	}
	return g.grantStream(name, c, e.Family, local, peer, t)
}

// GrantConn gives the guest any connection, which it then owns, as an fd.
func (g *Guest) GrantConn(name string, c net.Conn, t GrantTerms) error {
	local, peer := addrOf(c.LocalAddr()), addrOf(c.RemoteAddr())
	return g.grantStream(name, c, peer.Family, local, peer, t)
}

func (g *Guest) grantStream(name string, c net.Conn, family int, local, peer netsys.Addr, t GrantTerms) error {
	l := &limited{Conn: c, name: name, recv: newBudget(t.RecvBytes), send: newBudget(t.SendBytes)}
	st, fd, err := sock.NewStream(g.g.Ctx, netsys.OS, sock.Config{Conn: l, Explain: l.explain, Queue: g.g.Queue, Done: l.ended})
	if err != nil {
		return &os.PathError{Op: "grant", Path: name, Err: err}
	}
	l.until(t.Deadline, st)
	return g.insertGrant(name, &fdtable.Entry{
		Object: &sock.Socket{Net: netsys.OS, FD: fd, Stream: st, Beneath: c, Local: &local, Peer: &peer},
		Rights: fdtable.Send | fdtable.Recv | fdtable.Shutdown | fdtable.GetOpt | fdtable.SetOpt,
		Family: family, Type: netsys.SOCK_STREAM, Bound: true,
	}, t)
}

func (g *Guest) insertGrant(name string, e *fdtable.Entry, t GrantTerms) error {
	e.Name = name
	if t.Rights != 0 {
		e.Rights &= t.Rights
	}
	fd, err := g.g.FDs.Insert(e)
	if err != nil {
		return &os.PathError{Op: "grant", Path: name, Err: errors.Join(err, e.Object.Close())}
	}
	g.g.Granted = append(g.g.Granted, fd)
	return nil
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

// limited is a connection that ends when its budgets or its time are spent. Read
// and Write are each for one goroutine.
type limited struct {
	net.Conn
	name       string
	recv, send budget

	mu    sync.Mutex
	cause error // why it ended, if by its terms
	over  bool
	timer *time.Timer
}

// budget is a number of bytes, and what is left of it.
type budget struct{ all, left int64 }

func newBudget(n int64) budget {
	if n <= 0 {
		n = math.MaxInt64
	}
	return budget{n, n}
}

// Read reads up to the budget. Whether there was more to come is found by
// reading on: an end is no breach.
func (l *limited) Read(p []byte) (int, error) {
	if l.recv.left == 0 {
		var more [1]byte
		n, err := l.Conn.Read(more[:])
		if n > 0 {
			err = l.spent("receive", l.recv.all)
		}
		return 0, err
	}
	n, err := l.Conn.Read(p[:min(int64(len(p)), l.recv.left)])
	l.recv.left -= int64(n)
	return n, err
}

func (l *limited) Write(p []byte) (int, error) {
	n, err := l.Conn.Write(p[:min(int64(len(p)), l.send.left)])
	l.send.left -= int64(n)
	if err == nil && n < len(p) {
		err = l.spent("send", l.send.all)
		_ = l.Conn.SetReadDeadline(time.Now()) // so that the other direction ends, too
	}
	return n, err
}

// CloseWrite half-closes what can be.
func (l *limited) CloseWrite() error {
	if h, ok := l.Conn.(interface{ CloseWrite() error }); ok {
		return h.CloseWrite()
	}
	return nil
}

func (l *limited) spent(verb string, all int64) error {
	return l.end(abi.Detailed(abi.EDQUOT, "granted connection %q: its budget of %d bytes to %s is spent", l.name, all, verb))
}

// end keeps the first cause.
func (l *limited) end(cause error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cause == nil {
		l.cause = cause
	}
	return l.cause
}

// explain gives the cause in place of what follows from it.
func (l *limited) explain(err error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cause != nil && err != io.EOF {
		return l.cause
	}
	return err
}

// until ends st at the deadline, unless that is zero.
func (l *limited) until(deadline time.Time, st *sock.Stream) {
	if deadline.IsZero() {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		return
	}
	l.timer = time.AfterFunc(time.Until(deadline), func() {
		st.Fail(l.end(abi.Detailed(abi.ETIMEDOUT, "granted connection %q: its deadline has passed", l.name)))
	})
}

// ended is told when nothing moves any more.
func (l *limited) ended() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.over = true
	if l.timer != nil {
		l.timer.Stop()
	}
}
