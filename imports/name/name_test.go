package name_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wqjs/wqjs/imports/internal/abi"
	"github.com/wqjs/wqjs/imports/internal/guest"
	"github.com/wqjs/wqjs/imports/internal/guesttest"
	"github.com/wqjs/wqjs/imports/internal/loop"
	"github.com/wqjs/wqjs/imports/internal/policy"
	"github.com/wqjs/wqjs/imports/name"
)

// zone answers for a few names of the reserved domain "test" (RFC 6761).
func zone(name string, typ uint16) (int, []netip.Addr, bool) {
	if strings.HasPrefix(name, "slow") {
		return 0, nil, true
	}
	switch name {
	case "both.test":
		return noError, addrs("192.0.2.1", "192.0.2.2", "2001:db8::1"), false
	case "four.test":
		return noError, addrs("192.0.2.4"), false
	case "empty.test":
		return noError, nil, false
	case "broken.test":
		return servFail, nil, false
	case "many.test":
		var out []netip.Addr
		for i := range 70 {
			out = append(out, netip.AddrFrom4([4]byte{192, 0, 2, byte(i)}))
		}
		return noError, out, false
	}
	return nxDomain, nil, false
}

func newGuest(t testing.TB, rules policy.Config, r *net.Resolver) *guesttest.Guest {
	t.Helper()
	return guesttest.New(t, guesttest.Config{
		Rules: rules, Resolver: name.NewResolver(r), MaxLookups: 1000,
	}, name.Funcs())
}

// lookup is the answer of a blocking lookup.
func lookup(g *guesttest.Guest, host string, family int) (string, error) {
	n, err := g.Try("lookup", g.Put([]byte(host)), len(host), family)
	if err != nil {
		return "", err
	}
	return strings.ReplaceAll(g.Taken(n), "\x00", " "), nil
}

func TestLookup(t *testing.T) {
	guesttest.NoLeaks(t)
	_, r := newDNS(t, zone)
	g := newGuest(t, policy.Config{Resolve: []string{"*"}}, r)
	for _, c := range []struct {
		host   string
		family int
		want   string
		err    abi.Errno
	}{
		{"both.test", 2, "192.0.2.1 192.0.2.2 ", 0},
		{"both.test", 10, "2001:db8::1 ", 0},
		{"BOTH.Test.", 2, "192.0.2.1 192.0.2.2 ", 0},
		{"four.test", 0, "192.0.2.4 ", 0},
		{"four.test", 10, "", abi.ENOTFOUND},
		{"empty.test", 0, "", abi.ENOTFOUND},
		{"no.test", 0, "", abi.ENOTFOUND},
		{"broken.test", 0, "", abi.EAI_AGAIN},
		{"four.test", 1, "", abi.EAFNOSUPPORT},
		{"four.test", 4, "", abi.EAFNOSUPPORT},
		{"four.test", -1, "", abi.EAFNOSUPPORT},
		{"", 0, "", abi.EINVAL},
		{".", 0, "", abi.EINVAL},
		{"a..test", 0, "", abi.EINVAL},
		{"four.test\x00.evil", 0, "", abi.EINVAL},
		{"fünf.test", 0, "", abi.EINVAL},
		{"-x.test", 0, "", abi.EINVAL},
		{"0x7f.1", 0, "", abi.EINVAL},
		{"127.1", 0, "", abi.EINVAL},
		{"0177.0.0.1", 0, "", abi.EINVAL},
		{"2130706433", 0, "", abi.EINVAL},
		{"[::1]", 0, "", abi.EINVAL},
		{strings.Repeat("a", 64) + ".test", 0, "", abi.EINVAL},
		{strings.Repeat("a.", 130) + "test", 0, "", abi.EINVAL},
	} {
		got, err := lookup(g, c.host, c.family)
		if got != c.want || abi.ToErrno(err) != c.err {
			t.Errorf("%q of family %d: %q, %v", c.host, c.family, got, err)
		}
	}
	got, err := lookup(g, "both.test", 0)
	if fields := strings.Fields(got); len(fields) != 3 || err != nil {
		t.Errorf("both families: %q, %v", got, err)
	}
	if _, err := lookup(g, "no.test", 0); err == nil || err.Error() != "getaddrinfo no.test: no such name (ENOTFOUND)" {
		t.Error(err)
	}
	if _, err := lookup(g, "broken.test", 0); err == nil || err.Error() != "getaddrinfo broken.test: the resolver failed for now (EAI_AGAIN)" {
		t.Error(err)
	}
}

