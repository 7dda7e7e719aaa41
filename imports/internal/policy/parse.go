package policy

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

var (
	errEmpty     = errors.New("the rule is empty")
	errAmbiguous = errors.New("an IPv6 address whose end could be a port needs brackets: [ADDRESS]:PORT or [ADDRESS]")
)

func parseListen(s string) (netRule, error) {
	r, err := parseNet(s)
	if err == nil && r.kind == pinnedName {
		return r, errors.New("listening takes an address, not a name (but localhost)")
	}
	return r, err
}

func parseConnect(s string) (netRule, error) {
	r, err := parseNet(s)
	if err == nil && !r.ports.any && r.ports.low == 0 {
		return r, errors.New("nothing can be connected to port 0; leave the port out for any port")
	}
	return r, err
}

func parseUDP(s string) (netRule, error) { return parseNet(s) }

func parseResolve(s string) (namePattern, error) {
	if s == "*" {
		return namePattern{suffix: true}, nil
	}
	return parsePattern(s)
}

// parseNet parses WHERE[:PORT].
func parseNet(s string) (netRule, error) {
	host, port, hasPort, err := splitPort(s)
	if err != nil {
		return netRule{}, err
	}
	r := netRule{ports: portRange{any: true}}
	if hasPort {
		if r.ports, err = parsePorts(port); err != nil {
			return netRule{}, err
		}
	}
	switch {
	case host == "" || host == "*":
		r.kind = anyHost
	case strings.Contains(host, "/"):
		r.kind = inPrefix
		r.prefix, err = parsePrefix(host)
	case strings.Contains(host, "*"):
		r.kind = pinnedName
		r.name, err = parsePattern(host)
	default:
		err = r.parseHost(host)
	}
	if err != nil {
		return netRule{}, err
	}
	return r, nil
}

// parseHost fills in the rule for an address or a plain name.
func (r *netRule) parseHost(host string) error {
	addr, isIP, err := ParseHost(host)
	if err != nil {
		return err
	}
	if isIP {
		addr = addr.Unmap()
		r.kind, r.zone = inPrefix, addr.Zone()
		r.prefix = netip.PrefixFrom(addr.WithZone(""), addr.BitLen())
		return nil
	}
	if r.name, err = parsePattern(host); err != nil {
		return err
	}
	r.kind = pinnedName
	if r.name.name == "localhost" {
		*r = netRule{kind: localhost, ports: r.ports}
	}
	return nil
}

// splitPort cuts a rule into host and port. The host comes without brackets;
// only IPv6 may have them.
func splitPort(s string) (host, port string, hasPort bool, err error) {
	switch {
	case s == "":
		return "", "", false, errEmpty
	case strings.Contains(s, "://"):
		return "", "", false, errors.New("this is a URL; give only host and port")
	case s[0] == '[':
		inside, rest, closed := strings.Cut(s[1:], "]")
		if !closed || !strings.Contains(inside, ":") || rest != "" && rest[0] != ':' {
			return "", "", false, errors.New("brackets go around an IPv6 address or block: [ADDRESS]:PORT")
		}
		return inside, strings.TrimPrefix(rest, ":"), rest != "", nil
	}
	if block, tail, ok := strings.Cut(s, "/"); ok {
		// After the slash a colon can only start the port, so IPv6 needs no brackets.
		bits, port, hasPort := strings.Cut(tail, ":")
		return block + "/" + bits, port, hasPort, nil
	}
	if strings.Count(s, ":") < 2 {
		host, port, hasPort = strings.Cut(s, ":")
		return host, port, hasPort, nil
	}
	last := strings.LastIndexByte(s, ':')
	if _, err := netip.ParseAddr(s[:last]); err == nil && strings.Trim(s[last+1:], "0123456789-") == "" {
		return "", "", false, errAmbiguous
	}
	return s, "", false, nil
}

func parsePrefix(s string) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("%s is not a CIDR block", display(s))
	}
	if p.Addr().Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	if m := p.Masked(); m != p {
		return netip.Prefix{}, fmt.Errorf("%s has bits set beyond its length; write %s for the block or %s for the address",
			display(s), m, p.Addr())
	}
	return p, nil
}

func parsePorts(s string) (portRange, error) {
	low, high, isRange := strings.Cut(s, "-")
	r := portRange{}
	var err error
	if r.low, err = parsePort(low); err != nil {
		return r, err
	}
	if !isRange {
		r.high = r.low
		return r, nil
	}
	if r.high, err = parsePort(high); err != nil {
		return r, err
	}
	switch {
	case r.low == 0:
		return r, errors.New("port 0 means any free port and cannot be part of a range")
	case r.low > r.high:
		return r, fmt.Errorf("port range %s is reversed", s)
	}
	return r, nil
}

func parsePort(s string) (uint16, error) {
	if s == "" {
		return 0, errors.New("a port number is missing")
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, fmt.Errorf("port %s is not a number", display(s))
		}
	}
	if s[0] == '0' && len(s) > 1 {
		return 0, fmt.Errorf("port %s has a leading zero", display(s))
	}
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil {
		return 0, fmt.Errorf("port %s is greater than 65535", display(s))
	}
	return uint16(n), nil
}

// parsePattern parses NAME or *.NAME.
func parsePattern(s string) (namePattern, error) {
	if s == "" {
		return namePattern{}, errEmpty
	}
	rest, wild := strings.CutPrefix(s, "*.")
	if strings.Contains(rest, "*") {
		return namePattern{}, errors.New(`* stands alone or, as "*.", before a name`)
	}
	name, err := NormalizeName(rest)
	if err != nil {
		return namePattern{}, err
	}
	if wild {
		name = "." + name
	}
	return namePattern{name: name, suffix: wild}, nil
}
