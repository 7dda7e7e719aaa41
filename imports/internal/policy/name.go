package policy

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
)

const (
	maxName  = 253 // RFC 1035, 2.3.4: 255 octets on the wire
	maxLabel = 63  // RFC 1035, 2.3.4
	maxZone  = 64
)

// NormalizeName returns a host name in the form that rules compare: lower case,
// without the one trailing dot that an absolute name may have. Labels are
// letters, digits, "-" inside and "_" anywhere (RFC 1035, 2.3.1 and RFC 1123,
// 2.1; the underscore is common practice), 63 octets at most, 253 in all.
// Addresses are errors, in every spelling inet_aton(3) takes.
func NormalizeName(s string) (string, error) {
	name := strings.TrimSuffix(s, ".")
	switch {
	case name == "":
		return "", errors.New("the name is empty")
	case len(name) > maxName:
		return "", fmt.Errorf("name %s is longer than %d characters", display(s), maxName)
	}
	for i := range len(name) {
		if err := checkNameByte(name[i]); err != nil {
			return "", fmt.Errorf("name %s %w", display(s), err)
		}
	}
	numeric := true
	for label := range strings.SplitSeq(name, ".") {
		switch {
		case label == "":
			return "", fmt.Errorf("name %s has an empty label", display(s))
		case len(label) > maxLabel:
			return "", fmt.Errorf("name %s has a label longer than %d characters", display(s), maxLabel)
		case label[0] == '-' || label[len(label)-1] == '-':
			return "", fmt.Errorf(`name %s has a label that starts or ends with "-"`, display(s))
		}
		numeric = numeric && isNumber(label)
	}
	if numeric {
		return "", fmt.Errorf("%s is a number or an address, not a name", display(s))
	}
	return strings.ToLower(name), nil
}

func checkNameByte(c byte) error {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_', c == '.':
		return nil
	case c >= 0x80:
		return errors.New("is not ASCII; use its punycode form (xn--…)")
	case c <= ' ' || c == 0x7f:
		return errors.New("contains a space or control character")
	}
	return fmt.Errorf("contains %q", c)
}

// isNumber reports whether inet_aton(3) would take the label as a number:
// decimal, octal or hexadecimal, of any length.
func isNumber(label string) bool {
	digits, hex := label, false
	if len(label) >= 2 && label[0] == '0' && label[1]|0x20 == 'x' {
		digits, hex = label[2:], true
	}
	for i := range len(digits) {
		c := digits[i]
		if '0' <= c && c <= '9' || hex && 'a' <= c|0x20 && c|0x20 <= 'f' {
			continue
		}
		return false
	}
	return true
}

// ParseHost tells addresses from names. It returns the address and true for
// IPv6 (RFC 4291, also with a zone, without brackets) and for IPv4 as four
// decimal numbers without leading zeros, false for a name that [NormalizeName]
// accepts, and an error for everything else: what looks like an address but is
// not in these forms is never taken for a name.
func ParseHost(s string) (netip.Addr, bool, error) {
	if strings.Contains(s, ":") {
		addr, err := netip.ParseAddr(s)
		switch {
		case strings.ContainsAny(s, "[]"):
			return netip.Addr{}, false, fmt.Errorf("address %s: brackets are not part of an address", display(s))
		case err != nil:
			return netip.Addr{}, false, fmt.Errorf("%s is not an IPv6 address", display(s))
		case !validZone(addr.Zone()), addr.Is4In6() && addr.Zone() != "":
			return netip.Addr{}, false, fmt.Errorf("address %s has a malformed zone", display(s))
		}
		return addr, true, nil
	}
	if addr, err := netip.ParseAddr(s); err == nil {
		return addr, true, nil
	}
	if looksNumeric(s) {
		return netip.Addr{}, false, fmt.Errorf("%s is not an IPv4 address: want four decimal numbers up to 255 without leading zeros", display(s))
	}
	_, err := NormalizeName(s)
	return netip.Addr{}, false, err
}

func looksNumeric(s string) bool {
	s = strings.TrimSuffix(s, ".")
	if s == "" {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if !isNumber(label) {
			return false
		}
	}
	return true
}

// validZone keeps a zone such that it can be written into a rule and a message.
// Interface names differ much between systems, and may have spaces.
func validZone(zone string) bool {
	if len(zone) > maxZone {
		return false
	}
	for i := range len(zone) {
		if c := zone[i]; c < ' ' || c > '~' || strings.IndexByte("[]%,/:*", c) >= 0 {
			return false
		}
	}
	return true
}
