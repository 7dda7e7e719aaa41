//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package netsys

import (
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// poller gives a kqueue the rules of epoll. A descriptor has up to two knotes
// there, for reading and writing; what belongs to both is kept here.
//
// A wait blocks its thread in kevent(2), because not every kernel lets a kqueue
// be non-blocking and watched by Go's netpoller.
type poller struct {
	kq    int
	waker waker

	waitMu sync.Mutex // held by the one wait in progress

	mu     sync.Mutex // never held in a kevent that blocks
	closed bool
	woken  bool // a wake that no wait has seen
	users  int  // goroutines in kevent; the last one to leave closes kq
	fds    map[FD]*interest
	batch  uint64 // number of the last batch of knotes
}

// interest is what is wanted of a descriptor.
type interest struct {
	token  uint64
	events uint32
	silent bool // EPOLLONESHOT has fired, the knotes are gone

	readEOF, writeEOF bool // seen since Add or Mod, for EPOLLHUP

	// Place in the batch, to merge what its two knotes say.
	batch uint64
	slot  int
}

func (r *interest) wantsRead() bool  { return r.events&(EPOLLIN|EPOLLRDHUP) != 0 }
func (r *interest) wantsWrite() bool { return r.events&EPOLLOUT != 0 }

// longestBlock bounds one kevent, as kernels refuse timeouts of many years.
const longestBlock = time.Hour

func (p *poller) open() error {
	kq, err := unix.Kqueue()
	if err != nil {
		return err
	}
	unix.CloseOnExec(kq)
	if err := p.waker.open(kq); err != nil {
		unix.Close(kq)
		return err
	}
	p.kq = kq
	p.fds = make(map[FD]*interest)
	return nil
}

// change submits one change and waits for nothing.
func (p *poller) change(k unix.Kevent_t) error {
	return retry(func() error {
		_, err := unix.Kevent(p.kq, []unix.Kevent_t{k}, nil, nil)
		return err
	})
}

func knote(fd FD, filter, flags int) (k unix.Kevent_t) {
	unix.SetKevent(&k, int(fd), filter, flags)
	return k
}

func (p *poller) add(fd FD, events uint32, token uint64) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return ErrClosed
	}
	if r := p.fds[fd]; r != nil && p.alive(fd, r) {
		return unix.EEXIST
	}
	r := &interest{token: token, events: events}
	if err := p.arm(fd, r); err != nil {
		return err
	}
	p.fds[fd] = r
	return nil
}

// alive tells whether r is about the descriptor's present socket. The kernel
// drops the knotes of a closed one; what has none cannot be told apart.
func (p *poller) alive(fd FD, r *interest) bool {
	switch {
	case r.silent:
		return false
	case r.wantsRead():
		return p.change(knote(fd, unix.EVFILT_READ, unix.EV_ENABLE)) == nil
	case r.wantsWrite():
		return p.change(knote(fd, unix.EVFILT_WRITE, unix.EV_ENABLE)) == nil
	}
	return false
}

func (p *poller) mod(fd FD, events uint32, token uint64) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return ErrClosed
	}
	r := p.fds[fd]
	if r == nil {
		return unix.ENOENT
	}
	// New knotes, since EV_ADD does not change the flags of an old one, and
	// for what is ready now to be reported again.
	p.disarm(fd, r)
	*r = interest{token: token, events: events}
	return p.arm(fd, r)
}

func (p *poller) del(fd FD) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return ErrClosed
	}
	r := p.fds[fd]
	if r == nil {
		return unix.ENOENT
	}
	p.disarm(fd, r)
	delete(p.fds, fd)
	return nil
}

// arm makes the knotes.
func (p *poller) arm(fd FD, r *interest) error {
	flags := unix.EV_ADD
	if r.events&EPOLLET != 0 {
		flags |= unix.EV_CLEAR
	}
	if r.events&EPOLLONESHOT != 0 {
		flags |= unix.EV_ONESHOT
	}
	if r.wantsRead() {
		k := knote(fd, unix.EVFILT_READ, flags)
		if r.events&EPOLLIN == 0 {
			// For the end alone, a low-water mark that data does not reach.
			// darwin lowers it to the buffer's size; EV_CLEAR keeps a full
			// buffer that nobody reads from being reported for ever.
			k.Flags |= unix.EV_CLEAR
			k.Fflags = unix.NOTE_LOWAT
			k.Data = 1 << 30
		}
		if err := p.change(k); err != nil {
			return err
		}
	}
	if r.wantsWrite() {
		if err := p.change(knote(fd, unix.EVFILT_WRITE, flags)); err != nil {
			p.disarm(fd, r)
			return err
		}
	}
	return nil
}

