// Package netsys is the only package that touches the kernel's sockets. It
// holds thin, non-blocking socket calls (Net, with OS as the real one and
// Fault as the one for tests), poll(2) as Poll, and the readiness set Poller
// over epoll or kqueue.
//
// # Numbers
//
// Families, types, protocols, option names, message flags and event bits have
// their Linux values on every system (const.go), because that is what a guest
// sees. They are translated at the system call. A number that is not listed
// there is refused and never reaches the kernel: families with EAFNOSUPPORT,
// types with ESOCKTNOSUPPORT, protocols with EPROTONOSUPPORT, options with
// ENOPROTOOPT, message flags with EOPNOTSUPP, event bits with EINVAL.
//
// # Errors
//
// Errors of system calls are bare syscall.Errno values with the system's own
// numbers. EINTR is retried beside the call and never returned. SIGPIPE is
// suppressed: writing to a broken connection is EPIPE. Where the system is not
// supported every call fails with syscall.ENOTSUP, which is
// errors.ErrUnsupported to errors.Is.
//
// # Concurrency
//
// All functions may be called from any goroutine. No descriptor is guarded:
// the caller must not close an FD while another goroutine uses it, since its
// number may be another socket by then.
package netsys

import (
	"io/fs"
	"net/netip"
	"time"
)

// FD is an operating system's socket handle (an int on Unix).
type FD int

// Addr is a socket address.
type Addr struct {
	// Family is AF_INET, AF_INET6 or AF_UNIX.
	Family int

	// AddrPort is the address of the two internet families.
	//
	// An IPv4 address under AF_INET6 goes to the kernel in its mapped form
	// (RFC 4291, 2.5.5.2), and comes back from the kernel as it is kept
	// there: mapped, never unmapped. A zone may be an interface name or a
	// scope id in decimal; it always comes back as a scope id.
	AddrPort netip.AddrPort

	// Path is the address under AF_UNIX: a file system path, "@name" for
	// a name in Linux's abstract namespace (unix(7)), or "" for an unnamed
	// socket. Binding to "" lets Linux choose an abstract name and is
	// EINVAL elsewhere. NUL bytes are EINVAL.
	Path string
}

// Net is the seam between the socket imports and the kernel. Sockets made by
// it are non-blocking and close-on-exec, so no call waits for the network:
// what cannot be done at once is EAGAIN, or EINPROGRESS for Connect.
type Net interface {
	// Socket makes a socket, as socket(2).
	Socket(family, typ, proto int) (FD, error)
	// SocketPair makes two connected sockets, as socketpair(2).
	SocketPair(family, typ, proto int) ([2]FD, error)
	// Bind gives the socket its local address, as bind(2).
	Bind(fd FD, a Addr) error
	// Listen makes the socket a listener, as listen(2).
	Listen(fd FD, backlog int) error
	// Accept takes a waiting connection off a listener, as accept(2). The
	// new socket is non-blocking and close-on-exec. A connection that died
	// in the queue may be reported as ECONNABORTED; the listener is fine.
	Accept(fd FD) (FD, Addr, error)
	// Connect starts to connect, as connect(2). EINPROGRESS means that it
	// is under way: wait for EPOLLOUT, then read SO_ERROR.
	Connect(fd FD, a Addr) error

	// Send writes to a connected socket, as send(2). It may write less
	// than all of p.
	Send(fd FD, p []byte, flags int) (int, error)
	// Recv reads from a socket, as recv(2). 0 from a stream is its end.
	Recv(fd FD, p []byte, flags int) (int, error)
	// SendTo sends p to a, as sendto(2).
	SendTo(fd FD, p []byte, flags int, a Addr) (int, error)
	// RecvFrom reads one datagram and its sender, as recvfrom(2). What does
	// not fit into p is lost. The address is zero when the kernel gives
	// none: on connected streams and from unnamed Unix sockets.
	RecvFrom(fd FD, p []byte, flags int) (int, Addr, error)
	// Shutdown ends one or both directions, as shutdown(2).
	Shutdown(fd FD, how int) error
	// Close gives the descriptor back, also when it returns an error. It
	// never waits: a positive SO_LINGER, which would have the kernel block
	// in close(2) even on a non-blocking socket, is switched off first (for
	// whoever shares the socket, too), and unsent data is sent in the
	// background.
	Close(fd FD) error

	// SetsockoptInt sets an option of const.go. Flags are 0 or 1, sizes
	// bytes, TCP_KEEPIDLE and TCP_KEEPINTVL seconds, SO_RCVTIMEO and
	// SO_SNDTIMEO milliseconds (the kernel keeps the two, yet they have no
	// effect on sockets that do not block). An option that can only be read
	// or that the system lacks is ENOPROTOOPT; SO_LINGER, having two
	// values, EINVAL.
	SetsockoptInt(fd FD, level, opt, val int) error
	// GetsockoptInt reads an option. SO_ERROR yields the system's errno and
	// clears it; SO_TYPE and SO_DOMAIN yield portable numbers.
	GetsockoptInt(fd FD, level, opt int) (int, error)
	// SetLinger sets SO_LINGER; on with 0 seconds makes Close a reset.
	SetLinger(fd FD, on bool, seconds int) error
	// Linger reads SO_LINGER.
	Linger(fd FD) (on bool, seconds int, err error)

	// LocalAddr is getsockname(2).
	LocalAddr(fd FD) (Addr, error)
	// PeerAddr is getpeername(2).
	PeerAddr(fd FD) (Addr, error)
	// Type tells SOCK_STREAM, SOCK_DGRAM or SOCK_RAW of any socket.
	Type(fd FD) (int, error)
	// Family tells AF_INET, AF_INET6 or AF_UNIX of any socket.
	Family(fd FD) (int, error)
	// IsListening tells whether Listen was called (SO_ACCEPTCONN).
	IsListening(fd FD) (bool, error)

	// Adopt makes an inherited socket fit for this package: non-blocking
	// and close-on-exec. ENOTSOCK if it is something else. Non-blocking
	// mode belongs to the open socket, hence is seen by every process that
	// shares it.
	Adopt(fd FD) error
}

// OS is the kernel's Net.
var OS Net = osNet{}

// PollFD is one entry of Poll. A negative FD is skipped.
type PollFD struct {
	FD FD
	// Events is what to wait for: EPOLLIN, EPOLLPRI, EPOLLOUT and, on
	// Linux, EPOLLRDHUP.
	Events uint32
	// Revents is what is the case: bits of Events, and always EPOLLERR,
	// EPOLLHUP and POLLNVAL.
	Revents uint32
}

// Poll waits until an entry is ready, as poll(2), and returns how many are. It
// blocks the calling thread; a wait without need of that belongs into a Poller.
// A negative timeout is for ever, a fraction of a millisecond is rounded up.
func Poll(fds []PollFD, timeout time.Duration) (int, error) { return poll(fds, timeout) }

// Event is one ready descriptor of a Poller.
type Event struct {
	// Token is the one given to Add or Mod.
	Token uint64
	// Events are EPOLLIN, EPOLLPRI, EPOLLOUT, EPOLLRDHUP as asked for, and
	// EPOLLERR and EPOLLHUP unasked.
	Events uint32
}

// ErrClosed is returned by the methods of a Poller after Close. It is
// fs.ErrClosed.
var ErrClosed = fs.ErrClosed
