package policy

import (
	"net/netip"
	"testing"
)

func TestNarrow(t *testing.T) {
	for _, c := range []struct {
		rules []string
		addr  string
		want  string // "" is refused
	}{
		{[]string{"127.0.0.1:8080"}, "0.0.0.0:8080", "127.0.0.1:8080"},
		{[]string{"127.0.0.1"}, "0.0.0.0:8080", "127.0.0.1:8080"},
		{[]string{"127.0.0.1:8080"}, "0.0.0.0:8081", ""},
		{[]string{"127.0.0.1:8080"}, "127.0.0.2:8080", ""},
		{[]string{"127.0.0.1:8080"}, "[::]:8080", ""},
		{[]string{"[::1]:8080"}, "[::]:8080", "[::1]:8080"},
		{[]string{"localhost:8080"}, "0.0.0.0:8080", "127.0.0.1:8080"},
		{[]string{"localhost:8080"}, "[::]:8080", "[::1]:8080"},
		{[]string{"127.0.0.1:8080", "127.0.0.1"}, "0.0.0.0:8080", "127.0.0.1:8080"},
		{[]string{"127.0.0.1:8080", "127.0.0.2:8080"}, "0.0.0.0:8080", ""},
		{[]string{"127.0.0.1:8080", "127.0.0.2:9090"}, "0.0.0.0:8080", "127.0.0.1:8080"},
		{[]string{"127.0.0.0/8:8080"}, "0.0.0.0:8080", ""},
		{[]string{"*"}, "0.0.0.0:8080", ""},
		{nil, "0.0.0.0:8080", ""},
	} {
		p, err := Compile(Config{Listen: c.rules, UDP: c.rules})
		if err != nil {
			t.Fatal(err)
		}
		for name, f := range map[string]func(netip.AddrPort) (netip.AddrPort, bool){"listen": p.NarrowListen, "udp": p.NarrowUDP} {
			got, ok := f(netip.MustParseAddrPort(c.addr))
			if text := got.String(); ok != (c.want != "") || ok && text != c.want {
				t.Errorf("%s %v %s: got %s %v, want %q", name, c.rules, c.addr, text, ok, c.want)
			}
			if ok && p.Listen(got) != nil {
				t.Errorf("%s %v %s: narrowed to %s, which is not granted", name, c.rules, c.addr, got)
			}
		}
	}
}

func TestConnectRuleImpliesResolve(t *testing.T) {
	p, err := Compile(Config{Connect: []string{"example.com:443", "*.svc.test"}, UDP: []string{"ntp.test:123"}})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{
		"example.com": true, "EXAMPLE.com.": true, "a.svc.test": true, "ntp.test": true,
		"svc.test": false, "www.example.com": false, "other.test": false,
	} {
		if got := p.Resolve(name) == nil; got != want {
			t.Errorf("Resolve(%q) granted %v, want %v", name, got, want)
		}
	}
	star, err := Compile(Config{Connect: []string{"*"}})
	if err != nil {
		t.Fatal(err)
	}
	if star.Resolve("example.com") == nil {
		t.Error(`a connect rule "*" must not imply resolving: it names nobody`)
	}
}
