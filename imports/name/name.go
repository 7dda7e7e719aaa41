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
	return guest.Instantiate(ctx, r, ModuleName, Funcs())
}

// Funcs are the functions of the module.
func Funcs() []guest.Func {
	return []guest.Func{
		{Name: "lookup", Params: "iii", Call: lookup},
		{Name: "lookup_start", Params: "iiii", Call: lookupStart},
		{Name: "lookup_cancel", Params: "i", Call: lookupCancel},
		{Name: "lookup_result", Params: "i", Call: lookupResult},
	}
}

// MaxConcurrent is how many lookups of a Resolver are under way at one time.
// Each takes up to two sockets of the host, which no quota of fds counts.
const MaxConcurrent = 32

// Resolver looks names up for one sandbox.
type Resolver struct {
	ask   LookupFunc
	slots chan struct{}
}

// LookupFunc is (*net.Resolver).LookupNetIP, or does as that does.
type LookupFunc = func(ctx context.Context, network, name string) ([]netip.Addr, error)

// NewFuncResolver makes a Resolver that asks f.
func NewFuncResolver(f LookupFunc) *Resolver {
	return &Resolver{f, make(chan struct{}, MaxConcurrent)}
}

// NewResolver makes a Resolver that asks as r does (nil: net.DefaultResolver).
// Lookups in flight are shared with nobody.
func NewResolver(r *net.Resolver) *Resolver {
	if r == nil {
		r = net.DefaultResolver
	}
	dial := r.Dial
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	own := &net.Resolver{PreferGo: r.PreferGo, StrictErrors: r.StrictErrors}
	own.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := dial(ctx, network, address)
		if err == nil {
			// Go's resolver heeds a cancellation only between its queries, which
			// time out after 5 s: a guest could pile up sockets by cancelling.
			context.AfterFunc(ctx, func() { c.Close() })
		}
		return c, err
	}
	return NewFuncResolver(own.LookupNetIP)
}

// Lookup returns the addresses of name of family 4, 6 or both (0). Its errors
// unwrap to abi.ENOTFOUND, abi.EAI_AGAIN or context.Canceled. Any goroutine may
// call it; beyond MaxConcurrent it waits for its turn.
func (r *Resolver) Lookup(ctx context.Context, name string, family int) ([]netip.Addr, error) {
	select {
	case r.slots <- struct{}{}:
		defer func() { <-r.slots }()
	case <-ctx.Done():
		return nil, lookupError(name, ctx.Err())
	}
	network := "ip"
	if family != 0 {
		network = map[int]string{4: "ip4", 6: "ip6"}[family]
	}
	addrs, err := r.ask(ctx, network, name)
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

// answer pins the addresses and offers them NUL-separated, as many as can be
// pinned.
func answer(g *guest.Guest, q question, addrs []netip.Addr) (int32, error) {
	addrs = addrs[:min(len(addrs), policy.MaxPinAddrs)]
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
	return 0, g.Go(guest.I32(a[0]), 0, func(ctx context.Context) any {
		if q.literal != nil {
			return result{q, q.literal, nil}
		}
		addrs, err := g.Resolver.Lookup(ctx, q.name, q.family)
		return result{q, addrs, err}
	})
}

// lookupCancel makes a lookup end soon, whose result is to be fetched as ever.
func lookupCancel(g *guest.Guest, _ guest.Memory, a []uint64) (int32, error) {
	g.Loop.CancelOp(guest.I32(a[0]))
	return 0, nil
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