// disarm removes the knotes; those that fired or whose socket was closed are
// gone already, hence no errors.
func (p *poller) disarm(fd FD, r *interest) {
	if r.wantsRead() {
		_ = p.change(knote(fd, unix.EVFILT_READ, unix.EV_DELETE))
	}
	if r.wantsWrite() {
		_ = p.change(knote(fd, unix.EVFILT_WRITE, unix.EV_DELETE))
	}
}

func (p *poller) tryWait(out []Event) (int, error) {
	if _, err := p.enter(); err != nil {
		return 0, err
	}
	n, err := p.kevent(out, 0)
	if p.leave() {
		return 0, ErrClosed
	}
	return n, err
}

func (p *poller) wait(out []Event, deadline time.Time) (int, error) {
	p.waitMu.Lock()
	defer p.waitMu.Unlock()
	for {
		woken, err := p.enter()
		if err != nil {
			return 0, err
		}
		timeout, last := longestBlock, false
		if !deadline.IsZero() {
			timeout = min(timeout, max(time.Until(deadline), 0))
			last = timeout == 0
		}
		if woken {
			timeout, last = 0, true
		}
		n, err := p.kevent(out, timeout)
		if n > 0 || last {
			p.takeWake()
		}
		if p.leave() {
			return 0, ErrClosed
		}
		if n > 0 || err != nil || last {
			return n, err
		}
	}
}

// enter announces a call of kevent. From here on wake and close know that
// there may be somebody to rouse.
func (p *poller) enter() (woken bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return false, ErrClosed
	}
	p.users++
	return p.woken, nil
}

func (p *poller) leave() (closed bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.users--
	if p.closed && p.users == 0 {
		p.release()
	}
	return p.closed
}

func (p *poller) takeWake() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.woken = false
}

// kevent asks once. An interruption is 0 events: the caller knows what is left
// of its time.
func (p *poller) kevent(out []Event, timeout time.Duration) (int, error) {
	var buf [64]unix.Kevent_t
	ts := unix.NsecToTimespec(int64(timeout))
	n, err := unix.Kevent(p.kq, nil, buf[:min(len(buf), len(out))], &ts)
	if err == unix.EINTR {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.merge(out, buf[:n]), nil
}

// merge turns knotes into events, one for each descriptor. As there are never
// more events than knotes, out is long enough.
func (p *poller) merge(out []Event, knotes []unix.Kevent_t) (n int) {
	p.batch++
	for i := range knotes {
		k := &knotes[i]
		if p.waker.took(k) {
			if p.users > 1 {
				p.waker.rouse(p.kq) // it may have been meant for another
			}
			continue
		}
		fd := FD(k.Ident)
		r := p.fds[fd]
		inBatch := r != nil && r.batch == p.batch
		if r == nil || r.silent && !inBatch {
			continue
		}
		events := r.translate(k)
		if events == 0 {
			continue
		}
		if !inBatch {
			r.batch, r.slot = p.batch, n
			out[n] = Event{Token: r.token}
			n++
		}
		out[r.slot].Events |= events
		if r.events&EPOLLONESHOT != 0 && !r.silent {
			p.disarm(fd, r) // the other knote
			r.silent = true
		}
	}
	return n
}

// translate tells what a knote means in terms of epoll.
func (r *interest) translate(k *unix.Kevent_t) (events uint32) {
	eof := k.Flags&unix.EV_EOF != 0
	switch int(k.Filter) {
	case unix.EVFILT_READ:
		events |= r.events & EPOLLIN
		if eof {
			r.readEOF = true
			events |= r.events & EPOLLRDHUP
		}
	case unix.EVFILT_WRITE:
		events |= EPOLLOUT
		r.writeEOF = r.writeEOF || eof
	}
	if eof && k.Fflags != 0 { // the socket's error
		events |= EPOLLERR | EPOLLHUP
	}
	// Writing alone ends by this side's own shutdown, too: no hang-up yet.
	if r.writeEOF && (r.readEOF || !r.wantsRead()) {
		events |= EPOLLHUP
	}
	return events
}

func (p *poller) wake() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.woken || p.closed {
		return
	}
	p.woken = true
	if p.users > 0 {
		p.waker.rouse(p.kq)
	}
}

func (p *poller) close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return ErrClosed
	}
	p.closed = true
	if p.users > 0 {
		p.waker.rouse(p.kq)
	} else {
		p.release()
	}
	return nil
}

func (p *poller) release() {
	p.waker.close()
	unix.Close(p.kq)
}

func (p *poller) asPollFD() (FD, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return -1, false
	}
	return FD(p.kq), true
}
