package policy

import (
	"net/netip"
	"strings"
	"testing"
)

func TestParseHost(t *testing.T) {
	for _, s := range []string{
		"0.0.0.0", "127.0.0.1", "255.255.255.255", "10.20.30.40",
		"::", "::1", "::ffff:10.0.0.1", "2001:DB8::1", "fe80::1%eth0", "fe80::1%3", "fe80::1%vEthernet (WSL)",
		"1:2:3:4:5:6:7:8", "64:ff9b::10.0.0.1",
	} {
		addr, isIP, err := ParseHost(s)
		if err != nil || !isIP || addr != netip.MustParseAddr(s) {
			t.Errorf("ParseHost(%q) = %v, %v, %v; want the address", s, addr, isIP, err)
		}
	}
	for _, s := range []string{
		"localhost", "example.com", "Example.COM.", "a", "_srv._tcp.example", "xn--exmple-cua.com",
		"1.example", "0xdead.beef", "0xg", "1e5", "3com", "a1", "127.0.0.1.example", "127.0.0.a", "deadbeef",
	} {
		addr, isIP, err := ParseHost(s)
		if err != nil || isIP || addr.IsValid() {
			t.Errorf("ParseHost(%q) = %v, %v, %v; want a name", s, addr, isIP, err)
		}
	}
	for _, s := range []string{
		"", ".", "127.1", "127.0.1", "2130706433", "0x7f000001", "0X7F000001", "017700000001", "0x7f.1", "0177.0.0.1",
		"010.0.0.1", "127.0.0.01", "00.0.0.0", "256.0.0.1", "127.0.0.256", "1.2.3.4.5", "1.2.3.", "1.2.3.4.", ".1.2.3",
		"0", "1", "0x", "0x.0x.0x.0x", "4294967296", "99999999999999999999", "127.0.0.1 ", " 127.0.0.1", "127.0.0.1\n",
		"127.0.0.1\x00", "127.0.0.1 x", "+127.0.0.1", "-1", "1..2", "127.0.0.1%eth0", "127.0.0.1:80", "127.0.0.1/8",
		"[::1]", "[::1]:80", "::1:", "::g", ":", ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "::ffff:010.0.0.1",
		"::ffff:127.1", "::ffff:1.2.3.4%eth0", "::1%", "fe80::1%a/b", "fe80::1%a]b", "fe80::1%a\x00", "fe80::1%\u00e4",
		"fe80::1%" + strings.Repeat("a", 65), "a:80", "http://a", "a b", "a\x00b", "ex\u00e4mple.com",
		"\uff11\uff12\uff17.0.0.1", "127\u30020\u30020\u30021", "*", "*.a", "a_b.-c", "a@b", "a,b",
	} {
		if addr, isIP, err := ParseHost(s); err == nil || isIP || addr.IsValid() {
			t.Errorf("ParseHost(%q) = %v, %v, %v; want an error", s, addr, isIP, err)
		}
	}
}

func TestNormalizeName(t *testing.T) {
	label63 := strings.Repeat("a", 63)
	name253 := strings.Repeat(label63+".", 3) + strings.Repeat("b", 61)
	for _, c := range []struct{ in, want string }{
		{"a", "a"}, {"A", "a"}, {"Example.COM", "example.com"}, {"example.com.", "example.com"},
		{"a-b.c--d", "a-b.c--d"}, {"_a._b", "_a._b"}, {"_", "_"}, {"a.1", "a.1"}, {"1.a", "1.a"},
		{"xn--exmple-cua.com", "xn--exmple-cua.com"}, {label63, label63}, {name253, name253}, {name253 + ".", name253},
		{"0xbeef.cafe", "0xbeef.cafe"}, {"LOCALHOST.", "localhost"},
	} {
		got, err := NormalizeName(c.in)
		if err != nil || got != c.want {
			t.Errorf("NormalizeName(%q) = %q, %v; want %q", c.in, got, err, c.want)
		}
	}
	for _, c := range []struct{ in, why string }{
		{"", "empty"}, {".", "empty"}, {"..", "empty label"}, {"a..", "empty label"}, {".a", "empty label"}, {"a..b", "empty label"},
		{label63 + "a", "63"}, {name253 + "b", "253"}, {name253 + "b.", "253"}, {strings.Repeat("a", 1<<20), "253"},
		{"-a", `"-"`}, {"a-", `"-"`}, {"a.-b", `"-"`}, {"a-.b", `"-"`},
		{"a b", "space"}, {" a", "space"}, {"a\t", "control"}, {"a\n", "control"}, {"a\x00", "control"}, {"a\x7f", "control"},
		{"\u00e4.de", "punycode"}, {"\xff", "punycode"}, {"a*b", "'*'"}, {"*.a", "'*'"}, {"a/b", "'/'"}, {"a:1", "':'"}, {"[a]", "'['"},
		{"1", "not a name"}, {"1.2.3.4", "not a name"}, {"1.2.3.4.", "not a name"}, {"127.1", "not a name"},
		{"0x7f.0.0.1", "not a name"}, {"0x", "not a name"}, {"1.2.3.4.5.6", "not a name"},
	} {
		got, err := NormalizeName(c.in)
		if err == nil || !strings.Contains(err.Error(), c.why) {
			t.Errorf("NormalizeName(%.40q) = %q, %v; want an error about %s", c.in, got, err, c.why)
		}
	}
}
