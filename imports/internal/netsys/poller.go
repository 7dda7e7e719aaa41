package netsys

import (
	"syscall"
	"time"
)

// Poller is the kernel's readiness set: epoll(7) or kqueue(2) under epoll's
// rules. On Linux a Wait parks a goroutine; under kqueue it holds a thread.
//
// One Wait runs at a time, a second one queues behind it. Every method may be
// called during a Wait, also with the descriptors it waits for.
//
// Differences under kqueue: errors and hang-ups of a descriptor are noticed
// only while EPOLLIN, EPOLLOUT or EPOLLRDHUP is asked for, EPOLLHUP may need
// EPOLLOUT to be among these, EPOLLRDHUP without EPOLLIN is reported once, and
// there is no EPOLLPRI.
//
// On Linux one socket can be in about 500 Pollers; the next Add is EINVAL,
// also when the socket is known under different descriptors (the kernel limits
// wake-up paths, and each Poller hangs on the Go runtime's own epoll set).
type Poller struct {
	p poller
}

// NewPoller makes an empty set. It costs one descriptor.
func NewPoller() (*Poller, error) {
	p := new(Poller)
	if err := p.p.open(); err != nil {
		return nil, err
	}
	return p, nil
}

// Add puts a descriptor into the set. Events are EPOLLIN, EPOLLPRI, EPOLLOUT
// and EPOLLRDHUP; EPOLLET reports only changes; with EPOLLONESHOT the
// descriptor is reported once and then silent until Mod. The token comes back
// in its events. EEXIST if it is in the set already, EINVAL for other bits.
func (p *Poller) Add(fd FD, events uint32, token uint64) error {
	if events&^pollerInput != 0 {
		return syscall.EINVAL
	}
	return p.p.add(fd, events, token)
}

// Mod replaces events and token of a descriptor in the set; what is ready at
// that time is reported again, as for Add. ENOENT if it is not in the set.
func (p *Poller) Mod(fd FD, events uint32, token uint64) error {
	if events&^pollerInput != 0 {
		return syscall.EINVAL
	}
	return p.p.mod(fd, events, token)
}

// Del takes a descriptor out of the set. Call it before closing the
// descriptor: the kernel forgets a socket only when its last duplicate is
// closed. ENOENT if it is not in the set.
func (p *Poller) Del(fd FD) error { return p.p.del(fd) }

// Wait fills out with ready descriptors, each at most once, and returns how
// many. It waits until there is one, and returns 0 at the deadline, on Wake,
// or if Wake was called since the last Wait returned. The zero time means no
// deadline. ErrClosed after Close; EINVAL for an empty out.
func (p *Poller) Wait(out []Event, deadline time.Time) (int, error) {
	if len(out) == 0 {
		return 0, syscall.EINVAL
	}
	return p.p.wait(out, deadline)
}

// TryWait is Wait that returns at once with what is ready. It leaves a Wake
// for the next Wait.
func (p *Poller) TryWait(out []Event) (int, error) {
	if len(out) == 0 {
		return 0, syscall.EINVAL
	}
	return p.p.tryWait(out)
}

// Wake makes the Wait in progress return, or else the next one. Any number of
// calls before that count as one.
func (p *Poller) Wake() { p.p.wake() }

// Close frees the set; its descriptors stay open. A Wait in progress returns
// ErrClosed, as does a second Close.
func (p *Poller) Close() error { return p.p.close() }

// AsPollFD gives a descriptor that is readable (EPOLLIN) while the set has
// something ready, to be put into another Poller or Poll. It is valid until
// Close; false after that or where the system has no such thing.
func (p *Poller) AsPollFD() (FD, bool) { return p.p.asPollFD() }
