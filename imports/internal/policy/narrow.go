package policy

import "net/netip"

// NarrowListen answers a request to listen on all addresses (0.0.0.0, ::) that
// Listen denied: if the rules grant exactly one address of the same family at
// that port, the caller may bind that one instead. A program that always
// listens on all addresses so runs under --allow-listen=127.0.0.1:8080, and is
// reached just there.
func (p *Policy) NarrowListen(addr netip.AddrPort) (netip.AddrPort, bool) {
	p = orNone(p)
	return p.narrow(flagListen, p.listen, addr)
}

// NarrowUDP is NarrowListen for BindUDP.
func (p *Policy) NarrowUDP(addr netip.AddrPort) (netip.AddrPort, bool) {
	p = orNone(p)
	return p.narrow(flagUDP, p.udp, addr)
}

func (p *Policy) narrow(flag string, rules []netRule, addr netip.AddrPort) (netip.AddrPort, bool) {
	one, ok := narrow(rules, addr)
	if ok {
		t := newTarget(one, true)
		_ = p.allowTarget(flag, &t, nil)
	}
	return one, ok
}

func narrow(rules []netRule, addr netip.AddrPort) (netip.AddrPort, bool) {
	var found netip.Addr
	if !addr.Addr().IsUnspecified() {
		return netip.AddrPort{}, false
	}
	for i := range rules {
		one := rules[i].single(addr.Addr().Is4())
		switch {
		case !one.IsValid() || one.IsUnspecified() || !rules[i].ports.has(addr.Port()) || one == found:
		case found.IsValid():
			return netip.AddrPort{}, false // several: the script must choose
		default:
			found = one
		}
	}
	return netip.AddrPortFrom(found, addr.Port()), found.IsValid()
}

// single is the one address the rule stands for in a family, or invalid.
func (r *netRule) single(is4 bool) netip.Addr {
	switch {
	case r.kind == localhost && is4:
		return loopback4
	case r.kind == localhost:
		return loopback6
	case r.kind == inPrefix && r.prefix.IsSingleIP() && r.prefix.Addr().Is4() == is4:
		return r.prefix.Addr().WithZone(r.zone)
	}
	return netip.Addr{}
}
