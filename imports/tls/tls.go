// Package tls is the host module wqjs_tls: TLS (RFC 8446, RFC 5246) by crypto/tls
// over a connected socket. The secured connection takes the socket's place in the
// fd table, and is a socket like any other: send, recv, poll, epoll, half-close.
//
// It widens nothing: who a socket is connected to was decided by the policy when
// it was. Certificates are those that the guest hands over; a client trusts the
// system's authorities unless it names its own.
package tls

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"sync/atomic"
	"time"

	"github.com/tetratelabs/wazero"

	"github.com/wqjs/wqjs/imports/internal/abi"
	"github.com/wqjs/wqjs/imports/internal/fdtable"
	"github.com/wqjs/wqjs/imports/internal/guest"
	"github.com/wqjs/wqjs/imports/internal/netsys"
	"github.com/wqjs/wqjs/imports/internal/sock"
)

// ModuleName is the name guests import from.
const ModuleName = "wqjs_tls"

// Instantiate adds the module to r.
func Instantiate(ctx context.Context, r wazero.Runtime) error {
	return guest.Instantiate(ctx, r, ModuleName, Funcs())
}

// Funcs are the functions of the module.
func Funcs() []guest.Func {
	return []guest.Func{
		{Name: "context", Params: "ii", Call: newContext},
		{Name: "wrap", Params: "iiii", Call: wrap},
		{Name: "handshake", Params: "i", Call: handshake},
		{Name: "handshake_start", Params: "ii", Call: handshakeStart},
		{Name: "handshake_result", Params: "i", Call: handshakeResult},
		{Name: "info", Params: "i", Call: info},
	}
}

// newContext makes an fd of options (see parseOptions) for any number of wraps.
func newContext(g *guest.Guest, m guest.Memory, a []uint64) (int32, error) {
	b, err := m.Bytes(guest.Ptr(a[0]), guest.I32(a[1]))
	if err != nil {
		return 0, err
	}
	if g.FDs.Full() {
		return 0, abi.EMFILE
	}
	s, err := parseOptions(b)
	if err != nil {
		return 0, err
	}
	return g.FDs.Insert(&fdtable.Entry{Object: s})
}

// conn is the secured connection of a stream.
type conn struct {
	*tls.Conn
	line     *line
	settings *settings
	name     string // of the server, as the client asked for it
}

// line is what is beneath a conn. It remembers its end, which crypto/tls takes
// for a goodbye when it falls between two records.
type line struct {
	net.Conn
	ended atomic.Bool
}

func (l *line) Read(p []byte) (int, error) {
	n, err := l.Conn.Read(p)
	if err == io.EOF {
		l.ended.Store(true)
	}
	return n, err
}

