//go:build netbsd || openbsd

package netsys

import "golang.org/x/sys/unix"

// waker interrupts a kevent in progress through a pipe, where not all releases
// have EVFILT_USER. It costs two descriptors.
type waker struct {
	r, w int
}

func (w *waker) open(kq int) error {
	var p [2]int
	if err := unix.Pipe2(p[:], unix.O_NONBLOCK|unix.O_CLOEXEC); err != nil {
		return err
	}
	w.r, w.w = p[0], p[1]
	err := retry(func() error {
		_, err := unix.Kevent(kq, []unix.Kevent_t{knote(FD(w.r), unix.EVFILT_READ, unix.EV_ADD)}, nil, nil)
		return err
	})
	if err != nil {
		w.close()
	}
	return err
}

func (w *waker) rouse(int) {
	_ = retry(func() error {
		_, err := unix.Write(w.w, []byte{0}) // EAGAIN: full enough
		return err
	})
}

// took tells whether k is the waker's event, and empties the pipe.
func (w *waker) took(k *unix.Kevent_t) bool {
	if int(k.Ident) != w.r {
		return false
	}
	var buf [64]byte
	for {
		n, err := unix.Read(w.r, buf[:])
		if err != unix.EINTR && n < len(buf) {
			return true
		}
	}
}

func (w *waker) close() {
	unix.Close(w.r)
	unix.Close(w.w)
}
