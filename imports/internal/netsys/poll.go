//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package netsys

import (
	"math"
	"time"

	"golang.org/x/sys/unix"
)

func poll(fds []PollFD, timeout time.Duration) (int, error) {
	var few [16]unix.PollFd
	set := few[:0]
	for _, f := range fds {
		set = append(set, unix.PollFd{Fd: int32(f.FD), Events: osPollEvents(f.Events)})
	}
	deadline := time.Now().Add(timeout)
	for {
		n, err := unix.Poll(set, pollMillis(timeout))
		if err != nil && err != unix.EINTR {
			return 0, err
		}
		if timeout > 0 {
			timeout = max(time.Until(deadline), 0)
		}
		if err == unix.EINTR || n == 0 && timeout != 0 {
			continue // with what is left of the time
		}
		for i := range fds {
			fds[i].Revents = guestPollEvents(set[i].Revents)
		}
		return n, nil
	}
}

// pollMillis rounds up, lest the last fraction of a millisecond be spun away.
func pollMillis(d time.Duration) int {
	if d < 0 {
		return -1
	}
	ms := d / time.Millisecond
	if d%time.Millisecond != 0 {
		ms++
	}
	return int(min(ms, math.MaxInt32))
}

func osPollEvents(e uint32) int16 {
	var p int16
	if e&EPOLLIN != 0 {
		p |= unix.POLLIN
	}
	if e&EPOLLPRI != 0 {
		p |= unix.POLLPRI
	}
	if e&EPOLLOUT != 0 {
		p |= unix.POLLOUT
	}
	if e&EPOLLRDHUP != 0 {
		p |= osPollRDHUP
	}
	return p
}

func guestPollEvents(p int16) uint32 {
	var e uint32
	if p&unix.POLLIN != 0 {
		e |= EPOLLIN
	}
	if p&unix.POLLPRI != 0 {
		e |= EPOLLPRI
	}
	if p&unix.POLLOUT != 0 {
		e |= EPOLLOUT
	}
	if p&unix.POLLERR != 0 {
		e |= EPOLLERR
	}
	if p&unix.POLLHUP != 0 {
		e |= EPOLLHUP
	}
	if p&unix.POLLNVAL != 0 {
		e |= POLLNVAL
	}
	if p&osPollRDHUP != 0 {
		e |= EPOLLRDHUP
	}
	return e
}
