package socket

import (
	"encoding/binary"
	"net/netip"
	"path/filepath"
	"strings"

	"github.com/wqjs/wqjs/imports/internal/abi"
	"github.com/wqjs/wqjs/imports/internal/fdtable"
	"github.com/wqjs/wqjs/imports/internal/guest"
	"github.com/wqjs/wqjs/imports/internal/netsys"
	"github.com/wqjs/wqjs/imports/internal/policy"
	"github.com/wqjs/wqjs/imports/internal/sock"
)

// The form of wq_addr in wasm/shim/wqjs.h: family, port, length, reserved as
// u16, then the text.
const (
	addrSize = 128
	addrText = 8
)

func putU32(b []byte, v uint32) { binary.LittleEndian.PutUint32(b, v) }

// putAddr writes a to the guest's wq_addr.
func putAddr(b []byte, a netsys.Addr) {
	text := a.Path
	if a.Family != netsys.AF_UNIX && a.AddrPort.IsValid() {
		text = a.AddrPort.Addr().String()
	}
	clear(b[:addrSize])
	n := copy(b[addrText:addrSize], text)
	binary.LittleEndian.PutUint16(b, uint16(a.Family))
	binary.LittleEndian.PutUint16(b[2:], a.AddrPort.Port())
	binary.LittleEndian.PutUint16(b[4:], uint16(n))
}

// parseAddr reads the address text of a bind, connect or sendto, where relative
// Unix paths start from the guest's working folder dir, for a socket of
// the given family.
func parseAddr(dir string, family int, text string, port int32, op string) (netsys.Addr, error) {
	var addr netsys.Addr
	switch family {
	case netsys.AF_UNIX:
		if text == "" || text[0] == '@' {
			return netsys.Addr{Family: family, Path: text}, nil
		}
		if strings.IndexByte(text, 0) >= 0 {
			return addr, abi.EINVAL // before ".." could take it away
		}
		if !filepath.IsAbs(text) {
			text = filepath.Join(dir, text)
		}
		return netsys.Addr{Family: family, Path: filepath.Clean(text)}, nil
	case netsys.AF_INET, netsys.AF_INET6:
	default:
		return addr, abi.EAFNOSUPPORT
	}
	if port < 0 || port > 65535 {
		return addr, abi.Detailed(abi.EINVAL, "%s: port %d is not from 0 to 65535", op, port)
	}
	if text == "" { // all interfaces, as the C module had it
		text = unspecified(family).Addr().String()
	}
	ip, ok, err := policy.ParseHost(text)
	if err != nil {
		return addr, abi.Detailed(abi.EINVAL, "%s: %v", op, err)
	}
	if !ok {
		return addr, abi.Detailed(abi.EINVAL, "%s: %.128q is not an IP address: resolve names with getaddrinfo or use wqjs:net", op, text)
	}
	if family == netsys.AF_INET && !ip.Is4() {
		return addr, abi.Detailed(abi.EAFNOSUPPORT, "%s: %s is not an IPv4 address, and the socket is AF_INET", op, text)
	}
	return netsys.Addr{Family: family, AddrPort: netip.AddrPortFrom(ip, uint16(port))}, nil
}

// unspecified is any port of all addresses of an internet family.
func unspecified(family int) netip.AddrPort {
	if family == netsys.AF_INET6 {
		return netip.AddrPortFrom(netip.IPv6Unspecified(), 0)
	}
	return netip.AddrPortFrom(netip.IPv4Unspecified(), 0)
}

func argAddr(g *guest.Guest, m guest.Memory, e *fdtable.Entry, ptr, n, port uint64, op string) (netsys.Addr, error) {
	text, err := m.String(guest.Ptr(ptr), guest.I32(n))
	if err != nil {
		return netsys.Addr{}, err
	}
	return parseAddr(g.Dir, e.Family, text, guest.I32(port), op)
}

