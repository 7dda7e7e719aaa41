//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package netsys

import "golang.org/x/sys/unix"

// Translation of the numbers in const.go. Everything else is refused, so that
// a guest reaches no kernel interface by guessing: MSG_ZEROCOPY would have the
// kernel read guest memory after the call, MSG_TRUNC returns more than was
// read, MSG_FASTOPEN connects, and other families are other worlds.

func osFamily(family int) (int, error) {
	switch family {
	case AF_UNIX:
		return unix.AF_UNIX, nil
	case AF_INET:
		return unix.AF_INET, nil
	case AF_INET6:
		return unix.AF_INET6, nil
	}
	return 0, unix.EAFNOSUPPORT
}

func guestFamily(family int) (int, error) {
	switch family {
	case unix.AF_UNIX:
		return AF_UNIX, nil
	case unix.AF_INET:
		return AF_INET, nil
	case unix.AF_INET6:
		return AF_INET6, nil
	}
	return 0, unix.EAFNOSUPPORT
}

func osType(typ int) (int, error) {
	switch typ {
	case SOCK_STREAM:
		return unix.SOCK_STREAM, nil
	case SOCK_DGRAM:
		return unix.SOCK_DGRAM, nil
	case SOCK_RAW:
		return unix.SOCK_RAW, nil
	}
	return 0, unix.ESOCKTNOSUPPORT
}

func guestType(typ int) (int, error) {
	switch typ {
	case unix.SOCK_STREAM:
		return SOCK_STREAM, nil
	case unix.SOCK_DGRAM:
		return SOCK_DGRAM, nil
	case unix.SOCK_RAW:
		return SOCK_RAW, nil
	}
	return 0, unix.ESOCKTNOSUPPORT
}

// osSocket translates the three arguments of socket(2).
func osSocket(family, typ, proto int) (int, int, int, error) {
	f, err := osFamily(family)
	if err != nil {
		return 0, 0, 0, err
	}
	t, err := osType(typ)
	if err != nil {
		return 0, 0, 0, err
	}
	switch proto {
	case 0, IPPROTO_ICMP, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_IPV6, IPPROTO_ICMPV6:
		return f, t, proto, nil
	}
	return 0, 0, 0, unix.EPROTONOSUPPORT
}

// osMsgFlags translates message flags. MSG_DONTWAIT keeps a call from blocking
// even if another process that shares an inherited socket took O_NONBLOCK off
// again.
func osMsgFlags(flags int) (int, error) {
	if flags&^(MSG_PEEK|MSG_DONTWAIT|MSG_WAITALL|MSG_NOSIGNAL) != 0 {
		return 0, unix.EOPNOTSUPP
	}
	f := unix.MSG_DONTWAIT
	if flags&MSG_PEEK != 0 {
		f |= unix.MSG_PEEK
	}
	if flags&MSG_WAITALL != 0 {
		f |= unix.MSG_WAITALL
	}
	return f, nil
}
