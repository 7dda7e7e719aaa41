package vnet

import (
	"fmt"
	"net"
	"net/netip"
	"syscall"

	"github.com/wqjs/wqjs/imports/internal/netsys"
)

// Addresses inside of the package are canonical: unmapped and without a zone.
// canonical makes one of what a socket of the given family was asked for.
func canonical(family int, a netsys.Addr) (netsys.Addr, error) {
	if a.Family != family {
		return a, syscall.EAFNOSUPPORT
	}
	if family == netsys.AF_UNIX {
		for i := range len(a.Path) {
			if a.Path[i] == 0 {
				return a, syscall.EINVAL
			}
		}
		if len(a.Path) > maxPath {
			return a, syscall.ENAMETOOLONG
		}
		return netsys.Addr{Family: family, Path: a.Path}, nil
	}
	ip := a.AddrPort.Addr().Unmap().WithZone("")
	if !ip.IsValid() {
		return a, syscall.EINVAL
	}
	if family == netsys.AF_INET && !ip.Is4() {
		return a, syscall.EAFNOSUPPORT
	}
	return netsys.Addr{Family: family, AddrPort: netip.AddrPortFrom(ip, a.AddrPort.Port())}, nil
}

// maxPath is the longest name of a Unix socket, as on Linux.
const maxPath = 107

// shown is an address in the form that a socket of the family knows.
func shown(family int, a netsys.Addr) netsys.Addr {
	if ip := a.AddrPort.Addr(); family == netsys.AF_INET6 && ip.Is4() {
		a.AddrPort = netip.AddrPortFrom(netip.AddrFrom16(ip.As16()), a.AddrPort.Port())
	}
	a.Family = family
	return a
}

// text is an address as Config.Link and Reset have it.
func text(a netsys.Addr) string {
	if a.Family == netsys.AF_UNIX {
		return a.Path
	}
	return a.AddrPort.String()
}

// goAddr is an address of a socket, or of its peer, as package net has it.
func goAddr(s *socket, a netsys.Addr) net.Addr {
	family, typ := s.family, s.typ
	switch {
	case family == netsys.AF_UNIX && typ == netsys.SOCK_DGRAM:
		return &net.UnixAddr{Name: a.Path, Net: "unixgram"}
	case family == netsys.AF_UNIX:
		return &net.UnixAddr{Name: a.Path, Net: "unix"}
	case typ == netsys.SOCK_DGRAM:
		return net.UDPAddrFromAddrPort(a.AddrPort)
	}
	return net.TCPAddrFromAddrPort(a.AddrPort)
}

func network(family, typ int) string {
	switch {
	case family == netsys.AF_UNIX:
		return "unix"
	case typ == netsys.SOCK_DGRAM:
		return "udp"
	}
	return "tcp"
}

func unspecified(family int) netip.Addr {
	if family == netsys.AF_INET6 {
		return netip.IPv6Unspecified()
	}
	return netip.IPv4Unspecified()
}

// port is a port of TCP or UDP.
type port struct {
	typ    int
	number uint16
}

// Ephemeral ports, as on Linux.
const (
	firstPort = 32768
	lastPort  = 60999
)

// covers tells whether what is sent to ip is for the bound socket s.
func (s *socket) covers(ip netip.Addr) bool {
	own := s.local.AddrPort.Addr()
	switch {
	case own == ip:
		return true
	case !own.IsUnspecified():
		return false
	case own.Is4():
		return ip.Is4()
	}
	return ip.Is6() || !s.v6only()
}

func (s *socket) has(option [2]int) bool { return s.opts[option] != 0 }

func (s *socket) v6only() bool { return s.has(v6only) }

// free tells whether s may have the address. It is called with mu held, as is
// all below.
func (n *Net) free(s *socket, a netip.AddrPort) bool {
	probe := &socket{opts: s.opts, local: netsys.Addr{AddrPort: a}}
	for _, o := range n.ports[port{s.typ, a.Port()}] {
		if s.has(reuseport) && o.has(reuseport) {
			continue
		}
		if o.covers(a.Addr()) || probe.covers(o.local.AddrPort.Addr()) {
			return false
		}
	}
	return true
}

// take binds s to a canonical address, where port 0 and the empty name are for
// the Net to choose.
func (n *Net) take(s *socket, a netsys.Addr) error {
	if a.Family == netsys.AF_UNIX {
		if a.Path == "" {
			n.auto++
			a.Path = fmt.Sprintf("@%05x", n.auto)
		}
		if n.names[a.Path] != nil {
			return syscall.EADDRINUSE
		}
		n.names[a.Path] = s
		s.local = a
		return nil
	}
	if a.AddrPort.Port() == 0 {
		p, ok := n.freePort(s, a.AddrPort.Addr())
		if !ok {
			return syscall.EADDRNOTAVAIL
		}
		a.AddrPort = netip.AddrPortFrom(a.AddrPort.Addr(), p)
	} else if !n.free(s, a.AddrPort) {
		return syscall.EADDRINUSE
	}
	key := port{s.typ, a.AddrPort.Port()}
	n.ports[key] = append(n.ports[key], s)
	s.local = a
	return nil
}

func (n *Net) freePort(s *socket, ip netip.Addr) (uint16, bool) {
	const all = lastPort - firstPort + 1
	for range all {
		p := firstPort + n.next%all
		n.next = (n.next + 1) % all
		if n.free(s, netip.AddrPortFrom(ip, p)) {
			return p, true
		}
	}
	return 0, false
}

// release undoes take.
func (n *Net) release(s *socket) {
	if s.family == netsys.AF_UNIX {
		if n.names[s.local.Path] == s {
			delete(n.names, s.local.Path)
		}
		return
	}
	key := port{s.typ, s.local.AddrPort.Port()}
	list := n.ports[key]
	for i, o := range list {
		if o == s {
			list[i] = list[len(list)-1]
			list[len(list)-1] = nil
			n.ports[key] = list[:len(list)-1]
			break
		}
	}
	if len(n.ports[key]) == 0 {
		delete(n.ports, key)
	}
}

// find is the socket for what is sent to a canonical address by from: among
// several the one that fits best, a peer before an address before all addresses,
// and those that fit as well in turn.
func (n *Net) find(typ int, from, to netsys.Addr, want state) (best *socket) {
	if to.Family == netsys.AF_UNIX {
		return n.names[to.Path]
	}
	score, list := -1, n.ports[port{typ, to.AddrPort.Port()}]
	turn := 0
	if len(list) > 1 {
		turn = int(n.turn.Add(1) % uint32(len(list)))
	}
	for i := range list {
		s := list[(turn+i)%len(list)]
		if s.is() != want || !s.covers(to.AddrPort.Addr()) {
			continue
		}
		mark := 0
		if s.local.AddrPort.Addr() == to.AddrPort.Addr() {
			mark = 1
		}
		if s.peer.Family != 0 {
			if s.peer.AddrPort != from.AddrPort {
				continue
			}
			mark = 2
		}
		if mark > score {
			best, score = s, mark
		}
	}
	return best
}

// here turns the address of all interfaces, as a destination, into loopback.
func here(a netsys.Addr) netsys.Addr {
	ip := a.AddrPort.Addr()
	switch {
	case a.Family == netsys.AF_UNIX || !ip.IsUnspecified():
	case ip.Is4():
		a.AddrPort = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), a.AddrPort.Port())
	default:
		a.AddrPort = netip.AddrPortFrom(netip.IPv6Loopback(), a.AddrPort.Port())
	}
	return a
}
