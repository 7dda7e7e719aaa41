//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package netsys

import (
	"net"
	"net/netip"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// maxUnixPath is the longest path that leaves room for the closing NUL.
const maxUnixPath = len(unix.RawSockaddrUnix{}.Path) - 1

// hasAbstract tells whether Unix names may begin with "@" (unix(7)).
const hasAbstract = runtime.GOOS == "linux" || runtime.GOOS == "android"

// maxZone is IFNAMSIZ of Linux and the BSDs, without the NUL.
const maxZone = 15

// toSockaddr checks an address and turns it into what x/sys takes.
func toSockaddr(a Addr) (unix.Sockaddr, error) {
	switch a.Family {
	case AF_INET:
		// An address that was kept in mapped form is still an IPv4 address.
		ip := a.AddrPort.Addr().Unmap()
		if !ip.IsValid() {
			return nil, unix.EINVAL
		}
		if !ip.Is4() {
			return nil, unix.EAFNOSUPPORT
		}
		return &unix.SockaddrInet4{Port: int(a.AddrPort.Port()), Addr: ip.As4()}, nil
	case AF_INET6:
		ip := a.AddrPort.Addr()
		if !ip.IsValid() {
			return nil, unix.EINVAL
		}
		scope, err := scopeID(ip.Zone())
		if err != nil {
			return nil, err
		}
		return &unix.SockaddrInet6{Port: int(a.AddrPort.Port()), ZoneId: scope, Addr: ip.As16()}, nil
	case AF_UNIX:
		if err := checkUnixPath(a.Path); err != nil {
			return nil, err
		}
		return &unix.SockaddrUnix{Name: a.Path}, nil
	}
	return nil, unix.EAFNOSUPPORT
}

func checkUnixPath(path string) error {
	if strings.IndexByte(path, 0) >= 0 {
		return unix.EINVAL // the kernel would see a shorter path than the policy did
	}
	if len(path) > maxUnixPath {
		return unix.ENAMETOOLONG
	}
	if strings.HasPrefix(path, "@") && (!hasAbstract || path == "@") {
		return unix.EINVAL // "@" alone cannot be told from an unnamed socket
	}
	return nil
}

// scopeID turns a zone (RFC 4007, 11) into the kernel's number; 0 for none.
func scopeID(zone string) (uint32, error) {
	if zone == "" {
		return 0, nil
	}
	if n, err := strconv.ParseUint(zone, 10, 32); err == nil {
		return uint32(n), nil
	}
	if len(zone) > maxZone {
		return 0, unix.ENODEV
	}
	ifi, err := net.InterfaceByName(zone)
	if err != nil {
		return 0, unix.ENODEV
	}
	return uint32(ifi.Index), nil
}

// fromSockaddr is the way back. The zone becomes a number because naming it
// would cost a query of all interfaces for every datagram.
func fromSockaddr(sa unix.Sockaddr) (Addr, error) {
	switch sa := sa.(type) {
	case nil:
		return Addr{}, nil
	case *unix.SockaddrInet4:
		ip := netip.AddrFrom4(sa.Addr)
		return Addr{Family: AF_INET, AddrPort: netip.AddrPortFrom(ip, uint16(sa.Port))}, nil
	case *unix.SockaddrInet6:
		ip := netip.AddrFrom16(sa.Addr)
		if sa.ZoneId != 0 {
			ip = ip.WithZone(strconv.FormatUint(uint64(sa.ZoneId), 10))
		}
		return Addr{Family: AF_INET6, AddrPort: netip.AddrPortFrom(ip, uint16(sa.Port))}, nil
	case *unix.SockaddrUnix:
		if hasAbstract && sa.Name == "@" {
			return Addr{Family: AF_UNIX}, nil // how x/sys shows an unnamed socket
		}
		return Addr{Family: AF_UNIX, Path: sa.Name}, nil
	}
	return Addr{}, unix.EAFNOSUPPORT
}
