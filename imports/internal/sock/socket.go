// Package sock holds the sockets of a sandbox's fd table: those of the kernel,
// and streams, which look like them. A stream's fd is one end of a kernel
// socketpair, whose other end the host moves bytes from and to whatever the
// connection is: TLS, a net.Conn of the embedder, a network in memory. So poll,
// epoll, edges, half-close and options are the kernel's own for every socket.
package sock

import (
	"errors"
	"net"
	"syscall"

	"github.com/wqjs/wqjs/imports/internal/fdtable"
	"github.com/wqjs/wqjs/imports/internal/netsys"
)

// Socket is a socket in the fd table.
type Socket struct {
	Net netsys.Net
	FD  netsys.FD
	// Shared is set when the embedder, too, holds the socket.
	Shared bool
	// Stream is what moves the bytes beyond FD; nil for a kernel socket.
	Stream *Stream
	// Listener is where connections come from, if not from the FD.
	Listener *Listener
	// Beneath is the connection that the stream's came from, if it is one.
	Beneath net.Conn
	// Local and Peer, if set, are shown in place of FD's addresses.
	Local, Peer *netsys.Addr
}

// SysFD is what pollers wait on.
func (s *Socket) SysFD() netsys.FD { return s.FD }

// Close closes the kernel's fd. What was sent on a stream still arrives, if its
// receiver takes it soon.
func (s *Socket) Close() error {
	if s.Stream != nil {
		s.Stream.close() // first: the end that follows is then known to be one of both directions
	}
	if s.Listener != nil {
		s.Listener.close()
	}
	return s.Net.Close(s.FD)
}

// Accept takes a waiting connection off a listener, as netsys.Net.Accept.
func (s *Socket) Accept() (*Socket, netsys.Addr, error) {
	if s.Listener != nil {
		return s.Listener.accept()
	}
	fd, peer, err := s.Net.Accept(s.FD)
	if err != nil {
		return nil, peer, err
	}
	return &Socket{Net: s.Net, FD: fd}, peer, nil
}

// Failure is why the socket's stream failed, or nil: what to report in place of
// the end that the kernel knows of.
func (s *Socket) Failure() error {
	if s.Stream == nil {
		return nil
	}
	return s.Stream.Err()
}

// Explain replaces what the kernel tells of a stream that failed.
func (s *Socket) Explain(err error) error {
	if err == nil || s.Stream == nil || errors.Is(err, syscall.EAGAIN) {
		return err
	}
	if f := s.Stream.Err(); f != nil {
		return f
	}
	return err
}

// Option calls f with the descriptor that has a socket option: a stream's are
// its pair's, but for those of the connection beneath. Where that is no kernel
// socket, f is not called.
func (s *Socket) Option(level, opt int, f func(netsys.FD) error) error {
	beneath := level != netsys.SOL_SOCKET || opt == netsys.SO_KEEPALIVE || opt == netsys.SO_LINGER
	if s.Stream == nil && s.Listener == nil || !beneath {
		return f(s.FD)
	}
	c, ok := s.Beneath.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	var ferr error
	err = raw.Control(func(fd uintptr) { ferr = f(netsys.FD(fd)) })
	if err != nil {
		return err
	}
	return ferr
}

// Unpoll takes fd out of the guest's epoll instances. The kernel does it when
// the last descriptor of a socket is closed; of a shared one that is another's.
func Unpoll(fds *fdtable.Table, fd netsys.FD) {
	fds.All(func(_ int32, e *fdtable.Entry) {
		if p, ok := e.Object.(interface{ Unpoll(netsys.FD) }); ok {
			p.Unpoll(fd)
		}
	})
}
