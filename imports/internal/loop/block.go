package loop

import (
	"time"

	"github.com/wqjs/wqjs/imports/internal/netsys"
)

// Interest is one fd of a wait, with the events wanted (EPOLL*) and, after the
// wait, those that were there.
type Interest struct {
	FD      netsys.FD
	Events  uint32
	Revents uint32
}

// WaitFDs blocks the calling goroutine (not a thread) until one of fds has an
// event it wants or an error, and returns how many have. 0 means that the
// deadline passed; a zero deadline is none. An Interrupt ends the wait with its
// cause. An fd may appear more than once.
func (l *Loop) WaitFDs(fds []Interest, deadline time.Time) (int, error) {
	if err := l.Interrupted(); err != nil {
		return 0, err
	}
	if n, err := pollNow(fds); n != 0 || err != nil {
		return n, err
	}
	if !deadline.IsZero() && !time.Now().Before(deadline) {
		return 0, nil
	}
	if l.cfg.OnBlock != nil {
		l.cfg.OnBlock(true)
		defer l.cfg.OnBlock(false)
	}
	if len(fds) == 0 {
		return 0, l.sleepUntil(deadline)
	}
	if l.block == nil {
		p, err := l.newPoller()
		if err != nil {
			return 0, err
		}
		l.block = p
	}
	set := union(fds)
	for i, f := range set {
		if err := l.block.Add(f.FD, f.Events, 0); err != nil {
			l.forget(set[:i])
			return 0, err
		}
	}
	defer l.forget(set)
	for {
		if err := l.Interrupted(); err != nil {
			return 0, err
		}
		fired, err := l.block.Wait(l.one[:], deadline)
		if err != nil {
			return 0, err
		}
		if fired > 0 {
			// None may be ready by now: others may share a granted socket.
			if n, err := pollNow(fds); n != 0 || err != nil {
				return n, err
			}
		} else if !deadline.IsZero() && !time.Now().Before(deadline) {
			return 0, l.Interrupted()
		}
	}
}

// forget takes what WaitFDs waited for out of its poller.
func (l *Loop) forget(set []Interest) {
	for _, f := range set {
		_ = l.block.Del(f.FD)
	}
}

// union has each fd of fds once, with all the events wanted of it.
func union(fds []Interest) []Interest {
	if len(fds) == 1 {
		return fds
	}
	at := make(map[netsys.FD]int, len(fds))
	set := make([]Interest, 0, len(fds))
	for _, f := range fds {
		i, ok := at[f.FD]
		if !ok {
			i = len(set)
			at[f.FD] = i
			set = append(set, Interest{FD: f.FD})
		}
		set[i].Events |= f.Events
	}
	return set
}

// pollNow fills in Revents without waiting.
func pollNow(fds []Interest) (int, error) {
	var one [1]netsys.PollFD
	p := one[:0]
	for i := range fds {
		p = append(p, netsys.PollFD{FD: fds[i].FD, Events: fds[i].Events})
	}
	n, err := netsys.Poll(p, 0)
	if err != nil {
		return 0, err
	}
	for i := range fds {
		fds[i].Revents = p[i].Revents
	}
	return n, nil
}

// WaitWake waits for a Wake; a blocking guest call uses it to wait for a
// goroutine that will call Wake.
func (l *Loop) WaitWake() error {
	if l.cfg.OnBlock != nil {
		l.cfg.OnBlock(true)
		defer l.cfg.OnBlock(false)
	}
	if err := l.Interrupted(); err != nil {
		return err
	}
	<-l.wake
	return l.Interrupted()
}

func (l *Loop) sleepUntil(deadline time.Time) error {
	for {
		if err := l.Interrupted(); err != nil {
			return err
		}
		if deadline.IsZero() {
			<-l.wake
			continue
		}
		d := time.Until(deadline)
		if d <= 0 {
			return nil
		}
		t := time.NewTimer(d)
		select {
		case <-l.wake:
		case <-t.C:
		}
		t.Stop()
	}
}

// WaitPoller waits for events of a poller of the guest's own.
func (l *Loop) WaitPoller(p *netsys.Poller, out []netsys.Event, deadline time.Time) (int, error) {
	if err := l.Interrupted(); err != nil {
		return 0, err
	}
	if n, err := p.TryWait(out); n != 0 || err != nil {
		return n, err
	}
	if l.cfg.OnBlock != nil {
		l.cfg.OnBlock(true)
		defer l.cfg.OnBlock(false)
	}
	l.mu.Lock()
	l.guestPoller = p
	if l.cause != nil {
		p.Wake()
	}
	l.mu.Unlock()
	defer func() {
		l.mu.Lock()
		l.guestPoller = nil
		l.mu.Unlock()
	}()
	for {
		n, err := p.Wait(out, deadline)
		if n > 0 || err != nil {
			return n, err
		}
		if err := l.Interrupted(); err != nil {
			return 0, err
		}
		if !deadline.IsZero() && !time.Now().Before(deadline) {
			return 0, nil
		}
	}
}

// SleepNS is Sleep for a guest's nanosleep, which cannot fail.
func (l *Loop) SleepNS(ns int64) {
	if ns > 0 {
		_ = l.Sleep(time.Duration(ns))
	}
}
