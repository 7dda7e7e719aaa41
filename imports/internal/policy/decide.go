package policy

import (
	"net/netip"
	"strings"
)

// Connect decides on a TCP connection to dst. The check belongs right before
// the system call, on the address given to it.
func (p *Policy) Connect(dst netip.AddrPort, pins *Pins) error {
	p = orNone(p)
	return p.reach(OpConnect, flagConnect, p.connect, dst, pins)
}

// ConnectUDP decides on connecting a UDP socket to dst.
func (p *Policy) ConnectUDP(dst netip.AddrPort, pins *Pins) error {
	p = orNone(p)
	return p.reach(OpUDPConnect, flagUDP, p.udp, dst, pins)
}

// SendTo decides on one datagram to dst from an unconnected UDP socket.
func (p *Policy) SendTo(dst netip.AddrPort, pins *Pins) error {
	p = orNone(p)
	return p.reach(OpUDPSend, flagUDP, p.udp, dst, pins)
}

// Listen decides on binding a TCP socket to addr, to listen or to connect from.
func (p *Policy) Listen(addr netip.AddrPort) error {
	p = orNone(p)
	return p.bind(OpListen, flagListen, p.listen, addr)
}

// BindUDP decides on binding a UDP socket to addr.
func (p *Policy) BindUDP(addr netip.AddrPort) error {
	p = orNone(p)
	return p.bind(OpUDPBind, flagUDP, p.udp, addr)
}

// Resolve decides on asking a resolver for name. Addresses are not names and are
// denied: use ParseHost first, as they need no resolving. A connect or UDP rule
// for a name grants resolving it, too.
func (p *Policy) Resolve(name string) error {
	p = orNone(p)
	normal, err := NormalizeName(name)
	if err != nil {
		return &Denied{Op: OpResolve, Target: name, Reason: err.Error()}
	}
	if p.all {
		return p.allow(flagResolve, normal)
	}
	for _, r := range p.resolve {
		if r.match(normal) {
			return p.allow(flagResolve, normal)
		}
	}
	// A rule to reach a name would be of no use without looking it up.
	for _, rules := range [][]netRule{p.connect, p.udp} {
		for i := range rules {
			if r := &rules[i]; r.kind == pinnedName && r.name.match(normal) || r.kind == localhost && normal == "localhost" {
				return p.allow(flagResolve, normal)
			}
		}
	}
	return &Denied{Op: OpResolve, Target: normal, Flag: flagResolve + "=" + normal, Reason: notGranted}
}

// Unix decides on a Unix socket at path, absolute or "@" and an abstract name.
// op is "connect", "bind" or another verb for the message; rules do not tell
// them apart. The caller resolves symbolic links and goes on with CleanPath(path).
func (p *Policy) Unix(op, path string) error {
	p = orNone(p)
	op = OpUnix + " " + op
	clean, err := CleanPath(path)
	if err != nil {
		return &Denied{Op: op, Target: path, Reason: err.Error()}
	}
	if strings.HasSuffix(clean, "/") && clean[0] != '@' {
		return &Denied{Op: op, Target: path, Reason: "the path is a root directory"}
	}
	if p.all {
		return p.allow(flagUnix, clean)
	}
	for _, r := range p.unix {
		if r.match(clean) {
			return p.allow(flagUnix, clean)
		}
	}
	return &Denied{Op: op, Target: clean, Flag: flagUnix + "=" + clean, Reason: notGranted}
}

// Raw decides on raw sockets, all or none.
func (p *Policy) Raw() error {
	p = orNone(p)
	if p.all || p.raw {
		return p.allow(flagRaw, "")
	}
	return &Denied{Op: OpRaw, Flag: flagRaw, Reason: notGranted}
}

// Env reports whether the environment variable may be read. PREFIX_* includes
// the variable PREFIX_ itself. Case matters, on Windows too.
func (p *Policy) Env(name string) bool {
	p = orNone(p)
	if name == "" || strings.ContainsAny(name, "=\x00") {
		return false
	}
	if p.all {
		return true
	}
	for _, r := range p.env {
		if r.match(name) {
			return true
		}
	}
	return false
}