// TestLiterals: an address is its own answer. That takes no permission, no
// resolver and none of the quota.
func TestLiterals(t *testing.T) {
	g := guesttest.New(t, guesttest.Config{}, name.Funcs())
	for _, c := range []struct {
		host   string
		family int
		want   string
		err    abi.Errno
	}{
		{"127.0.0.1", 0, "127.0.0.1 ", 0},
		{"127.0.0.1", 2, "127.0.0.1 ", 0},
		{"127.0.0.1", 10, "", abi.ENOTFOUND},
		{"::1", 10, "::1 ", 0},
		{"::1", 2, "", abi.ENOTFOUND},
		{"0:0::1", 0, "::1 ", 0},
		{"fe80::1%eth0", 0, "fe80::1%eth0 ", 0},
		{"169.254.169.254", 0, "169.254.169.254 ", 0}, // knowing it is not reaching it
	} {
		got, err := lookup(g, c.host, c.family)
		if got != c.want || abi.ToErrno(err) != c.err {
			t.Errorf("%q of family %d: %q, %v", c.host, c.family, got, err)
		}
	}
	if g.Lookups != 0 {
		t.Errorf("%d lookups", g.Lookups)
	}
	p := g.Put([]byte("10.0.0.1"))
	g.Call("lookup_start", 1, p, 8, 0)
	wait(t, g)
	if s := g.Taken(g.Call("lookup_result", 1)); s != "10.0.0.1\x00" {
		t.Errorf("%q", s)
	}
}

func TestDenied(t *testing.T) {
	server, r := newDNS(t, zone)
	g := newGuest(t, policy.Config{Resolve: []string{"four.test"}, Connect: []string{"both.test:443"}, UDP: []string{"*.empty.test"}}, r)
	for host, granted := range map[string]bool{
		"four.test": true, "both.test": true, "x.empty.test": true,
		"empty.test": false, "no.test": false, "x.four.test": false, "four.test.evil.test": false,
	} {
		_, err := lookup(g, host, 0)
		if denied := abi.ToErrno(err) == abi.EACCES; denied == granted {
			t.Errorf("%s: %v", host, err)
		}
		if asked := server.queries(host) > 0; asked != granted {
			t.Errorf("the server was asked for %s: %v", host, asked)
		}
	}
	_, err := lookup(g, "no.test", 0)
	var d *policy.Denied
	if !errors.As(err, &d) || d.Op != policy.OpResolve || d.Target != "no.test" || d.Flag != "--allow-resolve=no.test" {
		t.Errorf("%v", err)
	}
	p := g.Put([]byte("no.test"))
	g.Fail(abi.EACCES, "lookup_start", 1, p, 7, 0)
	g.Fail(abi.ENOENT, "lookup_result", 1)
	if g.Loop.Alive() {
		t.Error("a denied lookup keeps the loop alive")
	}
}

func TestLookupLimit(t *testing.T) {
	_, r := newDNS(t, zone)
	g := newGuest(t, policy.Config{Resolve: []string{"*"}}, r)
	g.MaxLookups = 3
	p := g.Put([]byte("four.test"))
	g.Call("lookup", p, 9, 2)
	g.Call("lookup_start", 1, p, 9, 2)
	if _, err := lookup(g, "no.test", 2); abi.ToErrno(err) != abi.ENOTFOUND { // a failed one counts
		t.Error(err)
	}
	for range 3 {
		err := g.Fail(abi.EAGAIN, "lookup", p, 9, 2)
		if err.Error() != "getaddrinfo four.test: this sandbox has made all of its 3 lookups" {
			t.Error(err)
		}
		g.Fail(abi.EAGAIN, "lookup_start", 2, p, 9, 2)
	}
	wait(t, g)
	g.Call("lookup_result", 1)
	if _, err := lookup(g, "127.0.0.1", 0); err != nil {
		t.Errorf("an address after the last lookup: %v", err)
	}
}

// wait runs the loop until all operations were reported.
func wait(t testing.TB, g *guesttest.Guest) (ids []int32) {
	t.Helper()
	for g.Loop.Alive() {
		events, err := g.Loop.Next(make([]loop.Event, 0, 64))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			ids = append(ids, e.ID)
		}
	}
	return ids
}

