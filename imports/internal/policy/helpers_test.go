package policy

import (
	"fmt"
	"io/fs"
	"net/netip"
	"strings"
	"testing"
)

// errNoEnv stands for Env's false, which has no error of its own.
var errNoEnv = fmt.Errorf("env: %w", fs.ErrPermission)

// ask makes the request of a decision.
func ask(p *Policy, request string, pins *Pins) error {
	op, target, _ := strings.Cut(request, " ")
	switch op {
	case "raw":
		return p.Raw()
	case "env":
		if p.Env(target) {
			return nil
		}
		return errNoEnv
	case "resolve":
		return p.Resolve(target)
	case "unix-connect", "unix-bind":
		return p.Unix(strings.TrimPrefix(op, "unix-"), target)
	}
	var ap netip.AddrPort
	if target != "invalid" {
		ap = netip.MustParseAddrPort(target)
	}
	switch op {
	case "connect":
		return p.Connect(ap, pins)
	case "listen":
		return p.Listen(ap)
	case "udp-bind":
		return p.BindUDP(ap)
	case "udp-connect":
		return p.ConnectUDP(ap, pins)
	case "udp-send":
		return p.SendTo(ap, pins)
	}
	panic("unknown request " + request)
}

func mustCompile(t testing.TB, rules string) *Policy {
	t.Helper()
	var c Config
	for _, r := range strings.Fields(rules) {
		kind, value, _ := strings.Cut(r, "=")
		addRule(t, &c, kind, value)
	}
	p, err := Compile(c)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func configOfFlag(t testing.TB, flag string) Config {
	t.Helper()
	var c Config
	kind, value, _ := strings.Cut(strings.TrimPrefix(flag, "--allow-"), "=")
	addRule(t, &c, kind, value)
	return c
}

func addRule(t testing.TB, c *Config, kind, value string) {
	t.Helper()
	switch kind {
	case "all":
		c.All = true
	case "raw":
		c.Raw = true
	case "listen":
		c.Listen = append(c.Listen, value)
	case "connect":
		c.Connect = append(c.Connect, value)
	case "resolve":
		c.Resolve = append(c.Resolve, value)
	case "udp":
		c.UDP = append(c.UDP, value)
	case "unix":
		c.Unix = append(c.Unix, value)
	case "env":
		c.Env = append(c.Env, value)
	default:
		t.Fatalf("unknown rule %s", kind)
	}
}

func mustPins(t testing.TB, text string) *Pins {
	t.Helper()
	p := new(Pins)
	for _, answer := range strings.Fields(text) {
		name, list, _ := strings.Cut(answer, "=")
		var addrs []netip.Addr
		for a := range strings.SplitSeq(list, ",") {
			addrs = append(addrs, netip.MustParseAddr(a))
		}
		if err := p.Add(name, addrs); err != nil {
			t.Fatal(err)
		}
	}
	return p
}
