package policy

import (
	"errors"
	"net/netip"
	"slices"
)

// The limits of Pins.
const (
	MaxPinNames = 1024 // names
	MaxPinAddrs = 64   // addresses of one name
)

// Pins remembers what this sandbox's own resolutions returned, for name rules.
// It only ever helps to grant, so forgetting is safe. When full it forgets the
// name whose last Add is longest ago, and of a name the addresses that answers
// have not named for the longest time. The zero value is empty and ready. A nil
// *Pins is empty, too. Not safe for concurrent use.
type Pins struct {
	names map[string]*pin
	adds  uint64 // the clock for pin.added
}

type pin struct {
	addrs []netip.Addr // unmapped, without zone; the longest unnamed first
	added uint64
}

// Add records an answer for name. The addresses join those of earlier answers:
// a script may still connect to what it was told before. Of an answer only the
// first MaxPinAddrs addresses count; the caller should give the script no more.
// It fails, and records nothing, for a name that NormalizeName refuses, for an
// invalid address, and for a nil *Pins.
func (p *Pins) Add(name string, addrs []netip.Addr) error {
	if p == nil {
		return errors.New("policy: Add to nil Pins")
	}
	name, err := NormalizeName(name)
	if err != nil {
		return err
	}
	addrs = addrs[:min(len(addrs), MaxPinAddrs)]
	if slices.ContainsFunc(addrs, func(a netip.Addr) bool { return !a.IsValid() }) {
		return errors.New("invalid address in the answer for " + name)
	}
	if len(addrs) == 0 {
		return nil
	}
	entry := p.entry(name)
	for _, a := range addrs {
		a = a.Unmap().WithZone("")
		if i := slices.Index(entry.addrs, a); i >= 0 {
			entry.addrs = slices.Delete(entry.addrs, i, i+1)
		}
		entry.addrs = append(entry.addrs, a)
	}
	if n := len(entry.addrs) - MaxPinAddrs; n > 0 {
		entry.addrs = slices.Delete(entry.addrs, 0, n)
	}
	return nil
}

// entry returns the entry of a name, new or marked as the newest.
func (p *Pins) entry(name string) *pin {
	p.adds++
	e := p.names[name]
	if e == nil {
		if len(p.names) >= MaxPinNames {
			p.evict()
		}
		if p.names == nil {
			p.names = make(map[string]*pin)
		}
		e = &pin{}
		p.names[name] = e
	}
	e.added = p.adds
	return e
}

func (p *Pins) evict() {
	oldest, when := "", p.adds
	for name, e := range p.names {
		if e.added < when {
			oldest, when = name, e.added
		}
	}
	delete(p.names, oldest)
}

// has reports whether the normalised name resolved to a.
func (p *Pins) has(name string, a netip.Addr) bool {
	if p == nil {
		return false
	}
	e := p.names[name]
	return e != nil && slices.Contains(e.addrs, a)
}

// match reports whether a name that the pattern matches resolved to a.
func (p *Pins) match(pattern namePattern, a netip.Addr) bool {
	if !pattern.suffix {
		return p.has(pattern.name, a)
	}
	if p == nil {
		return false
	}
	for name, e := range p.names {
		if pattern.match(name) && slices.Contains(e.addrs, a) {
			return true
		}
	}
	return false
}

// newest returns the name that last resolved to a, or "".
func (p *Pins) newest(a netip.Addr) string {
	if p == nil {
		return ""
	}
	found, when := "", uint64(0)
	for name, e := range p.names {
		if e.added > when && slices.Contains(e.addrs, a) {
			found, when = name, e.added
		}
	}
	return found
}
