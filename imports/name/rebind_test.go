package name_test

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/wqjs/wqjs/imports/internal/abi"
	"github.com/wqjs/wqjs/imports/internal/guesttest"
	"github.com/wqjs/wqjs/imports/internal/netsys"
	"github.com/wqjs/wqjs/imports/internal/policy"
	"github.com/wqjs/wqjs/imports/name"
	"github.com/wqjs/wqjs/imports/socket"
)

// recorder is a Net that knows to make sockets, and notes where they would have
// been connected to.
type recorder struct {
	netsys.Net
	reached []string
}

func (r *recorder) Socket(int, int, int) (netsys.FD, error) { return 1 << 20, nil }
func (r *recorder) Close(netsys.FD) error                   { return nil }
func (r *recorder) Connect(_ netsys.FD, a netsys.Addr) error {
	r.reached = append(r.reached, a.AddrPort.String())
	return syscall.ECONNREFUSED
}
func (r *recorder) SendTo(_ netsys.FD, p []byte, _ int, a netsys.Addr) (int, error) {
	r.reached = append(r.reached, a.AddrPort.String())
	return len(p), nil
}

// TestRebinding: a name that is granted answers with a public address first,
// and with ones inside the network after that (DNS rebinding). What the guest
// may reach is decided when it connects, by the address.
func TestRebinding(t *testing.T) {
	answers := []string{"8.8.8.8", "127.0.0.1", "10.0.0.7", "169.254.169.254", "0.0.0.0", "::1", "::ffff:127.0.0.1", "fd00:ec2::254", "8.8.4.4"}
	var turn atomic.Int32
	_, r := newDNS(t, func(string, uint16) (int, []netip.Addr, bool) {
		return noError, addrs(answers[turn.Load()]), false
	})
	record := &recorder{}
	g := guesttest.New(t, guesttest.Config{
		Rules:    policy.Config{Connect: []string{"rebind.test:80"}, UDP: []string{"rebind.test:53"}},
		Resolver: name.NewResolver(r), Net: record, MaxLookups: 100,
	}, name.Funcs(), socket.Funcs())
	const inet6 = netsys.AF_INET6 // takes addresses of both families
	tcp, udp := g.Call("socket", inet6, netsys.SOCK_STREAM, 0), g.Call("socket", inet6, netsys.SOCK_DGRAM, 0)

	var want []string
	for i, a := range answers {
		addr := netip.MustParseAddr(a)
		public := strings.HasPrefix(a, "8.")
		// Before the name was looked up, its address is as foreign as any other.
		text := g.Put([]byte(a))
		g.Fail(abi.EACCES, "connect", tcp, text, len(a), 80, 0)

		turn.Store(int32(i))
		family := 10
		if addr.Is4() {
			family = 2
		}
		got, err := lookup(g, "rebind.test", family)
		if !addr.Is4In6() && (err != nil || strings.TrimSpace(got) != a) {
			t.Errorf("lookup of %s: %q, %v", a, got, err)
		}
		_, err = g.Try("connect", tcp, text, len(a), 80, 0)
		_, sendErr := g.Try("sendto", udp, text, 1, 0, text, len(a), 53)
		if public {
			want = append(want, a+":80", a+":53")
			if abi.ToErrno(err) != abi.ECONNREFUSED || sendErr != nil {
				t.Errorf("%s is denied: %v, %v", a, err, sendErr)
			}
		} else if abi.ToErrno(err) != abi.EACCES || abi.ToErrno(sendErr) != abi.EACCES {
			t.Errorf("%s is allowed: %v, %v", a, err, sendErr)
		}
		g.Fail(abi.EACCES, "connect", tcp, text, len(a), 81, 0) // another port never
	}
	if !slices.Equal(record.reached, want) {
		t.Errorf("reached %v, want %v", record.reached, want)
	}
	// The message of a private address says why the name does not do.
	turn.Store(2)
	if _, err := lookup(g, "rebind.test", 2); err != nil {
		t.Fatal(err)
	}
	_, err := g.Try("connect", tcp, g.Put([]byte("10.0.0.7")), 8, 80, 0)
	var d *policy.Denied
	if !errors.As(err, &d) || d.Target != "10.0.0.7:80" || d.Flag != "--allow-connect=10.0.0.7:80" {
		t.Errorf("%v", err)
	}
}
