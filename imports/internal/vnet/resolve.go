package vnet

import (
	"context"
	"net"
	"net/netip"
)

// localhost is the one name that every Net knows (RFC 6761, 6.3).
var localhost = []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}

// Lookup gives the addresses of a name; network is "ip", "ip4" or "ip6". Its
// errors are *net.DNSError, or Config.Lookup's.
func (n *Net) Lookup(ctx context.Context, network, name string) ([]netip.Addr, error) {
	key := hostKey(name)
	addrs, known := n.hosts[key]
	switch {
	case known:
	case key == "localhost":
		addrs = localhost
	case n.c.Lookup != nil:
		var err error
		if addrs, err = n.c.Lookup(ctx, key); err != nil {
			return nil, err
		}
	}
	var out []netip.Addr
	for _, a := range addrs {
		a = a.Unmap()
		if a.IsValid() && (network == "ip" || (network == "ip4") == a.Is4()) {
			out = append(out, a)
		}
	}
	if len(out) == 0 {
		return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
	}
	return out, nil
}
