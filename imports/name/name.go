// Package name is the host module wqjs_name: DNS. Names are asked of Go's
// resolver; the policy decides who may ask, and the addresses of an answer are
// pinned for the policy's name rules.
package name

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"

	"github.com/tetratelabs/wazero"

	"github.com/wqjs/wqjs/imports/internal/abi"
	"github.com/wqjs/wqjs/imports/internal/guest"
	"github.com/wqjs/wqjs/imports/internal/policy"
)

// ModuleName is the name guests import from.
const ModuleName = "wqjs_name"

// Instantiate adds the module to r.
func Instantiate(ctx context.Context, r wazero.Runtime) error {
	return guest.Instantiate(ctx, r, ModuleName, []guest.Func{
		{Name: "lookup", Params: "iii", Call: lookup},
		{Name: "lookup_start", Params: "iiii", Call: lookupStart},
		{Name: "lookup_result", Params: "i", Call: lookupResult},
	})
}

// Resolver asks r (nil is net.DefaultResolver).
type Resolver struct{ Net *net.Resolver }

// Lookup returns the addresses of name of family 4, 6 or both (0). Its errors
// unwrap to abi.ENOTFOUND or abi.EAI_AGAIN.
func (r Resolver) Lookup(ctx context.Context, name string, family int) ([]netip.Addr, error) {
	res := r.Net
	if res == nil {
		res = net.DefaultResolver
	}
	network := "ip"
	if family != 0 {
		network = map[int]string{4: "ip4", 6: "ip6"}[family]
	}
	addrs, err := res.LookupNetIP(ctx, network, name)
	if err != nil {
		return nil, lookupError(name, err)
	}
	for i := range addrs {
		addrs[i] = addrs[i].Unmap()
	}
	return addrs, nil
}

func lookupError(name string, err error) error {
	var dns *net.DNSError
	if errors.As(err, &dns) && dns.IsNotFound {
		return abi.Detailed(abi.ENOTFOUND, "getaddrinfo %s: no such name (ENOTFOUND)", name)
	}
	if errors.Is(err, context.Canceled) {
		return err
	}
	return abi.Detailed(abi.EAI_AGAIN, "getaddrinfo %s: the resolver failed for now (EAI_AGAIN)", name)
}

// question is a checked request: literals answer themselves.
type question struct {
	name    string
	family  int
	literal []netip.Addr
}

func parse(g *guest.Guest, m guest.Memory, ptr, n, family uint64) (question, error) {
	var q question
	s, err := m.String(guest.Ptr(ptr), guest.I32(n))
	if err != nil {
		return q, err
	}
	switch guest.I32(family) {
	case 0:
	case 2:
		q.family = 4
	case 10:
		q.family = 6
	default:
		return q, abi.EAFNOSUPPORT
	}
	addr, isAddr, err := policy.ParseHost(s)
	if err != nil {
		return q, abi.Detailed(abi.EINVAL, "getaddrinfo: %v", err)
	}
	if isAddr {
		if (q.family == 4) != addr.Is4() && q.family != 0 {
			return q, abi.Detailed(abi.ENOTFOUND, "getaddrinfo %s: no address of that family (ENOTFOUND)", s)
		}
		q.literal = []netip.Addr{addr}
		return q, nil
	}
	if q.name, err = policy.NormalizeName(s); err != nil {
		return q, abi.Detailed(abi.EINVAL, "getaddrinfo: %v", err)
	}
	if err := g.Policy.Resolve(q.name); err != nil {
		return q, err
	}
	if g.Lookups >= g.MaxLookups {
		return q, abi.Detailed(abi.EAGAIN, "getaddrinfo %s: this sandbox has made all of its %d lookups", q.name, g.MaxLookups)
	}
	g.Lookups++
	return q, nil
}

// answer pins the addresses and offers them NUL-separated.
func answer(g *guest.Guest, q question, addrs []netip.Addr) (int32, error) {
	if q.literal == nil {
		if err := g.Pins.Add(q.name, addrs); err != nil {
			return 0, err
		}
	}
	var b strings.Builder
	for _, a := range addrs {
		b.WriteString(a.String())
		b.WriteByte(0)
	}
	return g.Offer([]byte(b.String()))
}

func lookup(g *guest.Guest, m guest.Memory, a []uint64) (int32, error) {
	q, err := parse(g, m, a[0], a[1], a[2])
	if err != nil {
		return 0, err
	}
	if q.literal != nil {
		return answer(g, q, q.literal)
	}
	addrs, err := guest.Await(g, func(ctx context.Context) ([]netip.Addr, error) {
		return g.Resolver.Lookup(ctx, q.name, q.family)
	})
	if err != nil {
		return 0, err
	}
	return answer(g, q, addrs)
}

// result is what an asynchronous lookup leaves for lookup_result.
type result struct {
	q     question
	addrs []netip.Addr
	err   error
}

func lookupStart(g *guest.Guest, m guest.Memory, a []uint64) (int32, error) {
	q, err := parse(g, m, a[1], a[2], a[3])
	if err != nil {
		return 0, err
	}
	return 0, g.Go(guest.I32(a[0]), func(ctx context.Context) any {
		if q.literal != nil {
			return result{q, q.literal, nil}
		}
		addrs, err := g.Resolver.Lookup(ctx, q.name, q.family)
		return result{q, addrs, err}
	})
}

func lookupResult(g *guest.Guest, _ guest.Memory, a []uint64) (int32, error) {
	v, err := g.Result(guest.I32(a[0]))
	if err != nil {
		return 0, err
	}
	r, ok := v.(result)
	if !ok {
		return 0, abi.EINVAL
	}
	if r.err != nil {
		return 0, r.err
	}
	return answer(g, r.q, r.addrs)
}
