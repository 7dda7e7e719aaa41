package netsys

import (
	"errors"
	"os"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// poller is an epoll set that is itself watched by Go's netpoller: epoll_wait
// is only ever called with timeout 0, and a wait that finds nothing parks its
// goroutine until the runtime's own epoll set reports the descriptor readable.
//
// Nothing is lost between looking and parking, because conn.Read resets the
// netpoller's state before it looks for the last time, and it looks again each
// time it is woken. Wake needs no descriptor of its own: it sets woken and, if
// somebody is parked, moves the read deadline into the past.
type poller struct {
	file *os.File
	conn syscall.RawConn
	fd   int

	waitMu sync.Mutex // held by the one wait in progress
	look   func(fd uintptr) bool
	out    []Event // of the wait in progress, for look, as n and err
	n      int
	err    error

	mu     sync.Mutex // never held while parked
	closed bool       // fd must not be used any more
	woken  bool       // a wake that no wait has seen
	parked bool       // a wait is about to park, or has
	armed  time.Time  // the read deadline that is set
}

// past is a read deadline that has passed.
var past = time.Unix(1, 0)

func (p *poller) open() error {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return err
	}
	// os.NewFile takes a non-blocking descriptor into the netpoller.
	if err := unix.SetNonblock(fd, true); err != nil {
		unix.Close(fd)
		return err
	}
	p.fd = fd
	p.file = os.NewFile(uintptr(fd), "epoll")
	p.conn, err = p.file.SyscallConn()
	if err == nil {
		err = p.file.SetReadDeadline(time.Time{}) // fails if the netpoller did not take it
	}
	if err != nil {
		p.file.Close()
		return unix.ENOTSUP
	}
	p.look = func(uintptr) bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.n, p.err = p.collect(p.out)
		return p.n > 0 || p.err != nil
	}
	return nil
}

func (p *poller) add(fd FD, events uint32, token uint64) error {
	return p.control(unix.EPOLL_CTL_ADD, fd, events, token)
}

func (p *poller) mod(fd FD, events uint32, token uint64) error {
	return p.control(unix.EPOLL_CTL_MOD, fd, events, token)
}

func (p *poller) del(fd FD) error { return p.control(unix.EPOLL_CTL_DEL, fd, 0, 0) }

func (p *poller) control(op int, fd FD, events uint32, token uint64) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return ErrClosed
	}
	// The kernel's 64 bits of user data are two fields in x/sys.
	ev := unix.EpollEvent{Events: events, Fd: int32(uint32(token)), Pad: int32(token >> 32)}
	return retry(func() error { return unix.EpollCtl(p.fd, op, int(fd), &ev) })
}

// collect takes what is ready, without waiting. The caller holds mu.
func (p *poller) collect(out []Event) (int, error) {
	if p.closed {
		return 0, ErrClosed
	}
	var buf [128]unix.EpollEvent
	n, err := epollNow(p.fd, buf[:min(len(out), len(buf))])
	for i, ev := range buf[:n] {
		out[i] = Event{
			Token:  uint64(uint32(ev.Fd)) | uint64(uint32(ev.Pad))<<32,
			Events: ev.Events & pollerResult,
		}
	}
	return n, err
}

// epollNow is epoll_wait(2) with timeout 0, which never sleeps and so need not
// be announced to the scheduler (see rawLimit). Not every architecture has
// epoll_wait; epoll_pwait without a mask is the same.
func epollNow(fd int, buf []unix.EpollEvent) (int, error) {
	for {
		n, _, errno := syscall.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(fd), uintptr(unsafe.Pointer(&buf[0])), uintptr(len(buf)), 0, 0, 0)
		switch errno {
		case 0:
			return int(n), nil
		case unix.EINTR:
		default:
			return 0, errno
		}
	}
}

func (p *poller) tryWait(out []Event) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.collect(out)
}

func (p *poller) wait(out []Event, deadline time.Time) (int, error) {
	p.waitMu.Lock()
	defer p.waitMu.Unlock()
	for expired := false; ; {
		n, done, err := p.beforePark(out, deadline, expired)
		if done {
			return n, err
		}
		p.out = out
		err = p.conn.Read(p.look)
		n, lookErr := p.n, p.err
		p.out, p.n, p.err = nil, 0, nil

		p.mu.Lock()
		p.parked = false
		if n > 0 {
			p.woken = false // the caller is about to look around anyway
		}
		p.mu.Unlock()
		switch {
		case n > 0 || lookErr != nil:
			return n, lookErr
		case errors.Is(err, os.ErrDeadlineExceeded):
			expired = true // or a wake, which is looked for first
		case err != nil:
			return 0, ErrClosed
		}
	}
}

// beforePark tells whether the wait is over. If not it has set the deadline
// and announced that the caller parks now.
func (p *poller) beforePark(out []Event, deadline time.Time, expired bool) (n int, done bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	// Looking here, although conn.Read does so too, spares a busy set the
	// deadline's timer and the netpoller.
	n, err = p.collect(out)
	if n > 0 || err != nil || p.woken || expired || passed(deadline) {
		p.woken = false
		return n, true, err
	}
	if !p.armed.Equal(deadline) {
		if err := p.file.SetReadDeadline(deadline); err != nil {
			return 0, true, ErrClosed
		}
		p.armed = deadline
	}
	p.parked = true
	return 0, false, nil
}

func passed(deadline time.Time) bool {
	return !deadline.IsZero() && time.Until(deadline) <= 0
}

func (p *poller) wake() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.woken || p.closed {
		return
	}
	p.woken = true
	if p.parked {
		p.file.SetReadDeadline(past)
		p.armed = past
	}
}

func (p *poller) close() error {
	p.mu.Lock()
	closed := p.closed
	p.closed = true
	p.mu.Unlock()
	if closed {
		return ErrClosed
	}
	return p.file.Close() // the descriptor itself goes when a parked wait has left
}

func (p *poller) asPollFD() (FD, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return -1, false
	}
	return FD(p.fd), true
}