// unixAllowed checks a path with the policy, as given and as its symbolic links
// resolve: a link inside a granted folder opens nothing outside of it. The
// address returned is the one that was checked. In a network in memory paths are
// just names.
func unixAllowed(g *guest.Guest, op string, addr netsys.Addr) (netsys.Addr, error) {
	p := g.Policy
	_, memory := g.Net.(interface{ InMemory() })
	if err := p.Unix(op, addr.Path); err != nil || addr.Path[0] == '@' || memory {
		return addr, err
	}
	clean, err := policy.CleanPath(addr.Path)
	if err != nil {
		return addr, err
	}
	real, err := filepath.EvalSymlinks(clean)
	if err != nil { // the name itself may not exist yet
		dir, derr := filepath.EvalSymlinks(filepath.Dir(clean))
		if derr != nil {
			addr.Path = clean
			return addr, nil // the kernel will say what is wrong with it
		}
		real = filepath.Join(dir, filepath.Base(clean))
	}
	addr.Path = real
	return addr, p.Unix(op, real)
}

func bind(g *guest.Guest, m guest.Memory, a []uint64) (int32, error) {
	e, k, err := get(g, a[0], fdtable.Bind)
	if err != nil {
		return 0, err
	}
	addr, err := argAddr(g, m, e, a[1], a[2], a[3], "bind")
	if err != nil {
		return 0, err
	}
	if addr, err = mayBind(g, e, addr); err != nil {
		return 0, err
	}
	if err := k.Net.Bind(k.FD, addr); err != nil {
		return 0, err
	}
	e.Bound = true
	return 0, nil
}

// mayBind asks the policy for a local address. All addresses (0.0.0.0, ::) may
// become the one that is granted.
func mayBind(g *guest.Guest, e *fdtable.Entry, addr netsys.Addr) (netsys.Addr, error) {
	p := g.Policy
	check, narrow := p.Listen, p.NarrowListen
	switch {
	case e.Family == netsys.AF_UNIX:
		return unixAllowed(g, "bind", addr)
	case e.Type == netsys.SOCK_DGRAM:
		check, narrow = p.BindUDP, p.NarrowUDP
	case e.Type != netsys.SOCK_STREAM:
		return addr, nil // raw sockets: allowed when they were made
	}
	err := check(addr.AddrPort)
	if err != nil {
		if one, ok := narrow(addr.AddrPort); ok {
			addr.AddrPort = one
			return addr, nil
		}
	}
	return addr, err
}

// mayReach asks the policy whether e may connect or, with send, send one
// datagram to addr.
func mayReach(g *guest.Guest, e *fdtable.Entry, addr *netsys.Addr, send bool) error {
	switch {
	case e.Family == netsys.AF_UNIX:
		checked, err := unixAllowed(g, "connect", *addr)
		addr.Path = checked.Path
		return err
	case e.Type == netsys.SOCK_DGRAM && !send:
		return g.Policy.ConnectUDP(addr.AddrPort, g.Pins)
	case e.Type == netsys.SOCK_DGRAM:
		return g.Policy.SendTo(addr.AddrPort, g.Pins)
	case e.Type == netsys.SOCK_STREAM:
		return g.Policy.Connect(addr.AddrPort, g.Pins)
	}
	return nil
}

func getsockname(g *guest.Guest, m guest.Memory, a []uint64) (int32, error) {
	return nameOf(g, m, a, func(k *sock.Socket) *netsys.Addr { return k.Local }, netsys.Net.LocalAddr)
}

func getpeername(g *guest.Guest, m guest.Memory, a []uint64) (int32, error) {
	return nameOf(g, m, a, func(k *sock.Socket) *netsys.Addr { return k.Peer }, netsys.Net.PeerAddr)
}

// nameOf writes an address of a socket: the one it is shown with, or the kernel's.
func nameOf(g *guest.Guest, m guest.Memory, a []uint64, shown func(*sock.Socket) *netsys.Addr, ask func(netsys.Net, netsys.FD) (netsys.Addr, error)) (int32, error) {
	_, k, err := get(g, a[0], 0)
	if err != nil {
		return 0, err
	}
	out, err := m.Bytes(guest.Ptr(a[1]), addrSize)
	if err != nil {
		return 0, err
	}
	if addr := shown(k); addr != nil {
		putAddr(out, *addr)
		return 0, nil
	}
	addr, err := ask(k.Net, k.FD)
	if err != nil {
		return 0, err
	}
	putAddr(out, addr)
	return 0, nil
}
