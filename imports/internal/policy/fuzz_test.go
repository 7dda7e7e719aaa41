package policy

import (
	"errors"
	"io/fs"
	"net/netip"
	"reflect"
	"strings"
	"testing"
)

// FuzzCompile: no text makes Compile panic, a wrong rule is reported with its
// value, and the canonical spelling of a right one compiles to the same rule.
func FuzzCompile(f *testing.F) {
	for _, d := range decisions {
		for _, r := range strings.Fields(d.rules) {
			_, value, _ := strings.Cut(r, "=")
			f.Add(value)
		}
	}
	for _, s := range []string{"[fe80::1%eth0]:80-90", "::1:80", "10.0.0.1/8", "*.:1", "[", "]", ":", "/", "%", "-", "@", "C:\\x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, kind := range []string{"listen", "connect", "resolve", "udp", "unix", "env"} {
			var c Config
			addRule(t, &c, kind, s)
			p, err := Compile(c)
			if err != nil {
				var rule *RuleError
				if p != nil || !errors.As(err, &rule) || rule.Value != s || !printable(err.Error()) {
					t.Fatalf("%s=%q: bad error %v", kind, s, err)
				}
				continue
			}
			canonical := p.Config()
			again, err := Compile(canonical)
			if err != nil {
				t.Fatalf("%s=%q: canonical %+v does not compile: %v", kind, s, canonical, err)
			}
			if !reflect.DeepEqual(again, p) || !reflect.DeepEqual(again.Config(), canonical) {
				t.Fatalf("%s=%q: canonical %+v is another rule", kind, s, canonical)
			}
		}
	})
}

// FuzzParseHost: what is taken for an address is what netip takes for it, what
// is taken for a name is nothing that inet_aton could read, and a mapped
// address is judged as its IPv4 address.
func FuzzParseHost(f *testing.F) {
	for _, s := range []string{"127.0.0.1", "127.1", "010.0.0.1", "0x7f.1", "::ffff:10.0.0.1", "fe80::1%eth0", "a.b.", "1.2.3.4.", "\uff11.1.1.1"} {
		f.Add(s)
	}
	wide := mustCompile(f, "connect=* connect=10.0.0.0/8 connect=169.254.0.0/16:80")
	f.Fuzz(func(t *testing.T, s string) {
		addr, isIP, err := ParseHost(s)
		if err != nil || !isIP {
			if addr.IsValid() || err != nil && isIP {
				t.Fatalf("%q: address %v with error %v", s, addr, err)
			}
			if _, perr := netip.ParseAddr(s); err == nil && perr == nil {
				t.Fatalf("%q is an address, taken for a name", s)
			}
			if _, nerr := NormalizeName(s); err == nil && nerr != nil {
				t.Fatalf("%q is neither address nor name: %v", s, nerr)
			}
			return
		}
		if want, err := netip.ParseAddr(s); err != nil || want != addr {
			t.Fatalf("%q: %v, netip says %v, %v", s, addr, want, err)
		}
		if _, err := NormalizeName(s); err == nil {
			t.Fatalf("%q is both address and name", s)
		}
		if !addr.Is4() {
			return
		}
		mapped := netip.AddrFrom16(addr.As16())
		for _, port := range []uint16{0, 80, 443} {
			a := wide.Connect(netip.AddrPortFrom(addr, port), nil)
			b := wide.Connect(netip.AddrPortFrom(mapped, port), nil)
			if !reflect.DeepEqual(a, b) {
				t.Fatalf("%v: %v, mapped: %v", addr, a, b)
			}
		}
	})
}

// FuzzDecision: whatever the rule and the request, what must never be granted
// is not, and what the refusal says would help does help.
func FuzzDecision(f *testing.F) {
	for _, d := range decisions {
		op, target, _ := strings.Cut(d.request, " ")
		if op != "connect" && op != "listen" || target == "invalid" {
			continue
		}
		ap := netip.MustParseAddrPort(target)
		for _, r := range strings.Fields(d.rules) {
			_, value, _ := strings.Cut(r, "=")
			name, _, _ := strings.Cut(d.pins, "=")
			f.Add(value, ap.Addr().AsSlice(), ap.Port(), name)
		}
	}
	link := netip.MustParsePrefix("169.254.0.0/16")
	f.Fuzz(func(t *testing.T, rule string, raw []byte, port uint16, name string) {
		addr, ok := netip.AddrFromSlice(raw)
		if !ok {
			return
		}
		dst, plain := netip.AddrPortFrom(addr, port), addr.Unmap()
		pins := new(Pins)
		_ = pins.Add(name, []netip.Addr{addr})
		for _, p := range []*Policy{nil, {}} {
			if p.Connect(dst, pins) == nil || p.SendTo(dst, pins) == nil || p.ConnectUDP(dst, pins) == nil ||
				p.Listen(dst) == nil || p.BindUDP(dst) == nil {
				t.Fatal("granted without rules")
			}
		}
		p, err := Compile(Config{Connect: []string{rule}, UDP: []string{rule}})
		if err != nil {
			return
		}
		text := p.Config().Connect[0]
		isName := p.connect[0].kind == pinnedName
		got := p.Connect(dst, pins)
		if udp := p.SendTo(dst, pins); (udp == nil) != (got == nil) {
			t.Fatalf("rule %s: TCP %v, UDP %v", text, got, udp)
		}
		if bind := p.BindUDP(dst); bind == nil && isName {
			t.Fatalf("rule %s binds %v", text, dst)
		}
		if got == nil {
			switch {
			case port == 0:
				t.Fatalf("rule %s grants port 0", text)
			case p.connect[0].kind != inPrefix && (link.Contains(plain) || plain.IsLinkLocalUnicast() || plain.IsUnspecified()):
				t.Fatalf("rule %s grants special %v", text, dst)
			case isName && (plain.IsPrivate() || plain.IsLoopback() || plain.IsMulticast()):
				t.Fatalf("rule %s grants private %v", text, dst)
			case isName && p.Connect(dst, nil) == nil:
				t.Fatalf("rule %s grants %v without a pin", text, dst)
			case p.connect[0].kind == inPrefix && !p.connect[0].prefix.Contains(plain):
				t.Fatalf("rule %s grants %v outside", text, dst)
			}
			return
		}
		var denied *Denied
		if !errors.Is(got, fs.ErrPermission) || !errors.As(got, &denied) {
			t.Fatalf("odd refusal %v", got)
		}
		if denied.Flag == "" {
			if port != 0 {
				t.Fatalf("no hint for %v", dst)
			}
			return
		}
		hinted, err := Compile(configOfFlag(t, denied.Flag))
		if err != nil || hinted.Connect(dst, pins) != nil {
			t.Fatalf("hint %s does not help: %v, %v", denied.Flag, err, hinted.Connect(dst, pins))
		}
	})
}
