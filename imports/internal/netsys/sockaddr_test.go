//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package netsys

import (
	"net"
	"net/netip"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func TestSockaddr(t *testing.T) {
	ap := netip.MustParseAddrPort
	long := strings.Repeat("p", maxUnixPath)
	cases := []struct {
		in   Addr
		want Addr // zero: the same
		err  error
	}{
		{in: Addr{Family: AF_INET, AddrPort: ap("1.2.3.4:65535")}},
		{in: Addr{Family: AF_INET, AddrPort: ap("0.0.0.0:0")}},
		{in: Addr{Family: AF_INET, AddrPort: ap("[::ffff:1.2.3.4]:5")}, want: Addr{Family: AF_INET, AddrPort: ap("1.2.3.4:5")}},
		{in: Addr{Family: AF_INET, AddrPort: ap("[::1]:5")}, err: unix.EAFNOSUPPORT},
		{in: Addr{Family: AF_INET, AddrPort: ap("[::1.2.3.4]:5")}, err: unix.EAFNOSUPPORT},
		{in: Addr{Family: AF_INET}, err: unix.EINVAL},
		{in: Addr{Family: AF_INET6, AddrPort: ap("[2001:db8::1]:443")}},
		{in: Addr{Family: AF_INET6, AddrPort: ap("[fe80::1%7]:1")}},
		{in: Addr{Family: AF_INET6, AddrPort: ap("[fe80::1%0007]:1")}, want: Addr{Family: AF_INET6, AddrPort: ap("[fe80::1%7]:1")}},
		{in: Addr{Family: AF_INET6, AddrPort: ap("[fe80::1%0]:1")}, want: Addr{Family: AF_INET6, AddrPort: ap("[fe80::1]:1")}},
		{in: Addr{Family: AF_INET6, AddrPort: ap("[fe80::1%4294967295]:1")}},
		{in: Addr{Family: AF_INET6, AddrPort: ap("[fe80::1%4294967296]:1")}, err: unix.ENODEV},
		{in: Addr{Family: AF_INET6, AddrPort: ap("[fe80::1%-1]:1")}, err: unix.ENODEV},
		{in: Addr{Family: AF_INET6, AddrPort: ap("[fe80::1%nosuchif]:1")}, err: unix.ENODEV},
		{in: Addr{Family: AF_INET6, AddrPort: ap("[fe80::1%" + long + "]:1")}, err: unix.ENODEV},
		{in: Addr{Family: AF_INET6, AddrPort: ap("[::ffff:1.2.3.4]:5")}},
		{in: Addr{Family: AF_INET6, AddrPort: ap("1.2.3.4:5")}, want: Addr{Family: AF_INET6, AddrPort: ap("[::ffff:1.2.3.4]:5")}},
		{in: Addr{Family: AF_INET6}, err: unix.EINVAL},
		{in: Addr{Family: AF_UNIX, Path: "/run/s"}},
		{in: Addr{Family: AF_UNIX, Path: long}},
		{in: Addr{Family: AF_UNIX, Path: long + "p"}, err: unix.ENAMETOOLONG},
		{in: Addr{Family: AF_UNIX, Path: "a\x00b"}, err: unix.EINVAL},
		{in: Addr{Family: AF_UNIX, Path: "\x00abstract"}, err: unix.EINVAL},
		{in: Addr{Family: AF_UNIX, Path: "@"}, err: unix.EINVAL},
		{in: Addr{Family: AF_UNIX, Path: "@a\x00b"}, err: unix.EINVAL},
		{in: Addr{Family: AF_UNIX}},
		{in: Addr{}, err: unix.EAFNOSUPPORT},
		{in: Addr{Family: 16, Path: "x"}, err: unix.EAFNOSUPPORT},
	}
	for _, c := range cases {
		sa, err := toSockaddr(c.in)
		if err != c.err {
			t.Errorf("%+v: %v, want %v", c.in, err, c.err)
		}
		if err != nil {
			continue
		}
		want := c.want
		if want == (Addr{}) {
			want = c.in
		}
		if got, err := fromSockaddr(sa); got != want || err != nil {
			t.Errorf("%+v came back as %+v, %v", c.in, got, err)
		}
	}
	_, err := toSockaddr(Addr{Family: AF_UNIX, Path: "@abstract"})
	if hasAbstract != (err == nil) {
		t.Errorf("abstract name: %v", err)
	}
	if a, err := fromSockaddr(nil); a != (Addr{}) || err != nil {
		t.Errorf("no address: %+v, %v", a, err)
	}
}

func TestZoneName(t *testing.T) {
	ifs, err := net.Interfaces()
	check(t, err)
	for _, ifi := range ifs {
		if len(ifi.Name) > maxZone {
			continue
		}
		id, err := scopeID(ifi.Name)
		if _, nerr := strconv.ParseUint(ifi.Name, 10, 32); nerr != nil && (id != uint32(ifi.Index) || err != nil) {
			t.Errorf("%s: %d, %v; want %d", ifi.Name, id, err, ifi.Index)
		}
	}
}

// TestLongestNames asks the kernel, too.
func TestLongestNames(t *testing.T) {
	a := unixPath(t)
	a.Path += strings.Repeat("x", maxUnixPath-len(a.Path))
	_, got := bound(t, SOCK_STREAM, a)
	if got != a {
		t.Errorf("bound to %+v, LocalAddr %+v", a, got)
	}
	a.Path += "x"
	wantErr(t, OS.Bind(socket(t, AF_UNIX, SOCK_STREAM), a), syscall.ENAMETOOLONG)
	if hasAbstract {
		a.Path = "@" + a.Path[:maxUnixPath-1]
		if _, got := bound(t, SOCK_STREAM, a); got != a {
			t.Errorf("bound to %+v, LocalAddr %+v", a, got)
		}
	}
}

// TestForeignSocket hands over a socket of a family that is not offered.
func TestForeignSocket(t *testing.T) {
	if _, err := fromSockaddr(foreignSockaddr); err != error(unix.EAFNOSUPPORT) {
		t.Error(err)
	}
	if _, err := guestFamily(unix.AF_UNSPEC); err != error(unix.EAFNOSUPPORT) {
		t.Error(err)
	}
	if _, err := guestType(unix.SOCK_SEQPACKET); err != error(unix.ESOCKTNOSUPPORT) {
		t.Error(err)
	}
}

func FuzzSockaddr(f *testing.F) {
	f.Add(AF_INET, []byte{127, 0, 0, 1}, uint16(80), "", "")
	f.Add(AF_INET6, netip.MustParseAddr("::1").AsSlice(), uint16(443), "3", "")
	f.Add(AF_INET6, netip.MustParseAddr("::ffff:1.2.3.4").AsSlice(), uint16(1), "lo", "")
	f.Add(AF_UNIX, []byte{}, uint16(0), "", "/tmp/s")
	f.Add(AF_UNIX, []byte{}, uint16(0), "", "@a\x00b")
	f.Fuzz(func(t *testing.T, family int, ip []byte, port uint16, zone, path string) {
		addr, _ := netip.AddrFromSlice(ip)
		if addr.Is6() {
			addr = addr.WithZone(zone)
		}
		in := Addr{Family: family, AddrPort: netip.AddrPortFrom(addr, port), Path: path}
		sa, err := toSockaddr(in)
		if err != nil {
			if _, ok := err.(syscall.Errno); !ok {
				t.Fatalf("%+v: %T", in, err)
			}
			return
		}
		got, err := fromSockaddr(sa)
		if err != nil || got.Family != family {
			t.Fatalf("%+v came back as %+v, %v", in, got, err)
		}
		switch family {
		case AF_UNIX:
			if got.Path != path || got.AddrPort.IsValid() {
				t.Fatalf("%+v came back as %+v", in, got)
			}
		case AF_INET:
			if got.AddrPort != netip.AddrPortFrom(addr.Unmap(), port) {
				t.Fatalf("%+v came back as %+v", in, got)
			}
		case AF_INET6:
			if got.AddrPort.Port() != port || got.AddrPort.Addr().As16() != addr.As16() {
				t.Fatalf("%+v came back as %+v", in, got)
			}
			id, err := scopeID(zone)
			if back, _ := scopeID(got.AddrPort.Addr().Zone()); addr.Is6() && (err != nil || back != id) {
				t.Fatalf("zone %q came back as %q", zone, got.AddrPort.Addr().Zone())
			}
		}
		again, err := toSockaddr(got) // what came back is stable
		if err != nil {
			t.Fatal(err)
		}
		if twice, err := fromSockaddr(again); twice != got || err != nil {
			t.Fatalf("%+v then became %+v, %v", got, twice, err)
		}
	})
}
