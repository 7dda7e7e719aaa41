package policy

import (
	"errors"
	"io/fs"
	"net/netip"
	"strings"
	"testing"
)

// Each case: the rules ("KIND=VALUE" by spaces; "all", "raw"), one request
// ("KIND TARGET"), what the sandbox resolved before ("NAME=ADDR,ADDR" by
// spaces), and whether the request is granted.
type decision struct {
	rules, request, pins string
	allow                bool
	reason               string
}

const (
	yes = true
	no  = false
)

var decisions = []decision{
	// Nothing granted.
	{"", "connect 10.0.0.1:443", "", no, "deny by default"},
	{"", "listen 127.0.0.1:8080", "", no, "deny by default"},
	{"", "udp-bind 127.0.0.1:53", "", no, "deny by default"},
	{"", "udp-send 127.0.0.1:53", "", no, "deny by default"},
	{"", "udp-connect 127.0.0.1:53", "", no, "deny by default"},
	{"", "resolve db.internal", "", no, "deny by default"},
	{"", "unix-connect /run/app.sock", "", no, "deny by default"},
	{"", "unix-bind @app", "", no, "deny by default"},
	{"", "raw", "", no, "deny by default"},
	{"", "env HOME", "", no, "deny by default"},
	{"", "connect 93.184.216.34:443", "example.com=93.184.216.34", no, "a pin alone grants nothing"},

	// Kinds do not leak into each other.
	{"connect=*", "listen 127.0.0.1:8080", "", no, "connect is not listen"},
	{"listen=*", "connect 127.0.0.1:8080", "", no, "listen is not connect"},
	{"connect=*", "udp-send 8.8.8.8:53", "", no, "connect is not UDP"},
	{"udp=*", "connect 8.8.8.8:53", "", no, "UDP is not connect"},
	{"listen=*", "udp-bind 127.0.0.1:53", "", no, "listen is not UDP"},
	{"connect=db.internal", "resolve db.internal", "", yes, "a rule to reach a name includes resolving it"},
	{"resolve=*", "connect 93.184.216.34:443", "example.com=93.184.216.34", no, "resolving is not connecting"},
	{"connect=* listen=* udp=* resolve=* unix=* env=*", "raw", "", no, "raw is its own right"},
	{"raw", "connect 8.8.8.8:53", "", no, "raw grants only raw"},

	// All.
	{"all", "connect 169.254.169.254:80", "", yes, "all includes special addresses"},
	{"all", "connect 0.0.0.0:80", "", yes, "all includes unspecified"},
	{"all", "connect 10.0.0.1:0", "", yes, "all includes port 0"},
	{"all", "connect [fe80::1%eth0]:80", "", yes, "all includes link-local"},
	{"all", "listen 0.0.0.0:0", "", yes, "all"},
	{"all", "udp-bind [::]:53", "", yes, "all"},
	{"all", "udp-send 255.255.255.255:9", "", yes, "all"},
	{"all", "udp-connect 169.254.169.254:53", "", yes, "all"},
	{"all", "resolve Example.COM.", "", yes, "all"},
	{"all", "unix-bind @app", "", yes, "all"},
	{"all", "unix-connect /run/../etc/x", "", yes, "all"},
	{"all", "raw", "", yes, "all"},
	{"all", "env SECRET", "", yes, "all"},
	{"all", "connect invalid", "", no, "all needs an address"},
	{"all", "listen invalid", "", no, "all needs an address"},
	{"all", "resolve a b", "", no, "all needs a name"},
	{"all", "unix-connect ", "", no, "all needs a path"},
	{"all", "env A=B", "", no, "no such variable"},

	// Connect: one address.
	{"connect=10.0.0.1:443", "connect 10.0.0.1:443", "", yes, "exact"},
	{"connect=10.0.0.1:443", "connect 10.0.0.1:444", "", no, "other port"},
	{"connect=10.0.0.1:443", "connect 10.0.0.2:443", "", no, "other address"},
	{"connect=10.0.0.1", "connect 10.0.0.1:1", "", yes, "any port, lowest"},
	{"connect=10.0.0.1", "connect 10.0.0.1:65535", "", yes, "any port, highest"},
	{"connect=10.0.0.1", "connect 10.0.0.1:0", "", no, "port 0 is no destination"},
	{"connect=10.0.0.1:65535", "connect 10.0.0.1:65535", "", yes, "highest port"},
	{"connect=10.0.0.1:80-90", "connect 10.0.0.1:80", "", yes, "range, low edge"},
	{"connect=10.0.0.1:80-90", "connect 10.0.0.1:90", "", yes, "range, high edge"},
	{"connect=10.0.0.1:80-90", "connect 10.0.0.1:79", "", no, "below range"},
	{"connect=10.0.0.1:80-90", "connect 10.0.0.1:91", "", no, "above range"},
	{"connect=10.0.0.1:443", "connect [::ffff:10.0.0.1]:443", "", yes, "mapped is IPv4"},
	{"connect=[::ffff:10.0.0.1]:443", "connect 10.0.0.1:443", "", yes, "mapped rule is IPv4"},
	{"connect=[::ffff:a00:1]:443", "connect [::ffff:10.0.0.1]:443", "", yes, "mapped in hex"},
	{"connect=10.0.0.1:443", "connect [::10.0.0.1]:443", "", no, "IPv4-compatible is IPv6"},
	{"connect=10.0.0.1:443", "connect [64:ff9b::10.0.0.1]:443", "", no, "NAT64 is IPv6"},
	{"connect=[::1]:80", "connect [::1]:80", "", yes, "IPv6"},
	{"connect=::1", "connect [::1]:80", "", yes, "IPv6 without brackets, any port"},
	{"connect=[::1]", "connect [::1]:80", "", yes, "IPv6 in brackets, any port"},
	{"connect=[::1]:80", "connect 127.0.0.1:80", "", no, "::1 is not 127.0.0.1"},
	{"connect=127.0.0.1:80", "connect [::1]:80", "", no, "127.0.0.1 is not ::1"},
	{"connect=127.0.0.1:80", "connect 127.0.0.2:80", "", no, "one loopback address is not all"},
	{"connect=[2001:DB8:0:0::1]:80", "connect [2001:db8::1]:80", "", yes, "spelling of IPv6"},
	{"connect=10.0.0.1:80 connect=10.0.0.2:81", "connect 10.0.0.2:81", "", yes, "second rule"},
	{"connect=10.0.0.1:80 connect=10.0.0.2:81", "connect 10.0.0.2:80", "", no, "rules do not mix"},

	// Connect: CIDR.
	{"connect=10.0.0.0/8:443", "connect 10.0.0.0:443", "", yes, "first of block"},
	{"connect=10.0.0.0/8:443", "connect 10.255.255.255:443", "", yes, "last of block"},
	{"connect=10.0.0.0/8:443", "connect 9.255.255.255:443", "", no, "just below"},
	{"connect=10.0.0.0/8:443", "connect 11.0.0.0:443", "", no, "just above"},
	{"connect=10.0.0.0/8:443", "connect 10.1.2.3:80", "", no, "other port"},
	{"connect=10.0.0.0/8", "connect 10.1.2.3:80", "", yes, "any port"},
	{"connect=192.168.1.128/25:1-1023", "connect 192.168.1.128:1023", "", yes, "block and range"},
	{"connect=192.168.1.128/25:1-1023", "connect 192.168.1.127:1023", "", no, "below block"},
	{"connect=10.0.0.1/32:443", "connect 10.0.0.1:443", "", yes, "block of one"},
	{"connect=10.0.0.0/31", "connect 10.0.0.2:1", "", no, "above a /31"},
	{"connect=10.0.0.0/8", "connect [::ffff:10.9.9.9]:80", "", yes, "mapped in block"},
	{"connect=::ffff:10.0.0.0/104", "connect 10.9.9.9:80", "", yes, "mapped block is IPv4"},
	{"connect=::ffff:10.0.0.0/104", "connect 11.0.0.0:80", "", no, "outside mapped block"},
	{"connect=0.0.0.0/0", "connect 8.8.8.8:53", "", yes, "all of IPv4"},
	{"connect=0.0.0.0/0", "connect 127.0.0.1:53", "", yes, "loopback is not special for blocks"},
	{"connect=0.0.0.0/0", "connect [2001:4860::1]:53", "", no, "IPv4 block, IPv6 address"},
	{"connect=::/0", "connect [2001:4860::1]:53", "", yes, "all of IPv6"},
	{"connect=::/0", "connect 8.8.8.8:53", "", no, "IPv6 block, IPv4 address"},
	{"connect=::/0", "connect [::ffff:8.8.8.8]:53", "", no, "mapped is not in ::/0"},
	{"connect=fd00::/8:443", "connect [fd12::1]:443", "", yes, "IPv6 block, port without brackets"},
	{"connect=[fd00::/8]:443", "connect [fd12::1]:443", "", yes, "IPv6 block in brackets"},
	{"connect=[fd00::/8]:443", "connect [fc00::1]:443", "", no, "outside fd00::/8"},
	{"connect=2001:db8::/127", "connect [2001:db8::1]:9", "", yes, "IPv6 edge"},
	{"connect=2001:db8::/127", "connect [2001:db8::2]:9", "", no, "IPv6 just above"},

	// Connect: everything.
	{"connect=*", "connect 8.8.8.8:443", "", yes, "star"},
	{"connect=*", "connect 10.0.0.1:443", "", yes, "star covers private"},
	{"connect=*", "connect 127.0.0.1:443", "", yes, "star covers loopback"},
	{"connect=*", "connect [::1]:443", "", yes, "star covers ::1"},
	{"connect=*:443", "connect 8.8.8.8:443", "", yes, "star with port"},
	{"connect=*:443", "connect 8.8.8.8:80", "", no, "star with other port"},
	{"connect=:443", "connect 8.8.8.8:443", "", yes, "empty host is star"},
	{"connect=:1-1024", "connect 8.8.8.8:1025", "", no, "outside range"},
	{"connect=*", "connect 8.8.8.8:0", "", no, "port 0 is no destination"},
	{"connect=*", "connect invalid", "", no, "no address"},

	// Special addresses.
	{"connect=*", "connect 169.254.169.254:80", "", no, "metadata, not by star"},
	{"connect=*:80", "connect 169.254.169.254:80", "", no, "metadata, not by star with port"},
	{"connect=:80", "connect 169.254.169.254:80", "", no, "metadata, not by port"},
	{"connect=169.254.169.254", "connect 169.254.169.254:80", "", yes, "metadata by address"},
	{"connect=169.254.169.254/32:80", "connect 169.254.169.254:80", "", yes, "metadata by block of one"},
	{"connect=169.254.0.0/16:80", "connect 169.254.169.254:80", "", yes, "metadata by link-local block"},
	{"connect=169.254.169.0/24:80", "connect 169.254.169.254:80", "", yes, "metadata by block inside"},
	{"connect=169.254.0.0/15:80", "connect 169.254.169.254:80", "", no, "block wider than link-local"},
	{"connect=0.0.0.0/0", "connect 169.254.169.254:80", "", no, "0.0.0.0/0 is not on purpose"},
	{"connect=128.0.0.0/1", "connect 169.254.1.1:80", "", no, "nor is /1"},
	{"connect=*", "connect 169.254.0.0:80", "", no, "first link-local"},
	{"connect=*", "connect 169.254.255.255:80", "", no, "last link-local"},
	{"connect=*", "connect 169.253.255.255:80", "", yes, "just below link-local"},
	{"connect=*", "connect 169.255.0.0:80", "", yes, "just above link-local"},
	{"connect=*", "connect [::ffff:169.254.169.254]:80", "", no, "mapped metadata"},
	{"connect=*", "connect [::ffff:a9fe:a9fe]:80", "", no, "mapped metadata in hex"},
	{"connect=169.254.169.254:80", "connect [::ffff:169.254.169.254]:80", "", yes, "mapped metadata by address"},
	{"connect=*", "connect [::169.254.169.254]:80", "", no, "IPv4-compatible metadata"},
	{"connect=*", "connect [::ffff:0:169.254.169.254]:80", "", no, "SIIT metadata"},
	{"connect=*", "connect [64:ff9b::169.254.169.254]:80", "", no, "NAT64 metadata"},
	{"connect=*", "connect [64:ff9b::8.8.8.8]:80", "", yes, "NAT64 public"},
	{"connect=*", "connect [64:ff9b::10.0.0.1]:80", "", yes, "NAT64 private, as star covers private"},
	{"connect=64:ff9b::/96", "connect [64:ff9b::169.254.169.254]:80", "", no, "NAT64 block is not on purpose"},
	{"connect=64:ff9b::/96", "connect [64:ff9b::8.8.8.8]:80", "", yes, "NAT64 block"},
	{"connect=[64:ff9b::a9fe:a9fe]:80", "connect [64:ff9b::169.254.169.254]:80", "", yes, "NAT64 metadata by address"},
	{"connect=*", "connect [64:ff9b:1::169.254.169.254]:80", "", no, "local NAT64 /96"},
	{"connect=*", "connect [64:ff9b:1:a9fe:a9:fe00::]:80", "", no, "local NAT64 /48"},
	{"connect=*", "connect [64:ff9b:1:a9:fe:a9fe::]:80", "", no, "local NAT64 /56"},
	{"connect=*", "connect [64:ff9b:1:0:a9:fea9:fe00:0]:80", "", no, "local NAT64 /64"},
	{"connect=*", "connect [64:ff9b:1::8.8.8.8]:80", "", yes, "local NAT64 public"},
	{"connect=*", "connect [2002:a9fe:a9fe::1]:80", "", no, "6to4 metadata"},
	{"connect=*", "connect [2002:808:808::1]:80", "", yes, "6to4 public"},
	{"connect=*", "connect [2001:0:a9fe:a9fe::1]:80", "", no, "Teredo server metadata"},
	{"connect=*", "connect [2001:0:808:808:0:0:5601:5601]:80", "", no, "Teredo client metadata, inverted"},
	{"connect=*", "connect [2a00::5efe:169.254.169.254]:80", "", no, "ISATAP metadata"},
	{"connect=*", "connect [2a00::200:5efe:169.254.169.254]:80", "", no, "ISATAP metadata, global bit"},
	{"connect=*", "connect [2a00::5efe:8.8.8.8]:80", "", yes, "ISATAP public"},
	{"connect=*", "connect [fe80::1]:80", "", no, "link-local, not by star"},
	{"connect=*", "connect [fe80::1%eth0]:80", "", no, "link-local with zone"},
	{"connect=*", "connect [febf::1]:80", "", no, "last of fe80::/10"},
	{"connect=*", "connect [fec0::1]:80", "", yes, "above fe80::/10"},
	{"connect=fe80::/10", "connect [fe80::1%eth0]:80", "", yes, "link-local block, any zone"},
	{"connect=fe80::/9", "connect [fe80::1]:80", "", no, "block wider than link-local"},
	{"connect=::/0", "connect [fe80::1]:80", "", no, "::/0 is not on purpose"},
	{"connect=[fe80::1]:80", "connect [fe80::1%eth0]:80", "", yes, "rule without zone is any zone"},
	{"connect=[fe80::1%eth0]:80", "connect [fe80::1%eth0]:80", "", yes, "same zone"},
	{"connect=[fe80::1%eth0]:80", "connect [fe80::1%eth1]:80", "", no, "other zone"},
	{"connect=[fe80::1%eth0]:80", "connect [fe80::1]:80", "", no, "zone missing"},
	{"connect=*", "connect [2a00::1%e:0]:80", "", no, "malformed zone"},
	{"connect=*", "connect 100.100.100.200:80", "", no, "metadata in shared space"},
	{"connect=100.64.0.0/10", "connect 100.100.100.200:80", "", no, "shared space is not on purpose"},
	{"connect=100.64.0.0/10", "connect 100.100.100.201:80", "", yes, "shared space"},
	{"connect=100.100.100.200", "connect 100.100.100.200:80", "", yes, "metadata by address"},
	{"connect=*", "connect 168.63.129.16:80", "", no, "metadata in public space"},
	{"connect=*", "connect 168.63.129.17:80", "", yes, "beside it"},
	{"connect=*", "connect 192.0.0.192:80", "", no, "metadata in IETF space"},
	{"connect=*", "connect [fd00:ec2::254]:80", "", no, "metadata over IPv6"},
	{"connect=fd00::/8", "connect [fd00:ec2::254]:80", "", no, "ULA block is not on purpose"},
	{"connect=[fd00:ec2::/32]:80", "connect [fd00:ec2::254]:80", "", yes, "its own block"},
	{"connect=*", "connect [fd20:ce::254]:80", "", no, "metadata over IPv6"},
	{"connect=[fd20:ce::254]:80", "connect [fd20:ce::254]:80", "", yes, "by address"},
	{"connect=*", "connect [fd00:c1::a9fe:a9fe]:80", "", no, "metadata over IPv6"},
	{"connect=*", "connect [fd00:42::42]:80", "", no, "metadata over IPv6"},
	{"connect=*", "connect [fd00:100::100:200]:80", "", no, "metadata over IPv6"},
	{"connect=*", "connect [fd00:a9fe:a9fe::1]:80", "", no, "metadata over IPv6"},

	// Unspecified as destination: this host.
	{"connect=*", "connect 0.0.0.0:80", "", no, "not by star"},
	{"connect=*", "connect [::]:80", "", no, "not by star"},
	{"connect=:80", "connect 0.0.0.0:80", "", no, "not by port"},
	{"connect=127.0.0.0/8", "connect 0.0.0.0:80", "", no, "not by loopback rules"},
	{"connect=localhost", "connect 0.0.0.0:80", "", no, "not by localhost"},
	{"connect=0.0.0.0/0", "connect 0.0.0.0:80", "", no, "not by a wide block"},
	{"connect=0.0.0.0/8", "connect 0.0.0.0:80", "", no, "not even by its block"},
	{"connect=0.0.0.0:80", "connect 0.0.0.0:80", "", yes, "by address"},
	{"connect=[::]:80", "connect [::]:80", "", yes, "by address"},
	{"connect=[::]:80", "connect 0.0.0.0:80", "", no, "not across families"},
	{"connect=*", "connect [::ffff:0.0.0.0]:80", "", no, "mapped"},
	{"connect=*", "connect 0.0.0.1:80", "", yes, "rest of 0.0.0.0/8 is only not public"},

	// Name rules.
	{"connect=db.internal:5432", "connect 93.184.216.34:5432", "db.internal=93.184.216.34", yes, "pinned"},
	{"connect=db.internal:5432", "connect [::ffff:93.184.216.34]:5432", "db.internal=93.184.216.34", yes, "pinned, asked as mapped"},
	{"connect=db.internal:5432", "connect 93.184.216.34:5432", "db.internal=::ffff:93.184.216.34", yes, "pinned as mapped"},
	{"connect=db.internal:5432", "connect 93.184.216.34:5433", "db.internal=93.184.216.34", no, "other port"},
	{"connect=db.internal:5432", "connect 93.184.216.34:5432", "", no, "literal without pin"},
	{"connect=db.internal:5432", "connect 93.184.216.34:5432", "other.internal=93.184.216.34", no, "pinned by another name"},
	{"connect=db.internal:5432", "connect 93.184.216.35:5432", "db.internal=93.184.216.34", no, "not in the answer"},
	{"connect=db.internal:5432", "connect 93.184.216.35:5432", "db.internal=93.184.216.34,93.184.216.35", yes, "second in the answer"},
	{"connect=db.internal", "connect 93.184.216.34:0", "db.internal=93.184.216.34", no, "port 0"},
	{"connect=DB.Internal.:5432", "connect 93.184.216.34:5432", "db.INTERNAL=93.184.216.34", yes, "case and trailing dot"},
	{"connect=db.internal:5432", "connect 93.184.216.34:5432", "db.internal.=93.184.216.34", yes, "trailing dot when resolved"},
	{"connect=db.internal", "connect [2606:2800::1]:443", "db.internal=2606:2800::1", yes, "IPv6"},
	{"connect=*.example.com:443", "connect 93.184.216.34:443", "a.example.com=93.184.216.34", yes, "wildcard"},
	{"connect=*.example.com:443", "connect 93.184.216.34:443", "a.b.c.example.com=93.184.216.34", yes, "wildcard, many labels"},
	{"connect=*.example.com:443", "connect 93.184.216.34:443", "example.com=93.184.216.34", no, "apex"},
	{"connect=*.example.com:443", "connect 93.184.216.34:443", "badexample.com=93.184.216.34", no, "suffix without dot"},
	{"connect=*.example.com:443", "connect 93.184.216.34:443", "a.example.com.evil.net=93.184.216.34", no, "suffix in the middle"},
	{"connect=*.example.com:443", "connect 93.184.216.34:80", "a.example.com=93.184.216.34", no, "wildcard, other port"},
	{"connect=*.EXAMPLE.com.:443", "connect 93.184.216.34:443", "A.example.COM.=93.184.216.34", yes, "wildcard, case"},
	{"connect=a.example.com", "connect 93.184.216.34:443", "b.a.example.com=93.184.216.34", no, "a name is no suffix"},
	{"connect=db.internal", "connect 10.0.0.5:5432", "db.internal=10.0.0.5", no, "rebinding to private"},
	{"connect=db.internal connect=10.0.0.0/8", "connect 10.0.0.5:5432", "db.internal=10.0.0.5", yes, "private by its own rule"},
	{"connect=a.example", "connect 127.0.0.1:80", "a.example=127.0.0.1", no, "rebinding to loopback"},
	{"connect=a.example", "connect [::1]:80", "a.example=::1", no, "rebinding to ::1"},
	{"connect=a.example", "connect 169.254.169.254:80", "a.example=169.254.169.254", no, "rebinding to metadata"},
	{"connect=a.example", "connect [::ffff:169.254.169.254]:80", "a.example=::ffff:169.254.169.254", no, "rebinding to mapped metadata"},
	{"connect=*.example.com", "connect 168.63.129.16:80", "a.example.com=168.63.129.16", no, "rebinding to public metadata"},
	{"connect=a.example", "connect 0.0.0.0:80", "a.example=0.0.0.0", no, "rebinding to unspecified"},
	{"connect=a.example", "connect 0.1.2.3:80", "a.example=0.1.2.3", no, "0.0.0.0/8"},
	{"connect=a.example", "connect 172.16.0.1:80", "a.example=172.16.0.1", no, "RFC 1918"},
	{"connect=a.example", "connect 172.31.255.255:80", "a.example=172.31.255.255", no, "last of RFC 1918"},
	{"connect=a.example", "connect 172.32.0.0:80", "a.example=172.32.0.0", yes, "just above RFC 1918"},
	{"connect=a.example", "connect 192.168.0.1:80", "a.example=192.168.0.1", no, "RFC 1918"},
	{"connect=a.example", "connect 100.64.0.1:80", "a.example=100.64.0.1", no, "shared"},
	{"connect=a.example", "connect 100.128.0.0:80", "a.example=100.128.0.0", yes, "just above shared"},
	{"connect=a.example", "connect 198.19.255.255:80", "a.example=198.19.255.255", no, "benchmark"},
	{"connect=a.example", "connect 203.0.113.1:80", "a.example=203.0.113.1", no, "documentation"},
	{"connect=a.example", "connect 224.0.0.1:80", "a.example=224.0.0.1", no, "multicast"},
	{"connect=a.example", "connect 255.255.255.255:80", "a.example=255.255.255.255", no, "broadcast"},
	{"connect=a.example", "connect [fd12::1]:80", "a.example=fd12::1", no, "ULA"},
	{"connect=a.example", "connect [ff02::1]:80", "a.example=ff02::1", no, "multicast"},
	{"connect=a.example", "connect [2001:db8::1]:80", "a.example=2001:db8::1", no, "documentation"},
	{"connect=a.example", "connect [64:ff9b::8.8.8.8]:80", "a.example=64:ff9b::808:808", yes, "DNS64 of a public address"},
	{"connect=a.example", "connect [64:ff9b::10.0.0.1]:80", "a.example=64:ff9b::a00:1", no, "DNS64 of a private address"},
	{"connect=a.example", "connect [2002:7f00:1::]:80", "a.example=2002:7f00:1::", no, "6to4 of loopback"},
	{"connect=a.example", "connect [2a00::5efe:10.0.0.1]:80", "a.example=2a00::5efe:10.0.0.1", no, "ISATAP of private"},
	{"connect=a.example", "connect [::7f00:1]:80", "a.example=::127.0.0.1", no, "compatible loopback"},
	{"connect=a.example", "connect 192.0.0.8:80", "a.example=192.0.0.8", no, "IETF protocols"},
	{"connect=a.example", "connect 192.0.2.1:80", "a.example=192.0.2.1", no, "documentation"},
	{"connect=a.example", "connect 198.51.100.1:80", "a.example=198.51.100.1", no, "documentation"},
	{"connect=a.example", "connect 192.88.99.1:80", "a.example=192.88.99.1", no, "6to4 relays"},
	{"connect=a.example", "connect [3fff:fff::1]:80", "a.example=3fff:fff::1", no, "documentation"},
	{"connect=a.example", "connect [2001:1ff::1]:80", "a.example=2001:1ff::1", no, "last of 2001::/23"},
	{"connect=a.example", "connect [2001:200::1]:80", "a.example=2001:200::1", yes, "just above"},
	{"connect=a.example", "connect [4000::1]:80", "a.example=4000::1", no, "above 2000::/3"},
	{"connect=a.example", "connect [::8.8.8.8]:80", "a.example=::8.8.8.8", no, "compatible, though the inner one is public"},
	{"connect=a.example", "connect [2a00::1%eth0]:80", "a.example=2a00::1%eth1", yes, "pins have no zone"},
	{"connect=a.example", "connect [fe80::1%eth0]:80", "a.example=fe80::1%eth0", no, "link-local"},

	// localhost.
	{"connect=localhost:8080", "connect 127.0.0.1:8080", "", yes, "literal"},
	{"connect=localhost:8080", "connect [::1]:8080", "", yes, "literal"},
	{"connect=localhost:8080", "connect [::ffff:127.0.0.1]:8080", "", yes, "mapped literal"},
	{"connect=localhost:8080", "connect 127.0.0.1:8081", "", no, "other port"},
	{"connect=localhost", "connect 127.0.0.2:80", "", no, "another loopback address, not pinned"},
	{"connect=localhost", "connect 127.0.0.2:80", "localhost=127.0.0.2", yes, "pinned by localhost"},
	{"connect=localhost", "connect 127.0.0.2:80", "a.example=127.0.0.2", no, "pinned by another name"},
	{"connect=localhost", "connect 8.8.8.8:80", "localhost=8.8.8.8", no, "localhost is only loopback"},
	{"connect=localhost", "connect 10.0.0.1:80", "localhost=10.0.0.1", no, "localhost is only loopback"},
	{"connect=LocalHost.", "connect 127.0.0.1:80", "", yes, "case and trailing dot"},
	{"connect=*.localhost", "connect 127.0.0.1:80", "a.localhost=127.0.0.1", no, "only localhost itself"},

	// Listen.
	{"listen=127.0.0.1:8080", "listen 127.0.0.1:8080", "", yes, "exact"},
	{"listen=127.0.0.1:8080", "listen 127.0.0.1:8081", "", no, "other port"},
	{"listen=127.0.0.1:8080", "listen 0.0.0.0:8080", "", no, "all interfaces are more than one"},
	{"listen=127.0.0.1:8080", "listen [::]:8080", "", no, "all interfaces are more than one"},
	{"listen=127.0.0.1:8080", "listen [::ffff:127.0.0.1]:8080", "", yes, "mapped"},
	{"listen=127.0.0.1", "listen 127.0.0.1:0", "", yes, "any port includes a free one"},
	{"listen=127.0.0.1:0", "listen 127.0.0.1:0", "", yes, "free port"},
	{"listen=127.0.0.1:0", "listen 127.0.0.1:1", "", no, "a free port is not a chosen one"},
	{"listen=127.0.0.1:8080", "listen 127.0.0.1:0", "", no, "a given port is not a free one"},
	{"listen=127.0.0.1:1-65535", "listen 127.0.0.1:0", "", no, "a range has no port 0"},
	{"listen=:8080", "listen 127.0.0.1:8080", "", yes, "port on any address"},
	{"listen=:8080", "listen 0.0.0.0:8080", "", yes, "port on all interfaces"},
	{"listen=:8080", "listen [::]:8080", "", yes, "port on all interfaces"},
	{"listen=:8080", "listen [::]:0", "", no, "not a free port"},
	{"listen=:0", "listen 0.0.0.0:0", "", yes, "free port anywhere"},
	{"listen=*", "listen 0.0.0.0:80", "", yes, "star"},
	{"listen=*", "listen [::]:0", "", yes, "star"},
	{"listen=*", "listen 169.254.1.1:80", "", no, "link-local, not by star"},
	{"listen=169.254.0.0/16:80", "listen 169.254.1.1:80", "", yes, "link-local by block"},
	{"listen=*", "listen [fe80::1%eth0]:80", "", no, "link-local, not by star"},
	{"listen=[fe80::1%eth0]:80", "listen [fe80::1%eth0]:80", "", yes, "link-local by address"},
	{"listen=0.0.0.0:8080", "listen 0.0.0.0:8080", "", yes, "unspecified by address"},
	{"listen=0.0.0.0:8080", "listen [::ffff:0.0.0.0]:8080", "", yes, "mapped unspecified"},
	{"listen=0.0.0.0:8080", "listen [::]:8080", "", no, "not across families"},
	{"listen=0.0.0.0:8080", "listen 127.0.0.1:8080", "", no, "only that very address"},
	{"listen=[::]:8080", "listen [::]:8080", "", yes, "unspecified by address"},
	{"listen=0.0.0.0/0:8080", "listen 0.0.0.0:8080", "", no, "unspecified not by block"},
	{"listen=0.0.0.0/8:8080", "listen 0.0.0.0:8080", "", no, "unspecified not by block"},
	{"listen=0.0.0.0/0:8080", "listen 192.168.1.5:8080", "", yes, "block"},
	{"listen=10.0.0.0/8:80", "listen 10.1.2.3:80", "", yes, "block"},
	{"listen=10.0.0.0/8:80", "listen 11.0.0.1:80", "", no, "outside block"},
	{"listen=[::1]:80", "listen [::1]:80", "", yes, "IPv6"},
	{"listen=localhost:80", "listen 127.0.0.1:80", "", yes, "localhost"},
	{"listen=localhost:80", "listen [::1]:80", "", yes, "localhost"},
	{"listen=localhost:80", "listen 127.0.0.2:80", "", no, "localhost is two addresses"},
	{"listen=localhost:80", "listen 0.0.0.0:80", "", no, "localhost is not all interfaces"},
	{"listen=*", "listen invalid", "", no, "no address"},

	// UDP.
	{"udp=*", "udp-send 8.8.8.8:53", "", yes, "star"},
	{"udp=*", "udp-connect 8.8.8.8:53", "", yes, "star"},
	{"udp=*", "udp-bind 0.0.0.0:0", "", yes, "star"},
	{"udp=*", "udp-send 255.255.255.255:9", "", yes, "star covers broadcast"},
	{"udp=*", "udp-send 169.254.169.254:53", "", no, "special, not by star"},
	{"udp=*", "udp-send 8.8.8.8:0", "", no, "port 0"},
	{"udp=10.0.0.53:53", "udp-send 10.0.0.53:53", "", yes, "address"},
	{"udp=10.0.0.53:53", "udp-connect [::ffff:10.0.0.53]:53", "", yes, "mapped"},
	{"udp=10.0.0.53:53", "udp-send 10.0.0.53:54", "", no, "other port"},
	{"udp=10.0.0.53:53", "udp-bind 10.0.0.53:53", "", yes, "the same rule binds"},
	{"udp=10.0.0.53:53", "udp-bind 0.0.0.0:0", "", no, "binding elsewhere"},
	{"udp=0.0.0.0:0", "udp-bind 0.0.0.0:0", "", yes, "free port on all interfaces"},
	{"udp=0.0.0.0:0", "udp-send 0.0.0.0:53", "", no, "port 0 sends nowhere"},
	{"udp=ntp.example:123", "udp-send 93.184.216.34:123", "ntp.example=93.184.216.34", yes, "name"},
	{"udp=ntp.example:123", "udp-bind 93.184.216.34:123", "ntp.example=93.184.216.34", no, "names do not bind"},
	{"udp=ntp.example:123", "udp-send 10.0.0.1:123", "ntp.example=10.0.0.1", no, "rebinding"},
	{"udp=localhost:5353", "udp-bind 127.0.0.1:5353", "", yes, "localhost binds"},
	{"udp=224.0.0.251:5353", "udp-send 224.0.0.251:5353", "", yes, "multicast by address"},

	// Resolve.
	{"resolve=db.internal", "resolve db.internal", "", yes, "exact"},
	{"resolve=db.internal", "resolve DB.Internal.", "", yes, "case and trailing dot"},
	{"resolve=db.internal", "resolve db.internal..", "", no, "two trailing dots"},
	{"resolve=db.internal", "resolve a.db.internal", "", no, "a name is no suffix"},
	{"resolve=*.example.com", "resolve a.example.com", "", yes, "wildcard"},
	{"resolve=*.example.com", "resolve a.b.example.com", "", yes, "wildcard, two labels"},
	{"resolve=*.example.com", "resolve example.com", "", no, "apex"},
	{"resolve=*.example.com", "resolve .example.com", "", no, "empty label"},
	{"resolve=*.example.com", "resolve xexample.com", "", no, "no label boundary"},
	{"resolve=*", "resolve anything.example", "", yes, "star"},
	{"resolve=*", "resolve localhost", "", yes, "star"},
	{"resolve=*", "resolve _srv._tcp.example", "", yes, "underscore"},
	{"resolve=*", "resolve 127.1", "", no, "an address, not a name"},
	{"resolve=*", "resolve 10.0.0.1", "", no, "an address, not a name"},
	{"resolve=*", "resolve 0x7f000001", "", no, "an address, not a name"},
	{"resolve=*", "resolve ::1", "", no, "an address, not a name"},
	{"resolve=*", "resolve a\x00.example", "", no, "NUL"},
	{"resolve=*", "resolve ex\u00e4mple.com", "", no, "not ASCII"},
	{"resolve=*", "resolve xn--exmple-cua.com", "", yes, "punycode"},
	{"resolve=*", "resolve ", "", no, "empty"},
	{"resolve=*", "resolve .", "", no, "the root"},

	// Unix sockets.
	{"unix=/run/app.sock", "unix-connect /run/app.sock", "", yes, "exact"},
	{"unix=/run/app.sock", "unix-bind /run/app.sock", "", yes, "exact, bind"},
	{"unix=/run/app.sock", "unix-connect /run//./app.sock", "", yes, "cleaned"},
	{"unix=/run/x/../app.sock", "unix-connect /run/app.sock", "", yes, "rule cleaned"},
	{"unix=/run/app.sock", "unix-connect /run/app.sock2", "", no, "longer"},
	{"unix=/run/app.sock", "unix-connect /run/app.sock/x", "", no, "below a file"},
	{"unix=/run/app.sock", "unix-connect run/app.sock", "", no, "relative"},
	{"unix=/run/app.sock", "unix-connect /RUN/app.sock", "", no, "case"},
	{"unix=/run/app/", "unix-bind /run/app/x.sock", "", yes, "directory"},
	{"unix=/run/app/", "unix-bind /run/app/a/b.sock", "", yes, "directory, deeper"},
	{"unix=/run/app/", "unix-bind /run/app", "", no, "the directory itself"},
	{"unix=/run/app/", "unix-bind /run/app/", "", no, "the directory itself"},
	{"unix=/run/app/", "unix-bind /run/application.sock", "", no, "no boundary"},
	{"unix=/run/app/", "unix-bind /run/app/../x.sock", "", no, "dot-dot leaves"},
	{"unix=/run/app/", "unix-bind /run/app/a/../../app2/x", "", no, "dot-dot leaves, deep"},
	{"unix=/run/app/", "unix-bind /run/app/a/../x.sock", "", yes, "dot-dot stays"},
	{"unix=/run/app/", "unix-bind /../../run/app/x.sock", "", yes, "dot-dot above the root"},
	{"unix=/", "unix-bind /any/where", "", yes, "the root as directory"},
	{"unix=/", "unix-bind /", "", no, "the root is no socket"},
	{"unix=/", "unix-bind @app", "", no, "abstract is below no directory"},
	{"unix=/run/app", "unix-connect /run/app/x", "", no, "no trailing slash, no directory"},
	{"unix=@app", "unix-connect @app", "", yes, "abstract"},
	{"unix=@app", "unix-connect @app2", "", no, "other abstract"},
	{"unix=@app", "unix-connect @APP", "", no, "abstract, case"},
	{"unix=@app/", "unix-connect @app/x", "", no, "abstract names are no directories"},
	{"unix=@app/x", "unix-connect @app/y/../x", "", no, "abstract names are not cleaned"},
	{"unix=*", "unix-connect @app", "", yes, "star covers abstract"},
	{"unix=*", "unix-connect /run/app.sock", "", yes, "star"},
	{"unix=*", "unix-connect ", "", no, "empty"},
	{"unix=*", "unix-connect @", "", no, "empty abstract"},
	{"unix=*", "unix-connect /run/a\x00b", "", no, "NUL"},
	{"unix=*", "unix-connect @a\x00b", "", no, "NUL"},
	{"unix=*", "unix-connect /run/\x1b[2J", "", no, "control characters"},
	{"unix=*", "unix-connect rel.sock", "", no, "relative"},

	// Raw and environment.
	{"raw", "raw", "", yes, "raw"},
	{"env=HOME", "env HOME", "", yes, "exact"},
	{"env=HOME", "env HOME2", "", no, "longer"},
	{"env=HOME", "env home", "", no, "case"},
	{"env=APP_*", "env APP_KEY", "", yes, "prefix"},
	{"env=APP_*", "env APP_", "", yes, "the prefix itself"},
	{"env=APP_*", "env APP", "", no, "shorter than the prefix"},
	{"env=APP_*", "env MYAPP_KEY", "", no, "not at the start"},
	{"env=*", "env PATH", "", yes, "star"},
	{"env=*", "env A=B", "", no, "no such name"},
	{"env=*", "env ", "", no, "empty"},
}

