package policy

import "net/netip"

// class is what an address is, whoever asks for it.
type class struct {
	why         string // why it is special; "" when it is not
	minBits     int    // the shortest prefix in a rule that grants it
	private     bool   // not public: out of reach for name rules
	unspecified bool   // 0.0.0.0 or ::
}

func (c *class) special() bool { return c.why != "" }

const (
	whyLinkLocal   = "a link-local address needs an address or CIDR rule"
	whyMetadata    = "a cloud metadata address needs an address or CIDR rule"
	whyUnspecified = "the unspecified address means this host and needs a rule of its own"
)

type span struct {
	prefix netip.Prefix
	why    string
}

// specialRanges lists what only address and CIDR rules grant. The metadata
// services are those that the clouds document outside of the link-local ranges.
var specialRanges = []span{
	{netip.MustParsePrefix("169.254.0.0/16"), whyLinkLocal}, // RFC 3927
	{netip.MustParsePrefix("fe80::/10"), whyLinkLocal},      // RFC 4291, 2.5.6
	{netip.MustParsePrefix("100.100.100.200/32"), whyMetadata},
	{netip.MustParsePrefix("168.63.129.16/32"), whyMetadata},
	{netip.MustParsePrefix("192.0.0.192/32"), whyMetadata},
	{netip.MustParsePrefix("fd00:42::42/128"), whyMetadata},
	{netip.MustParsePrefix("fd00:100::100:200/128"), whyMetadata},
	{netip.MustParsePrefix("fd00:a9fe:a9fe::1/128"), whyMetadata},
	{netip.MustParsePrefix("fd00:c1::a9fe:a9fe/128"), whyMetadata},
	{netip.MustParsePrefix("fd00:ec2::/32"), whyMetadata},
	{netip.MustParsePrefix("fd20:ce::254/128"), whyMetadata},
}

// notPublic4 is what RFC 6890 and the IANA IPv4 special-purpose registry do not
// list as globally reachable, and multicast.
var notPublic4 = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),       // this network, RFC 1122
	netip.MustParsePrefix("10.0.0.0/8"),      // RFC 1918
	netip.MustParsePrefix("100.64.0.0/10"),   // shared, RFC 6598
	netip.MustParsePrefix("127.0.0.0/8"),     // loopback
	netip.MustParsePrefix("169.254.0.0/16"),  // link-local
	netip.MustParsePrefix("172.16.0.0/12"),   // RFC 1918
	netip.MustParsePrefix("192.0.0.0/24"),    // IETF protocols
	netip.MustParsePrefix("192.0.2.0/24"),    // documentation, RFC 5737
	netip.MustParsePrefix("192.88.99.0/24"),  // 6to4 relays, RFC 7526
	netip.MustParsePrefix("192.168.0.0/16"),  // RFC 1918
	netip.MustParsePrefix("198.18.0.0/15"),   // benchmarks, RFC 2544
	netip.MustParsePrefix("198.51.100.0/24"), // documentation
	netip.MustParsePrefix("203.0.113.0/24"),  // documentation
	netip.MustParsePrefix("224.0.0.0/4"),     // multicast
	netip.MustParsePrefix("240.0.0.0/4"),     // reserved, and broadcast
}

// IPv6 is the other way round: what is not in public6 is not public, and so is
// what notPublic6 takes out of it.
var (
	public6 = []netip.Prefix{
		netip.MustParsePrefix("2000::/3"), // RFC 4291, 2.4
		nat64,
	}
	notPublic6 = []netip.Prefix{
		netip.MustParsePrefix("2001::/23"),     // IETF protocols, Teredo in it
		netip.MustParsePrefix("2001:db8::/32"), // documentation, RFC 3849
		netip.MustParsePrefix("3fff::/20"),     // documentation, RFC 9637
	}
)

// Where IPv6 addresses carry an IPv4 address.
var (
	compatible = netip.MustParsePrefix("::/96")           // RFC 4291, 2.5.5.1
	translated = netip.MustParsePrefix("::ffff:0:0:0/96") // SIIT, RFC 2765
	nat64      = netip.MustParsePrefix("64:ff9b::/96")    // RFC 6052
	nat64Local = netip.MustParsePrefix("64:ff9b:1::/48")  // RFC 8215
	sixToFour  = netip.MustParsePrefix("2002::/16")       // RFC 3056
	teredo     = netip.MustParsePrefix("2001::/32")       // RFC 4380
)

// classify takes an unmapped address without zone.
func classify(a netip.Addr) class {
	var c class
	if a.IsUnspecified() {
		c = class{why: whyUnspecified, minBits: a.BitLen(), unspecified: true}
	}
	for i := range specialRanges {
		if r := &specialRanges[i]; r.prefix.Contains(a) {
			c.why, c.minBits = r.why, r.prefix.Bits()
		}
	}
	if a.Is4() {
		c.private = within(notPublic4, a)
		return c
	}
	c.private = !within(public6, a) || within(notPublic6, a)
	c.addEmbedded(a)
	return c
}

// addEmbedded applies what the IPv4 addresses inside an IPv6 address are.
func (c *class) addEmbedded(a netip.Addr) {
	b := a.As16()
	switch {
	case compatible.Contains(a), translated.Contains(a), nat64.Contains(a):
		c.add([4]byte(b[12:]))
	case nat64Local.Contains(a):
		// The operator chose the length of the prefix below /48, which decides
		// where the IPv4 address is (RFC 6052, 2.2): try all. Zeros are padding.
		for _, inner := range [...][4]byte{
			{b[6], b[7], b[9], b[10]},
			{b[7], b[9], b[10], b[11]},
			{b[9], b[10], b[11], b[12]},
			{b[12], b[13], b[14], b[15]},
		} {
			if inner != [4]byte{} {
				c.add(inner)
			}
		}
	case sixToFour.Contains(a):
		c.add([4]byte(b[2:]))
	case teredo.Contains(a):
		c.add([4]byte(b[4:]))
		c.add([4]byte{^b[12], ^b[13], ^b[14], ^b[15]})
	}
	// ISATAP, RFC 5214, 6.1: below any prefix, link-local ones too.
	if b[8]&^2 == 0 && b[9] == 0 && b[10] == 0x5e && b[11] == 0xfe {
		c.add([4]byte(b[12:]))
	}
}

func (c *class) add(inner [4]byte) {
	in := classify(netip.AddrFrom4(inner))
	if in.special() {
		c.why, c.minBits = in.why, 128
	}
	c.private = c.private || in.private
}

func within(prefixes []netip.Prefix, a netip.Addr) bool {
	for _, p := range prefixes {
		if p.Contains(a) {
			return true
		}
	}
	return false
}
