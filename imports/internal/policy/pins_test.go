package policy

import (
	"fmt"
	"net/netip"
	"testing"
)

func addrN(n int) netip.Addr {
	return netip.AddrFrom4([4]byte{93, byte(n >> 16), byte(n >> 8), byte(n)})
}

func TestPinsForgetOldestName(t *testing.T) {
	var p Pins
	add := func(name string, n int) {
		t.Helper()
		if err := p.Add(name, []netip.Addr{addrN(n)}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range MaxPinNames {
		add(fmt.Sprintf("n%d", i), i)
	}
	add("N0.", 0) // named again: now n1 is the oldest
	add("new", 9999)
	if len(p.names) != MaxPinNames {
		t.Errorf("%d names, want %d", len(p.names), MaxPinNames)
	}
	for name, want := range map[string]bool{"n0": true, "n1": false, "n2": true, "new": true} {
		if _, ok := p.names[name]; ok != want {
			t.Errorf("%s pinned: %v, want %v", name, ok, want)
		}
	}
	policy := mustCompile(t, "connect=n0 connect=n1")
	if err := policy.Connect(netip.AddrPortFrom(addrN(0), 80), &p); err != nil {
		t.Error(err)
	}
	if policy.Connect(netip.AddrPortFrom(addrN(1), 80), &p) == nil {
		t.Error("a forgotten name still grants")
	}
}

func TestPinsForgetOldestAddress(t *testing.T) {
	var p Pins
	for i := range MaxPinAddrs {
		_ = p.Add("a.example", []netip.Addr{addrN(i)})
	}
	_ = p.Add("a.example", []netip.Addr{addrN(0)})       // named again
	_ = p.Add("a.example", []netip.Addr{addrN(1 << 16)}) // one too many
	for n, want := range map[int]bool{0: true, 1: false, 2: true, 1 << 16: true} {
		if got := p.has("a.example", addrN(n)); got != want {
			t.Errorf("address %d pinned: %v, want %v", n, got, want)
		}
	}
	if n := len(p.names["a.example"].addrs); n != MaxPinAddrs {
		t.Errorf("%d addresses, want %d", n, MaxPinAddrs)
	}
}

func TestPinsLongAnswer(t *testing.T) {
	var p Pins
	var answer []netip.Addr
	for i := range MaxPinAddrs + 10 {
		answer = append(answer, addrN(i))
	}
	if err := p.Add("a.example", answer); err != nil {
		t.Fatal(err)
	}
	if !p.has("a.example", addrN(0)) || !p.has("a.example", addrN(MaxPinAddrs-1)) || p.has("a.example", addrN(MaxPinAddrs)) {
		t.Error("want the first addresses of a long answer, and only those")
	}
	answer[0] = addrN(1 << 17)
	if p.has("a.example", answer[0]) {
		t.Error("Pins keeps the caller's slice")
	}
}

func TestPinsRefuse(t *testing.T) {
	var p Pins
	good := []netip.Addr{addrN(1)}
	for _, name := range []string{"", "127.1", "10.0.0.1", "a b", "*.example.com", "::1"} {
		if p.Add(name, good) == nil {
			t.Errorf("pinned %q", name)
		}
	}
	if p.Add("a.example", []netip.Addr{addrN(1), {}}) == nil {
		t.Error("pinned an invalid address")
	}
	if err := p.Add("a.example", nil); err != nil {
		t.Error(err)
	}
	if (*Pins)(nil).Add("a.example", good) == nil {
		t.Error("nil Pins took a pin")
	}
	if len(p.names) != 0 {
		t.Errorf("refused, but recorded: %v", p.names)
	}
}

func TestNilPins(t *testing.T) {
	p := mustCompile(t, "connect=a.example connect=*.example connect=localhost")
	if p.Connect(netip.MustParseAddrPort("93.184.216.34:80"), nil) == nil {
		t.Error("granted without pins")
	}
}
