package policy

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
)

// twentyRules has an address rule, a block and a name at the end of many others.
func twentyRules(t testing.TB) (*Policy, *Pins) {
	var rules strings.Builder
	for i := range 17 {
		fmt.Fprintf(&rules, "connect=*.n%d.example:443 ", i)
	}
	rules.WriteString("connect=db.example:5432 connect=10.0.0.0/8:443 connect=[2001:db8::1]:80")
	return mustCompile(t, rules.String()), mustPins(t, "db.example=93.184.216.34 www.example.com=93.184.216.35")
}

var benchTargets = map[string]netip.AddrPort{
	"name":   netip.MustParseAddrPort("93.184.216.34:5432"),
	"block":  netip.MustParseAddrPort("10.1.2.3:443"),
	"mapped": netip.MustParseAddrPort("[::ffff:10.1.2.3]:443"),
	"ipv6":   netip.MustParseAddrPort("[2001:db8::1]:80"),
}

func BenchmarkConnect(b *testing.B) {
	p, pins := twentyRules(b)
	for name, dst := range benchTargets {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := p.Connect(dst, pins); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func TestConnectAllocatesNothing(t *testing.T) {
	p, pins := twentyRules(t)
	for name, dst := range benchTargets {
		if n := testing.AllocsPerRun(100, func() {
			if err := p.Connect(dst, pins); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}
