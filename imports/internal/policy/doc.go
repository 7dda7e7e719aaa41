// Package policy decides what a sandbox may reach: TCP connect and listen,
// UDP, name resolution, Unix sockets, raw sockets and environment variables.
// It is pure: it opens nothing, resolves nothing and reads no clock. A host
// import asks, and calls the operating system only after a nil answer.
//
// Everything is denied unless a rule grants it. The zero Policy and a nil
// *Policy deny everything; a rule can only add, never take away, so the order
// of rules does not matter. A refusal is a *Denied, which satisfies
// errors.Is(err, fs.ErrPermission) and names the flag that would allow it.
//
// # Rules
//
// Rules are text, as the command line gives them.
//
//	listen, connect, udp   WHERE[:PORT], PORT a number or a range LOW-HIGH
//	  *  or  *:443, :443     every address, but for the special ones below
//	  10.0.0.1  [::1]:80     that address
//	  10.0.0.0/8:443         a CIDR block; [fd00::/8]:443 or fd00::/8:443
//	  [fe80::1%eth0]:80      with a zone: that zone only; without: any zone
//	  localhost:8080         this machine's loopback, see below
//	  db.internal:5432       what this name resolved to (connect and udp only)
//	  *.example.com:443      the same for every name below example.com
//	resolve                NAME, *.example.com, *
//	unix                   /run/app.sock, /run/app/ (all below it), @abstract, *
//	env                    NAME, PREFIX_*, *
//
// Without a port a rule is for any port. A CIDR block must have no bits set
// beyond its length. IPv6 needs brackets before a port, and also wherever
// its end would read as a port: ::1:80 is refused as ambiguous. A wildcard
// stands for one or more labels, so *.example.com does not grant example.com.
//
// IPv4 is four decimal numbers without leading zeros. The other spellings that
// inet_aton(3) takes (127.1, 0x7f000001, 017700000001, 2130706433) are errors
// everywhere, never names. See [ParseHost] and [NormalizeName].
//
// # What is judged
//
// The final address, not the text it came from. An IPv4-mapped IPv6 address
// (::ffff:10.0.0.1) is the IPv4 address, in rules and in requests. So a block
// of IPv6, even ::/0, never grants IPv4, nor the other way round. Zones are
// compared as text: the caller spells them as its users do, by interface name.
//
// # Names
//
// A name rule grants the addresses that this sandbox's own resolutions of
// matching names returned ([Pins]), at the rule's ports, and nothing else: an
// address literal that was not pinned is denied. A connect or UDP rule for a
// name includes the right to resolve it.
//
// DNS answers are written by strangers. So a name rule never grants an address
// that is not plainly public (DNS rebinding): for IPv4 the private, shared,
// loopback, multicast, reserved, benchmark and documentation blocks of RFC
// 6890 and RFC 6598, for IPv6 all outside 2000::/3 and 64:ff9b::/96, and some
// blocks inside. Such addresses need an address or CIDR rule.
//
// The name localhost is the exception, as everybody knows what it means (RFC
// 6761, 6.3): a rule for it grants 127.0.0.1 and ::1 as literals, and the rest
// of 127.0.0.0/8 when pinned by resolving localhost. It never grants an address
// that is not loopback, whatever a resolver says. In listen and udp rules it
// grants binding to 127.0.0.1 and ::1.
//
// # Special addresses
//
// Never granted by *, :PORT or a name, only by an address or CIDR rule:
//
//   - link-local: 169.254.0.0/16, fe80::/10 (the IPv4 block holds the metadata
//     service of most clouds)
//   - cloud metadata elsewhere: 100.100.100.200, 168.63.129.16, 192.0.0.192,
//     fd00:ec2::/32, fd20:ce::254 and others, see special.go
//   - 0.0.0.0 and :: as a destination, where they mean "this host" and would
//     slip past a rule about loopback
//
// A CIDR rule grants a special address only if the block lies within the
// special range: 169.254.0.0/16 and 169.254.169.254/32 do; 0.0.0.0/0 and
// 168.0.0.0/6 do not, and 100.64.0.0/10 grants all its addresses but
// 100.100.100.200. Who writes a wide block does not mean the metadata service.
// The unspecified addresses need a rule for that very address.
//
// An IPv6 address with an IPv4 address inside that some translator or tunnel
// would deliver to (NAT64 RFC 6052 and RFC 8215, SIIT, 6to4, Teredo, ISATAP,
// IPv4-compatible) is special, or not public, when the inner address is. Being
// special it needs a rule for exactly that IPv6 address. An operator's own
// NAT64 prefix cannot be recognised.
//
// # Binding
//
// Binding to 0.0.0.0 or :: opens the port on every interface. It is granted by
// a rule for that very address, by * and by :PORT, never by a CIDR block. [::]
// and 0.0.0.0 are separate rules, though the system may serve IPv4 on a :: socket
// too. Names other than localhost are errors in listen rules, and grant no
// binding in udp rules.
//
// # Ports
//
// Port 0 asks the system for any free port: a request for it is granted by a
// rule for port 0 or without a port, not by :8080 nor by a range. A destination
// of port 0 is always denied, and in a connect rule it is an error.
//
// # Unix sockets
//
// Paths are absolute and compared after lexical cleaning, so ".." cannot leave
// a directory rule. The kernel also follows symbolic links, which this package
// cannot see: the caller has to resolve them, or keep them out of the granted
// directories, and must hand the kernel the path that [CleanPath] returned, as
// "link/.." cleaned and followed are different places. A path that starts with
// "@" is an abstract name, compared byte for byte; a file of such a name must be
// given by absolute path.
//
// # All
//
// [Config.All] grants every well-formed request, special addresses included.
// Malformed ones (no address, a name with a space, an empty path) stay denied.
package policy
