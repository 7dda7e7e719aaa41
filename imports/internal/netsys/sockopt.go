//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package netsys

import (
	"math"
	"time"

	"golang.org/x/sys/unix"
)

// optKind says how an option's value looks.
type optKind uint8

const (
	optInt    optKind = iota
	optBool           // BSDs read back any bit for "on"
	optRead           // an int that cannot be set
	optMillis         // a struct timeval
)

type sockopt struct {
	level, name int
	kind        optKind
}

// lookupSockopt translates an option; ENOPROTOOPT if it is not in const.go or
// the system lacks it. SO_LINGER and SO_DOMAIN are not here.
func lookupSockopt(level, opt int) (sockopt, error) {
	o := sockopt{name: noOpt}
	switch level {
	case SOL_SOCKET:
		o = socketSockopt(opt)
		o.level = unix.SOL_SOCKET
	case IPPROTO_TCP:
		o = tcpSockopt(opt)
		o.level = unix.IPPROTO_TCP
	case IPPROTO_IPV6:
		if opt == IPV6_V6ONLY {
			o = sockopt{unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, optBool}
		}
	}
	if o.name == noOpt {
		return o, unix.ENOPROTOOPT
	}
	return o, nil
}

// noOpt marks what does not exist.
const noOpt = -1

func socketSockopt(opt int) sockopt {
	switch opt {
	case SO_REUSEADDR:
		return sockopt{name: unix.SO_REUSEADDR, kind: optBool}
	case SO_REUSEPORT:
		return sockopt{name: osReusePort, kind: optBool}
	case SO_BROADCAST:
		return sockopt{name: unix.SO_BROADCAST, kind: optBool}
	case SO_KEEPALIVE:
		return sockopt{name: unix.SO_KEEPALIVE, kind: optBool}
	case SO_SNDBUF:
		return sockopt{name: unix.SO_SNDBUF}
	case SO_RCVBUF:
		return sockopt{name: unix.SO_RCVBUF}
	case SO_RCVTIMEO:
		return sockopt{name: unix.SO_RCVTIMEO, kind: optMillis}
	case SO_SNDTIMEO:
		return sockopt{name: unix.SO_SNDTIMEO, kind: optMillis}
	case SO_TYPE:
		return sockopt{name: unix.SO_TYPE, kind: optRead}
	case SO_ERROR:
		return sockopt{name: unix.SO_ERROR, kind: optRead}
	case SO_ACCEPTCONN:
		return sockopt{name: unix.SO_ACCEPTCONN, kind: optRead}
	}
	return sockopt{name: noOpt}
}

func tcpSockopt(opt int) sockopt {
	switch opt {
	case TCP_NODELAY:
		return sockopt{name: unix.TCP_NODELAY, kind: optBool}
	case TCP_KEEPIDLE:
		return sockopt{name: osKeepIdle}
	case TCP_KEEPINTVL:
		return sockopt{name: osKeepIntvl}
	case TCP_KEEPCNT:
		return sockopt{name: osKeepCnt}
	}
	return sockopt{name: noOpt}
}

func (osNet) SetsockoptInt(fd FD, level, opt, val int) error {
	if level == SOL_SOCKET && opt == SO_LINGER {
		return unix.EINVAL
	}
	o, err := lookupSockopt(level, opt)
	if err != nil {
		return err
	}
	switch o.kind {
	case optRead:
		return unix.ENOPROTOOPT
	case optMillis:
		if val < 0 || val > math.MaxInt32 {
			return unix.EDOM
		}
		tv := unix.NsecToTimeval(int64(val) * int64(time.Millisecond))
		return retry(func() error { return unix.SetsockoptTimeval(int(fd), o.level, o.name, &tv) })
	case optBool:
		val = bit(val != 0)
	}
	if val != int(int32(val)) {
		return unix.EINVAL
	}
	return retry(func() error { return unix.SetsockoptInt(int(fd), o.level, o.name, val) })
}

func (n osNet) GetsockoptInt(fd FD, level, opt int) (int, error) {
	if level == SOL_SOCKET {
		switch opt {
		case SO_LINGER:
			return 0, unix.EINVAL
		case SO_DOMAIN:
			return n.Family(fd)
		case SO_TYPE:
			return n.Type(fd)
		}
	}
	o, err := lookupSockopt(level, opt)
	if err != nil {
		return 0, err
	}
	if o.kind == optMillis {
		return getMillis(fd, o)
	}
	val, err := getInt(fd, o.level, o.name)
	if o.kind == optBool || opt == SO_ACCEPTCONN && level == SOL_SOCKET {
		val = bit(val != 0)
	}
	return val, err
}

func getInt(fd FD, level, name int) (val int, err error) {
	err = retry(func() (err error) {
		val, err = unix.GetsockoptInt(int(fd), level, name)
		return
	})
	return val, err
}

func getMillis(fd FD, o sockopt) (int, error) {
	var tv *unix.Timeval
	err := retry(func() (err error) {
		tv, err = unix.GetsockoptTimeval(int(fd), o.level, o.name)
		return
	})
	if err != nil {
		return 0, err
	}
	ms := (tv.Nano() + int64(time.Millisecond) - 1) / int64(time.Millisecond)
	return int(min(ms, math.MaxInt32)), nil
}

func (osNet) SetLinger(fd FD, on bool, seconds int) error {
	if seconds < 0 || seconds > math.MaxInt32 {
		return unix.EINVAL
	}
	l := unix.Linger{Onoff: int32(bit(on)), Linger: int32(seconds)}
	return retry(func() error { return unix.SetsockoptLinger(int(fd), unix.SOL_SOCKET, osLinger, &l) })
}

func (osNet) Linger(fd FD) (on bool, seconds int, err error) {
	var l *unix.Linger
	err = retry(func() (err error) {
		l, err = unix.GetsockoptLinger(int(fd), unix.SOL_SOCKET, osLinger)
		return
	})
	if err != nil {
		return false, 0, err
	}
	return l.Onoff != 0, int(l.Linger), nil
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}
