package vnet

import (
	"net/netip"
	"sync"
	"syscall"
	"time"

	"github.com/wqjs/wqjs/imports/internal/netsys"
)

const (
	maxDatagram = 65507 // RFC 768 over RFC 791
	maxHeader   = 1 + maxPath
)

// packets are buffers for a datagram with its header.
var packets = sync.Pool{New: func() any { return new([maxHeader + maxDatagram]byte) }}

// A datagram lies in its receiver's pair with its sender before it: the length
// of that, and a Unix name, or address and port.
func pack(buf []byte, from netsys.Addr, p []byte) []byte {
	var head []byte
	if from.Family == netsys.AF_UNIX {
		head = []byte(from.Path)
	} else if from.AddrPort.IsValid() {
		head, _ = from.AddrPort.MarshalBinary() // never fails
	}
	buf = append(buf[:0], byte(len(head)))
	buf = append(buf, head...)
	return append(buf, p...)
}

func unpack(family int, b []byte) (from netsys.Addr, p []byte) {
	if len(b) == 0 || len(b) < 1+int(b[0]) {
		return from, nil // not one of ours
	}
	head, p := b[1:1+b[0]], b[1+b[0]:]
	if len(head) == 0 {
		return from, p
	}
	from.Family = family
	if family == netsys.AF_UNIX {
		from.Path = string(head)
		return from, p
	}
	var a netip.AddrPort
	if a.UnmarshalBinary(head) != nil {
		return netsys.Addr{}, p
	}
	from.AddrPort = a
	return from, p
}

func (n *Net) connectDatagram(s *socket, to netsys.Addr) error {
	if n.closed || s.is() == down {
		return syscall.ENETDOWN
	}
	if s.family == netsys.AF_UNIX {
		if peer := n.names[to.Path]; peer == nil {
			return syscall.ENOENT
		} else if peer.typ != s.typ {
			return syscall.EPROTOTYPE
		}
	}
	if err := n.autobind(s, to); err != nil {
		return err
	}
	s.peer = to
	if s.local.AddrPort.IsValid() && s.local.AddrPort.Addr().IsUnspecified() {
		s.local.AddrPort = addrOf(to, s.local.AddrPort.Port())
	}
	return nil
}

// addrOf is to's address with another port.
func addrOf(to netsys.Addr, p uint16) netip.AddrPort {
	return netip.AddrPortFrom(to.AddrPort.Addr(), p)
}

func (n *Net) sendDatagram(s *socket, p []byte, flags int) (int, error) {
	n.mu.RLock()
	to := s.peer
	n.mu.RUnlock()
	if to.Family == 0 {
		return 0, syscall.EDESTADDRREQ
	}
	return n.sendDatagramTo(s, p, flags, to)
}

// sendDatagramTo sends, on UDP, whether it arrives or not.
func (n *Net) sendDatagramTo(s *socket, p []byte, flags int, to netsys.Addr) (int, error) {
	if flags&^(netsys.MSG_DONTWAIT|netsys.MSG_NOSIGNAL) != 0 {
		return 0, syscall.EOPNOTSUPP
	}
	if len(p) > maxDatagram {
		return 0, syscall.EMSGSIZE
	}
	from, err := n.sender(s, to)
	if err != nil {
		return 0, err
	}
	if s.family == netsys.AF_UNIX {
		if err := n.arrive(s.typ, from, to, p); err != nil {
			return 0, err
		}
		return len(p), nil
	}
	link := n.link(network(s.family, s.typ), from, to)
	if link.Loss > 0 && n.chance() < link.Loss {
		n.lost.n.Add(1)
		return len(p), nil
	}
	wait := n.delay(link)
	if link.Bandwidth > 0 {
		wait += time.Duration(float64(len(p)) / float64(link.Bandwidth) * float64(time.Second))
	}
	if wait == 0 {
		if n.arrive(s.typ, from, to, p) != nil {
			n.lost.n.Add(1)
		}
		return len(p), nil
	}
	if !n.mail.post(n, letter{s.typ, from, to, append([]byte(nil), p...), time.Now().Add(wait), 0}) {
		n.lost.n.Add(1)
	}
	return len(p), nil
}

// sender is the address that a datagram of s to to has.
func (n *Net) sender(s *socket, to netsys.Addr) (netsys.Addr, error) {
	n.mu.RLock()
	from, bound, gone := s.local, s.bound, n.closed || s.is() == down
	n.mu.RUnlock()
	if gone {
		return from, syscall.ENETDOWN
	}
	if s.family == netsys.AF_UNIX {
		return from, nil
	}
	if to.AddrPort.Port() == 0 {
		return from, syscall.EINVAL
	}
	if !bound {
		n.mu.Lock()
		err := n.autobind(s, to)
		from = s.local
		n.mu.Unlock()
		if err != nil {
			return from, err
		}
	}
	if from.AddrPort.Addr().IsUnspecified() {
		from.AddrPort = addrOf(to, from.AddrPort.Port())
	}
	return from, nil
}

// arrive puts a datagram into the receiver's pair.
func (n *Net) arrive(typ int, from, to netsys.Addr, p []byte) error {
	buf := packets.Get().(*[maxHeader + maxDatagram]byte)
	defer packets.Put(buf)
	b := pack(buf[:], from, p)
	n.mu.RLock()
	defer n.mu.RUnlock()
	s := n.find(typ, from, to, fresh)
	switch {
	case s == nil && to.Family == netsys.AF_UNIX:
		return syscall.ENOENT
	case s != nil && s.typ != typ:
		return syscall.EPROTOTYPE
	case s == nil || s.far < 0:
		return syscall.ECONNREFUSED
	}
	_, err := netsys.OS.Send(s.far, b, 0)
	return err
}

// receive takes a datagram from the pair; what does not fit into p is lost.
func (s *socket) receive(fd netsys.FD, p []byte, flags int) (int, netsys.Addr, error) {
	if s.is() == down {
		return 0, netsys.Addr{}, syscall.ENETDOWN
	}
	buf := packets.Get().(*[maxHeader + maxDatagram]byte)
	defer packets.Put(buf)
	got, err := netsys.OS.Recv(fd, buf[:], flags)
	if err != nil {
		return 0, netsys.Addr{}, err
	}
	from, data := unpack(s.family, buf[:got])
	return copy(p, data), from, nil
}
