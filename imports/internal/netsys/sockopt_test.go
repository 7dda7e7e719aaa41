//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package netsys

import (
	"math"
	"syscall"
	"testing"
)

// huge does not fit the kernel's int; 0 where Go's int is no wider.
var huge = func(n int) int { return n << 20 << 20 }(1)

func TestOptionsRoundTrip(t *testing.T) {
	stream := socket(t, AF_INET, SOCK_STREAM)
	dgram := socket(t, AF_INET, SOCK_DGRAM)
	flags := []struct {
		name       string
		fd         FD
		level, opt int
	}{
		{"REUSEADDR", stream, SOL_SOCKET, SO_REUSEADDR},
		{"REUSEPORT", stream, SOL_SOCKET, SO_REUSEPORT},
		{"KEEPALIVE", stream, SOL_SOCKET, SO_KEEPALIVE},
		{"BROADCAST", dgram, SOL_SOCKET, SO_BROADCAST},
		{"NODELAY", stream, IPPROTO_TCP, TCP_NODELAY},
	}
	for _, o := range flags {
		for _, val := range []int{1, 0, 2, huge} {
			if err := OS.SetsockoptInt(o.fd, o.level, o.opt, val); err != nil {
				t.Errorf("%s = %d: %v", o.name, val, err)
			}
			got, err := OS.GetsockoptInt(o.fd, o.level, o.opt)
			if err != nil || got != bit(val != 0) {
				t.Errorf("%s was set to %d and is %d, %v", o.name, val, got, err)
			}
		}
	}
	if osKeepIdle != noOpt {
		for opt, val := range map[int]int{TCP_KEEPIDLE: 33, TCP_KEEPINTVL: 7, TCP_KEEPCNT: 5} {
			check(t, OS.SetsockoptInt(stream, IPPROTO_TCP, opt, val))
			got, err := OS.GetsockoptInt(stream, IPPROTO_TCP, opt)
			if got != val || err != nil {
				t.Errorf("TCP option %d was set to %d and is %d, %v", opt, val, got, err)
			}
		}
	}
	for _, opt := range []int{SO_SNDBUF, SO_RCVBUF} {
		check(t, OS.SetsockoptInt(stream, SOL_SOCKET, opt, 32<<10))
		got, err := OS.GetsockoptInt(stream, SOL_SOCKET, opt)
		if got < 32<<10 || err != nil { // Linux doubles it
			t.Errorf("buffer option %d: %d, %v", opt, got, err)
		}
		if huge != 0 {
			wantErr(t, OS.SetsockoptInt(stream, SOL_SOCKET, opt, huge), syscall.EINVAL)
		}
	}
}

func TestTimeouts(t *testing.T) {
	fd := socket(t, AF_INET, SOCK_STREAM)
	for _, opt := range []int{SO_RCVTIMEO, SO_SNDTIMEO} {
		for _, ms := range []int{0, 1, 1500, 3600_000} {
			check(t, OS.SetsockoptInt(fd, SOL_SOCKET, opt, ms))
			got, err := OS.GetsockoptInt(fd, SOL_SOCKET, opt)
			if err != nil || got < ms || got > ms+20 { // a clock tick more
				t.Errorf("option %d was set to %d ms and is %d, %v", opt, ms, got, err)
			}
		}
		for _, ms := range []int{-1, -huge - 1, math.MinInt, math.MaxInt} {
			if ms != math.MaxInt32 {
				wantErr(t, OS.SetsockoptInt(fd, SOL_SOCKET, opt, ms), syscall.EDOM)
			}
		}
	}
}

func TestV6Only(t *testing.T) {
	needIPv6(t)
	fd := socket(t, AF_INET6, SOCK_STREAM)
	check(t, OS.SetsockoptInt(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1))
	if got, err := OS.GetsockoptInt(fd, IPPROTO_IPV6, IPV6_V6ONLY); got != 1 || err != nil {
		t.Errorf("V6ONLY: %d, %v", got, err)
	}
}

func TestReadOnlyOptions(t *testing.T) {
	l, _ := listener(t, inet("127.0.0.1:0"))
	fd := socket(t, AF_INET, SOCK_DGRAM)
	cases := []struct {
		fd        FD
		opt, want int
	}{
		{l, SO_TYPE, SOCK_STREAM}, {fd, SO_TYPE, SOCK_DGRAM},
		{l, SO_DOMAIN, AF_INET}, {l, SO_ACCEPTCONN, 1}, {fd, SO_ERROR, 0},
	}
	for _, c := range cases {
		got, err := OS.GetsockoptInt(c.fd, SOL_SOCKET, c.opt)
		if got != c.want || err != nil {
			t.Errorf("option %d: %d, %v; want %d", c.opt, got, err, c.want)
		}
		wantErr(t, OS.SetsockoptInt(c.fd, SOL_SOCKET, c.opt, 1), syscall.ENOPROTOOPT)
	}
}

func TestUnknownOptions(t *testing.T) {
	fd := socket(t, AF_INET, SOCK_STREAM)
	// SO_BINDTODEVICE, SO_ATTACH_FILTER, SO_MARK, TCP_ULP, IP_TTL, SO_NOSIGPIPE and SOL_SOCKET of darwin…
	for _, o := range [][2]int{{1, 25}, {1, 26}, {1, 36}, {1, 0x1022}, {6, 31}, {6, 0}, {0, 2}, {41, 16}, {0xffff, 4}, {-1, -1}, {1, -1}, {6, -1}} {
		wantErr(t, OS.SetsockoptInt(fd, o[0], o[1], 1), syscall.ENOPROTOOPT)
		_, err := OS.GetsockoptInt(fd, o[0], o[1])
		wantErr(t, err, syscall.ENOPROTOOPT)
	}
	wantErr(t, OS.SetsockoptInt(fd, SOL_SOCKET, SO_LINGER, 1), syscall.EINVAL)
	_, err := OS.GetsockoptInt(fd, SOL_SOCKET, SO_LINGER)
	wantErr(t, err, syscall.EINVAL)
}

func TestLinger(t *testing.T) {
	fd := socket(t, AF_INET, SOCK_STREAM)
	for _, c := range []struct {
		on      bool
		seconds int
	}{{true, 0}, {true, 7}, {false, 0}} {
		check(t, OS.SetLinger(fd, c.on, c.seconds))
		on, seconds, err := OS.Linger(fd)
		if on != c.on || on && seconds != c.seconds || err != nil {
			t.Errorf("%+v became %v, %d, %v", c, on, seconds, err)
		}
	}
	wantErr(t, OS.SetLinger(fd, true, -1), syscall.EINVAL)
	if huge != 0 {
		wantErr(t, OS.SetLinger(fd, true, huge), syscall.EINVAL)
	}
}

func TestReusePort(t *testing.T) {
	a := socket(t, AF_INET, SOCK_STREAM)
	check(t, OS.SetsockoptInt(a, SOL_SOCKET, SO_REUSEPORT, 1))
	check(t, OS.Bind(a, inet("127.0.0.1:0")))
	la, err := OS.LocalAddr(a)
	check(t, err)
	b := socket(t, AF_INET, SOCK_STREAM)
	check(t, OS.SetsockoptInt(b, SOL_SOCKET, SO_REUSEPORT, 1))
	check(t, OS.Bind(b, la))
}
