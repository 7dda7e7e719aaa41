//go:build darwin || dragonfly || freebsd

package netsys

import "golang.org/x/sys/unix"

// waker interrupts a kevent in progress by an event of its own.
type waker struct{}

func (waker) open(kq int) error {
	return userEvent(kq, unix.EV_ADD|unix.EV_CLEAR, 0)
}

func (waker) rouse(kq int) {
	_ = userEvent(kq, 0, unix.NOTE_TRIGGER) // cannot fail on an event that is there
}

func userEvent(kq, flags int, fflags uint32) error {
	var k unix.Kevent_t
	unix.SetKevent(&k, 0, unix.EVFILT_USER, flags)
	k.Fflags = fflags
	return retry(func() error {
		_, err := unix.Kevent(kq, []unix.Kevent_t{k}, nil, nil)
		return err
	})
}

// took tells whether k is the waker's event.
func (waker) took(k *unix.Kevent_t) bool { return k.Filter == unix.EVFILT_USER }

func (waker) close() {}