const (
	notGranted   = "not granted"
	privateNamed = "not a public address, which a name rule does not grant"
)

var none Policy

func orNone(p *Policy) *Policy {
	if p == nil {
		return &none
	}
	return p
}

// target is the address and port of a request, as rules see them.
type target struct {
	addr  netip.Addr // unmapped, without zone
	zone  string
	port  uint16
	bind  bool // a local address, not a destination
	class class
}

func newTarget(ap netip.AddrPort, bind bool) target {
	addr := ap.Addr().Unmap()
	t := target{addr: addr.WithZone(""), zone: addr.Zone(), port: ap.Port(), bind: bind}
	t.class = classify(t.addr)
	return t
}

// malformed says why a request can be granted by nothing, not even All.
func (t *target) malformed() string {
	switch {
	case !t.addr.IsValid():
		return "no valid address"
	case !validZone(t.zone):
		return "the address has a malformed zone"
	}
	return ""
}

// reach decides on a destination.
func (p *Policy) reach(op, flag string, rules []netRule, dst netip.AddrPort, pins *Pins) error {
	t := newTarget(dst, false)
	if why := t.malformed(); why != "" {
		return &Denied{Op: op, Target: dst.String(), Reason: why}
	}
	if p.all && t.port == 0 {
		return nil // the kernel will refuse it
	}
	if p.all {
		return p.allowTarget(flag, &t, pins)
	}
	if t.port == 0 {
		return &Denied{Op: op, Target: t.text(), Reason: "port 0 is no destination"}
	}
	for i := range rules {
		if rules[i].grants(&t, pins) {
			return p.allowTarget(flag, &t, pins)
		}
	}
	return t.denied(op, flag, rules, pins)
}

// bind decides on a local address.
func (p *Policy) bind(op, flag string, rules []netRule, addr netip.AddrPort) error {
	t := newTarget(addr, true)
	if why := t.malformed(); why != "" {
		return &Denied{Op: op, Target: addr.String(), Reason: why}
	}
	if p.all {
		return p.allowTarget(flag, &t, nil)
	}
	for i := range rules {
		if rules[i].grants(&t, nil) {
			return p.allowTarget(flag, &t, nil)
		}
	}
	return t.denied(op, flag, rules, nil)
}

// allowTarget is allow without making up a rule that nobody wants to know.
func (p *Policy) allowTarget(flag string, t *target, pins *Pins) error {
	if p.used == nil {
		return nil
	}
	return p.allow(flag, t.rule(pins))
}

func (t *target) denied(op, flag string, rules []netRule, pins *Pins) *Denied {
	d := &Denied{Op: op, Target: t.text(), Flag: flag + "=" + t.rule(pins), Reason: notGranted}
	switch {
	case t.class.unspecified && t.bind:
	case t.class.special():
		d.Reason = t.class.why
	case t.class.private && named(rules, t, pins):
		d.Reason = privateNamed
	}
	return d
}

// named reports whether a name rule would grant t, were its address public.
func named(rules []netRule, t *target, pins *Pins) bool {
	for i := range rules {
		r := &rules[i]
		if r.kind == pinnedName && r.ports.has(t.port) && pins.match(r.name, t.addr) {
			return true
		}
	}
	return false
}

func (t *target) text() string {
	return netip.AddrPortFrom(t.addr.WithZone(t.zone), t.port).String()
}

// rule spells the narrowest rule that grants t. When the script got a public
// address by resolving a name, that is the name: addresses change.
func (t *target) rule(pins *Pins) string {
	ports := portRange{low: t.port, high: t.port}.text()
	if !t.class.special() && !t.class.private {
		if name := pins.newest(t.addr); name != "" && name != "localhost" {
			return name + ports
		}
	}
	prefix := netip.PrefixFrom(t.addr, t.addr.BitLen())
	if !t.class.special() || t.bind || t.zone != "" {
		return hostText(prefix, t.zone) + ports
	}
	// Spelled as a block, to show that this address is granted on purpose.
	if t.addr.Is6() {
		return "[" + prefix.String() + "]" + ports
	}
	return prefix.String() + ports
}
