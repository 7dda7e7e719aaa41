package socket

import (
	"math"
	"syscall"
	"time"

	"github.com/wqjs/wqjs/imports/internal/abi"
	"github.com/wqjs/wqjs/imports/internal/fdtable"
	"github.com/wqjs/wqjs/imports/internal/guest"
	"github.com/wqjs/wqjs/imports/internal/netsys"
	"github.com/wqjs/wqjs/imports/internal/sock"
)

// setsockopt takes integers. SO_RCVTIMEO and SO_SNDTIMEO are milliseconds (0 is
// none) and are kept here, where waits happen; SO_LINGER is seconds, negative
// for off.
func setsockopt(g *guest.Guest, _ guest.Memory, a []uint64) (int32, error) {
	e, k, err := get(g, a[0], fdtable.SetOpt)
	if err != nil {
		return 0, err
	}
	level, opt, val := int(guest.I32(a[1])), int(guest.I32(a[2])), int(guest.I32(a[3]))
	if level == netsys.SOL_SOCKET {
		switch opt {
		case netsys.SO_RCVTIMEO, netsys.SO_SNDTIMEO:
			if val < 0 {
				return 0, abi.Detailed(abi.EDOM, "setsockopt: a timeout of %d ms is negative", val)
			}
			d := time.Duration(val) * time.Millisecond
			if opt == netsys.SO_RCVTIMEO {
				e.RecvTimeout = d
			} else {
				e.SendTimeout = d
			}
			return 0, nil
		case netsys.SO_LINGER:
			return 0, k.Option(level, opt, func(fd netsys.FD) error {
				return k.Net.SetLinger(fd, val >= 0, min(max(val, 0), math.MaxUint16))
			})
		}
	}
	return 0, k.Option(level, opt, func(fd netsys.FD) error { return k.Net.SetsockoptInt(fd, level, opt, val) })
}

func getsockopt(g *guest.Guest, m guest.Memory, a []uint64) (int32, error) {
	e, k, err := get(g, a[0], fdtable.GetOpt)
	if err != nil {
		return 0, err
	}
	out, err := m.Bytes(guest.Ptr(a[3]), 4)
	if err != nil {
		return 0, err
	}
	val, err := option(e, k, int(guest.I32(a[1])), int(guest.I32(a[2])))
	if err != nil {
		return 0, err
	}
	putU32(out, uint32(int32(val)))
	return 0, nil
}

// option reads one; a stream's end is reported where a socket's error is.
func option(e *fdtable.Entry, k *sock.Socket, level, opt int) (int, error) {
	if level == netsys.SOL_SOCKET {
		switch opt {
		case netsys.SO_RCVTIMEO:
			return int(e.RecvTimeout / time.Millisecond), nil
		case netsys.SO_SNDTIMEO:
			return int(e.SendTimeout / time.Millisecond), nil
		case netsys.SO_LINGER:
			secs := -1
			err := k.Option(level, opt, func(fd netsys.FD) error {
				on, n, err := k.Net.Linger(fd)
				if on {
					secs = n
				}
				return err
			})
			return secs, err
		case netsys.SO_DOMAIN:
			return e.Family, nil
		case netsys.SO_ACCEPTCONN:
			if k.Listener != nil {
				return 1, nil
			}
		case netsys.SO_ERROR:
			if err := k.Failure(); err != nil {
				return int(abi.ToErrno(err)), nil
			}
			n, err := k.Net.GetsockoptInt(k.FD, level, opt)
			if err != nil || n == 0 {
				return 0, err
			}
			return int(abi.ToErrno(syscall.Errno(n))), nil
		}
	}
	val := 0
	err := k.Option(level, opt, func(fd netsys.FD) (err error) {
		val, err = k.Net.GetsockoptInt(fd, level, opt)
		return err
	})
	return val, err
}