func TestAsync(t *testing.T) {
	guesttest.NoLeaks(t)
	_, r := newDNS(t, zone)
	g := newGuest(t, policy.Config{Resolve: []string{"*"}}, r)
	four, no, broken := g.Put([]byte("four.test")), g.Put([]byte("no.test")), g.Put([]byte("broken.test"))
	g.Call("lookup_start", 1, four, 9, 2)
	g.Call("lookup_start", 2, no, 7, 0)
	g.Call("lookup_start", -3, broken, 11, 2)
	g.Fail(abi.EEXIST, "lookup_start", 1, four, 9, 2)
	g.Fail(abi.ENOENT, "lookup_result", 7)
	if got := wait(t, g); len(got) != 3 {
		t.Errorf("completed %v", got)
	}
	g.Fail(abi.EEXIST, "lookup_start", 1, four, 9, 2) // its result was not fetched
	if s := g.Taken(g.Call("lookup_result", 1)); s != "192.0.2.4\x00" {
		t.Errorf("%q", s)
	}
	g.Fail(abi.ENOTFOUND, "lookup_result", 2)
	g.Fail(abi.EAI_AGAIN, "lookup_result", -3)
	for _, id := range []int{1, 2, -3} {
		g.Fail(abi.ENOENT, "lookup_result", id)
	}
	g.Call("lookup_start", 1, four, 9, 2)
	wait(t, g)
	g.Call("lookup_result", 1)
}

// TestUnfetched is a guest that starts lookups that cost nothing, and leaves
// their results in the host.
func TestUnfetched(t *testing.T) {
	g := guesttest.New(t, guesttest.Config{}, name.Funcs())
	p := g.Put([]byte("::1"))
	for id := 0; ; id++ {
		if _, err := g.Try("lookup_start", id, p, 3, 0); err != nil {
			if id != guest.MaxResults || abi.ToErrno(err) != abi.EAGAIN {
				t.Errorf("number %d: %v", id, err)
			}
			return
		}
		wait(t, g)
	}
}

// TestForeignResult: a result of another operation than a lookup.
func TestForeignResult(t *testing.T) {
	g := guesttest.New(t, guesttest.Config{}, name.Funcs())
	if err := g.Go(1, 0, func(context.Context) any { return 5 }); err != nil {
		t.Fatal(err)
	}
	wait(t, g)
	g.Fail(abi.EINVAL, "lookup_result", 1)
}

// TestInterruptLookup ends a lookup whose server does not answer, at once.
func TestInterruptLookup(t *testing.T) {
	guesttest.NoLeaks(t)
	server, r := newDNS(t, zone)
	g := newGuest(t, policy.Config{Resolve: []string{"*"}}, r)
	cause := errors.New("stop")
	for round := range 5 {
		host := fmt.Sprintf("slow%d.test", round) // equal ones share their queries
		go func() {
			for server.queries(host) == 0 {
				time.Sleep(time.Millisecond)
			}
			g.Loop.Interrupt(cause)
		}()
		start := time.Now()
		if _, err := lookup(g, host, 2); err != cause {
			t.Fatal(err)
		}
		if d := time.Since(start); d > 4*time.Second { // the resolver's own patience is 5 s
			t.Errorf("ended after %v", d)
		}
		g.Loop.Resume()
	}
	if got, err := lookup(g, "four.test", 2); got != "192.0.2.4 " || err != nil {
		t.Errorf("after that: %q, %v", got, err)
	}
}

// TestCloseDuringLookup leaves no goroutine behind.
func TestCloseDuringLookup(t *testing.T) {
	guesttest.NoLeaks(t)
	server, r := newDNS(t, zone)
	g := newGuest(t, policy.Config{Resolve: []string{"*"}}, r)
	p := g.Put([]byte("slow.test"))
	g.Call("lookup_start", 1, p, 9, 0)
	for server.queries("slow.test") == 0 {
		time.Sleep(time.Millisecond)
	}
	if err := g.Loop.Close(); err != nil {
		t.Error(err)
	}
}