func TestDecisions(t *testing.T) {
	if len(decisions) < 200 {
		t.Errorf("only %d cases", len(decisions))
	}
	for _, d := range decisions {
		t.Run(d.rules+"|"+d.request+"|"+d.pins, func(t *testing.T) {
			pins := mustPins(t, d.pins)
			err := ask(mustCompile(t, d.rules), d.request, pins)
			if (err == nil) != d.allow {
				t.Fatalf("granted %v, want %v (%s): %v", err == nil, d.allow, d.reason, err)
			}
			if err == nil {
				return
			}
			if !errors.Is(err, fs.ErrPermission) {
				t.Errorf("not fs.ErrPermission: %v", err)
			}
			// The flag that the message names must keep its promise.
			var denied *Denied
			if !errors.As(err, &denied) || denied.Flag == "" {
				return
			}
			hinted, cerr := Compile(configOfFlag(t, denied.Flag))
			if cerr != nil {
				t.Fatalf("hint %s: %v", denied.Flag, cerr)
			}
			if err := ask(hinted, d.request, pins); err != nil {
				t.Errorf("hint %s does not help: %v", denied.Flag, err)
			}
			if ask(nil, d.request, pins) == nil || ask(&Policy{}, d.request, pins) == nil {
				t.Error("granted without a policy")
			}
		})
	}
}