// Read tells an end without goodbye, which may be an attacker's, from a real
// one (RFC 8446, 6.1).
func (c *conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if err == io.EOF && c.line.ended.Load() {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// CloseWrite says goodbye (close_notify) and half-closes what is beneath.
func (c *conn) CloseWrite() error {
	err := c.Conn.CloseWrite()
	if h, ok := c.line.Conn.(interface{ CloseWrite() error }); ok {
		err = errors.Join(err, h.CloseWrite())
	}
	return err
}

// prepare does the handshake.
func (c *conn) prepare(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, c.settings.timeout)
	defer cancel()
	return c.HandshakeContext(ctx)
}

// wrap secures the connected socket fd with the settings of a context; a client
// verifies the server as the name given, or the settings'.
func wrap(g *guest.Guest, m guest.Memory, a []uint64) (int32, error) {
	fd := guest.I32(a[0])
	e, old, err := stream(g, fd, fdtable.Send|fdtable.Recv)
	if err != nil {
		return 0, err
	}
	ce, err := g.FDs.Get(guest.I32(a[1]), 0)
	if err != nil {
		return 0, err
	}
	set, ok := ce.Object.(*settings)
	if !ok {
		return 0, abi.Detailed(abi.EINVAL, "tls_wrap: fd %d is no TLS context", guest.I32(a[1]))
	}
	name, err := m.String(guest.Ptr(a[2]), guest.I32(a[3]))
	if err != nil {
		return 0, err
	}
	conf, err := set.configFor(&name)
	if err != nil {
		return 0, err
	}
	secured, err := secure(g, old, set, conf, name)
	if err != nil {
		return 0, err
	}
	sock.Unpoll(g.FDs, old.FD)
	if e.Watched {
		if err := g.Loop.Rewatch(fd, old.FD, secured.FD); err != nil {
			return 0, errors.Join(err, secured.Close())
		}
	}
	if !kept(old) {
		_ = old.Close()
	}
	e.Object = secured
	e.Rights &^= fdtable.Connect | fdtable.Bind | fdtable.Listen
	return fd, nil
}

// stream finds a connected stream socket.
func stream(g *guest.Guest, fd int32, need fdtable.Rights) (*fdtable.Entry, *sock.Socket, error) {
	e, err := g.FDs.Get(fd, 0)
	if err != nil {
		return nil, nil, err
	}
	s, ok := e.Object.(*sock.Socket)
	if !ok {
		return nil, nil, abi.ENOTSOCK
	}
	if _, err = g.FDs.Get(fd, need); err != nil {
		return nil, nil, err
	}
	if e.Type != netsys.SOCK_STREAM {
		return nil, nil, abi.Detailed(abi.EPROTOTYPE, "tls_wrap: fd %d is no stream socket", fd)
	}
	return e, s, nil
}

// kept reports whether a socket lives on beneath its secured form: it is more
// than its descriptor, which is duplicated.
func kept(s *sock.Socket) bool { return s.Stream != nil || s.Net != netsys.OS }

// secure makes the secured socket over a duplicate of s' descriptor.
func secure(g *guest.Guest, s *sock.Socket, set *settings, conf *tls.Config, name string) (*sock.Socket, error) {
	local, peer := s.Local, s.Peer
	if peer == nil {
		l, err := s.Net.LocalAddr(s.FD)
		if err != nil {
			return nil, err
		}
		p, err := s.Net.PeerAddr(s.FD)
		if err != nil {
			return nil, err // ENOTCONN
		}
		local, peer = &l, &p
	}
	dup, err := netsys.Dup(s.FD)
	if err != nil {
		return nil, err
	}
	raw, err := netsys.Conn(dup)
	if err != nil {
		return nil, err
	}
	c := &conn{line: &line{Conn: raw}, settings: set, name: name}
	if set.server {
		c.Conn = tls.Server(c.line, conf)
	} else {
		c.Conn = tls.Client(c.line, conf)
	}
	cfg := sock.Config{Conn: c, Prepare: c.prepare, Explain: func(err error) error { return c.explain(s, err) }, Queue: g.Queue}
	if kept(s) {
		cfg.Done = func() { _ = s.Close() }
	}
	st, end, err := sock.NewStream(g.Ctx, g.Net, cfg)
	if err != nil {
		return nil, err
	}
	beneath := raw
	if kept(s) {
		beneath = s.Beneath // nil in a network in memory, where options mean nothing
	}
	return &sock.Socket{Net: g.Net, FD: end, Stream: st, Beneath: beneath, Local: local, Peer: peer}, nil
}

// secured finds the TLS connection of an fd.
func secured(g *guest.Guest, v uint64) (*sock.Stream, *conn, error) {
	e, err := g.FDs.Get(guest.I32(v), 0)
	if err != nil {
		return nil, nil, err
	}
	if s, ok := e.Object.(*sock.Socket); ok && s.Stream != nil {
		if c, ok := s.Stream.Conn().(*conn); ok {
			return s.Stream, c, nil
		}
	}
	return nil, nil, abi.Detailed(abi.EINVAL, "fd %d is no TLS connection", guest.I32(v))
}

// handshake waits until the handshake has ended, and returns its error.
func handshake(g *guest.Guest, _ guest.Memory, a []uint64) (int32, error) {
	s, _, err := secured(g, a[0])
	if err != nil {
		return 0, err
	}
	_, err = guest.Await(g, func(ctx context.Context) (struct{}, error) { return struct{}{}, s.Wait(ctx) })
	return 0, err
}

// outcome is what an asynchronous wait leaves for handshake_result.
type outcome struct{ err error }

func handshakeStart(g *guest.Guest, _ guest.Memory, a []uint64) (int32, error) {
	s, _, err := secured(g, a[1])
	if err != nil {
		return 0, err
	}
	return 0, g.Go(guest.I32(a[0]), 0, func(ctx context.Context) any { return outcome{s.Wait(ctx)} })
}

func handshakeResult(g *guest.Guest, _ guest.Memory, a []uint64) (int32, error) {
	v, err := g.Result(guest.I32(a[0]))
	if err != nil {
		return 0, err
	}
	r, ok := v.(outcome)
	if !ok {
		return 0, abi.EINVAL
	}
	return 0, r.err
}

// timeoutText is for messages.
func timeoutText(d time.Duration) string { return d.Round(time.Millisecond).String() }
