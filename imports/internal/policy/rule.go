package policy

import (
	"net/netip"
	"strconv"
	"strings"
)

// netRule grants some ports of some addresses.
type netRule struct {
	kind   hostKind
	ports  portRange
	prefix netip.Prefix // inPrefix; a single address is a full-length prefix
	zone   string       // inPrefix: "" is any zone
	name   namePattern  // pinnedName
}

type hostKind uint8

const (
	noHost     hostKind = iota // the zero rule grants nothing
	anyHost                    // *
	inPrefix                   // address or CIDR block
	localhost                  // the name localhost
	pinnedName                 // any other name or wildcard
)

// grants reports whether the rule allows t. pins may be nil.
func (r *netRule) grants(t *target, pins *Pins) bool {
	if !r.ports.has(t.port) {
		return false
	}
	switch r.kind {
	case anyHost:
		return !t.class.special() || t.bind && t.class.unspecified
	case inPrefix:
		return r.prefix.Contains(t.addr) &&
			(r.zone == "" || r.zone == t.zone) &&
			r.prefix.Bits() >= t.class.minBits
	case localhost:
		return t.addr == loopback4 || t.addr == loopback6 ||
			t.addr.IsLoopback() && pins.has("localhost", t.addr)
	case pinnedName:
		return !t.class.special() && !t.class.private && pins.match(r.name, t.addr)
	}
	return false
}

var (
	loopback4 = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	loopback6 = netip.IPv6Loopback()
)

func (r netRule) text() string {
	host := "*"
	switch r.kind {
	case inPrefix:
		host = hostText(r.prefix, r.zone)
	case localhost:
		host = "localhost"
	case pinnedName:
		host = r.name.text()
	}
	return host + r.ports.text()
}

// hostText spells an address or block so that a port can follow.
func hostText(prefix netip.Prefix, zone string) string {
	var s string
	if prefix.IsSingleIP() {
		s = prefix.Addr().WithZone(zone).String()
	} else {
		s = prefix.String()
	}
	if prefix.Addr().Is6() {
		return "[" + s + "]"
	}
	return s
}

// portRange is low..high, both included, or any port at all. Port 0 only ever
// stands alone: {0, 0} is a request for a free port.
type portRange struct {
	any       bool
	low, high uint16
}

func (r portRange) has(port uint16) bool {
	return r.any || r.low <= port && port <= r.high
}

func (r portRange) text() string {
	switch {
	case r.any:
		return ""
	case r.low == r.high:
		return ":" + strconv.Itoa(int(r.low))
	}
	return ":" + strconv.Itoa(int(r.low)) + "-" + strconv.Itoa(int(r.high))
}

// namePattern is a normalised name, or what a name must end with.
type namePattern struct {
	name   string // "db.internal"; with suffix set ".example.com", or "" for *
	suffix bool
}

// match takes a normalised name, which never starts with a dot: a suffix always
// has at least one label before it.
func (n namePattern) match(name string) bool {
	if n.suffix {
		return strings.HasSuffix(name, n.name)
	}
	return name == n.name
}

func (n namePattern) text() string {
	if n.suffix {
		return "*" + n.name
	}
	return n.name
}