// TestConcurrency: a guest cannot have the host open sockets without limit.
func TestConcurrency(t *testing.T) {
	guesttest.NoLeaks(t)
	server, r := newDNS(t, zone)
	g := newGuest(t, policy.Config{Resolve: []string{"*"}}, r)
	for id := range 3 * name.MaxConcurrent {
		host := fmt.Sprintf("slow%d.test", id)
		g.Call("lookup_start", id, g.Put([]byte(host)), len(host), 2)
	}
	for server.names() < name.MaxConcurrent {
		time.Sleep(time.Millisecond)
	}
	time.Sleep(20 * time.Millisecond)
	if n := server.names(); n != name.MaxConcurrent {
		t.Errorf("%d lookups are under way", n)
	}
	if err := g.Loop.Close(); err != nil { // ends those that wait, too
		t.Error(err)
	}
}

// TestCancel: a cancelled lookup ends at once, and so do its sockets.
func TestCancel(t *testing.T) {
	guesttest.NoLeaks(t)
	server, r := newDNS(t, zone)
	g := newGuest(t, policy.Config{Resolve: []string{"*"}}, r)
	g.Call("lookup_cancel", 5) // unknown ids are no error
	start := time.Now()
	for round := range 3 {
		before := guesttest.OpenFDs()
		for id := range 2 * name.MaxConcurrent { // some have not begun
			host := fmt.Sprintf("slow-%d-%d.test", round, id)
			g.Call("lookup_start", id, g.Put([]byte(host)), len(host), 0)
		}
		for server.names() <= round*name.MaxConcurrent {
			time.Sleep(time.Millisecond)
		}
		for id := range 2 * name.MaxConcurrent {
			g.Call("lookup_cancel", id)
			g.Call("lookup_cancel", id)
		}
		if n := len(wait(t, g)); n != 2*name.MaxConcurrent {
			t.Errorf("%d completed", n)
		}
		for id := range 2 * name.MaxConcurrent {
			g.Fail(abi.ECANCELED, "lookup_result", id)
			g.Call("lookup_cancel", id)
		}
		for guesttest.OpenFDs() > before && time.Since(start) < 4*time.Second {
			time.Sleep(time.Millisecond)
		}
	}
	if d := time.Since(start); d >= 4*time.Second { // the resolver's own patience is 5 s
		t.Errorf("took %v, %d descriptors are open", d, guesttest.OpenFDs())
	}
}

// TestManyAddresses: the script is told of no more addresses than are pinned.
func TestManyAddresses(t *testing.T) {
	_, r := newDNS(t, zone)
	g := newGuest(t, policy.Config{Connect: []string{"many.test:80"}}, r)
	got, err := lookup(g, "many.test", 2)
	if err != nil || len(strings.Fields(got)) != policy.MaxPinAddrs {
		t.Errorf("%d addresses, %v", len(strings.Fields(got)), err)
	}
}

// stub is a Resolver that fails in ways a server cannot be made to.
type stub struct{ err error }

func (s stub) Lookup(context.Context, string, int) ([]netip.Addr, error) { return nil, s.err }

func TestEmptyAnswer(t *testing.T) {
	for _, c := range []struct {
		err  error
		want abi.Errno
	}{
		{nil, 0},
		{context.DeadlineExceeded, abi.ETIMEDOUT},
		{errors.New("x"), abi.EIO},
	} {
		g := guesttest.New(t, guesttest.Config{Rules: policy.Config{Resolve: []string{"*"}}, Resolver: stub{c.err}, MaxLookups: 9}, name.Funcs())
		got, err := lookup(g, "a.test", 0)
		if got != "" || abi.ToErrno(err) != c.want {
			t.Errorf("%v: %q, %v", c.err, got, err)
		}
	}
}

func TestResolver(t *testing.T) {
	var calls atomic.Int32
	_, r := newDNS(t, func(n string, typ uint16) (int, []netip.Addr, bool) {
		calls.Add(1)
		return zone(n, typ)
	})
	got, err := name.NewResolver(r).Lookup(t.Context(), "four.test", 4)
	if fmt.Sprint(got) != "[192.0.2.4]" || err != nil || !got[0].Is4() {
		t.Errorf("%v, %v", got, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := name.NewResolver(r).Lookup(ctx, "slow.test", 4); abi.ToErrno(err) != abi.ECANCELED {
		t.Errorf("cancelled: %v", err)
	}
	if calls.Load() == 0 {
		t.Error("the server was not asked")
	}
	// The default resolver is the system's; "localhost" needs no network.
	if got, err := name.NewResolver(nil).Lookup(t.Context(), "localhost", 0); err == nil {
		for _, a := range got {
			if !a.IsLoopback() {
				t.Errorf("localhost is %v", a)
			}
		}
	}
}