// TestHints makes sure that only malformed requests go without a hint.
func TestHints(t *testing.T) {
	malformed := []string{
		"invalid", ":0", "%e:0", "resolve 127.1", "resolve 10.0.0.1", "resolve 0x7f000001", "resolve ::1",
		"\x00", "\x1b", "\u00e4", "resolve .", "resolve ", "resolve a b", "internal..", "unix-connect ", "unix-connect @",
		"rel.sock", "unix-connect run/", "unix-bind /",
	}
	for _, d := range decisions {
		var denied *Denied
		if !errors.As(ask(mustCompile(t, d.rules), d.request, mustPins(t, d.pins)), &denied) || denied.Flag != "" {
			continue
		}
		known := false
		for _, m := range malformed {
			known = known || strings.Contains(d.request, m)
		}
		if !known {
			t.Errorf("%s | %s: denied without a hint: %v", d.rules, d.request, denied)
		}
	}
}

// TestObserve: what is allowed is told as the narrowest rule, what is refused is not.
func TestObserve(t *testing.T) {
	addr := netip.MustParseAddrPort
	for _, all := range []bool{true, false} {
		p, err := Compile(Config{
			All: all, Listen: []string{"127.0.0.1"}, Connect: []string{"*.example.com", "10.0.0.0/8"}, Resolve: []string{"*.other.com"},
			UDP: []string{"*"}, Unix: []string{"/run/"}, Raw: true, Env: []string{"*"},
		})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		p = p.Observe(func(flag, rule string) { got = append(got, flag+"="+rule) })
		pins := &Pins{}
		if err := pins.Add("www.example.com", []netip.Addr{netip.MustParseAddr("93.184.216.34")}); err != nil {
			t.Fatal(err)
		}
		for _, err := range []error{
			p.Resolve("WWW.example.com"), p.Resolve("a.other.com"), p.Connect(addr("93.184.216.34:443"), pins), p.Connect(addr("10.1.2.3:80"), pins),
			p.Listen(addr("127.0.0.1:0")), p.BindUDP(addr("0.0.0.0:53")), p.SendTo(addr("10.0.0.1:53"), nil), p.ConnectUDP(addr("[2001:db8::1]:53"), nil),
			p.Unix("bind", "/run/a/../b"), p.Raw(),
		} {
			if err != nil {
				t.Error(err)
			}
		}
		p.NarrowListen(addr("0.0.0.0:80"))
		p.Env("HOME")
		_ = p.Connect(addr("10.0.0.1:0"), nil)
		want := "--allow-resolve=www.example.com --allow-resolve=a.other.com --allow-connect=www.example.com:443 --allow-connect=10.1.2.3:80 " +
			"--allow-listen=127.0.0.1:0 --allow-udp=0.0.0.0:53 --allow-udp=10.0.0.1:53 --allow-udp=[2001:db8::1]:53 --allow-unix=/run/b --allow-raw= --allow-listen=127.0.0.1:80"
		if s := strings.Join(got, " "); s != want {
			t.Errorf("got  %s\nwant %s", s, want)
		}
		if all {
			continue
		}
		got = nil
		for _, err := range []error{p.Resolve("example.net"), p.Connect(addr("192.0.2.9:443"), pins), p.Listen(addr("192.0.2.1:1")), p.Unix("bind", "/etc/x")} {
			if err == nil {
				t.Error("allowed")
			}
		}
		if got != nil {
			t.Errorf("told of %v", got)
		}
	}
}
