//go:build unix

package socket_test

import (
	"math"
	"testing"

	"github.com/wqjs/wqjs/imports/internal/abi"
	"github.com/wqjs/wqjs/imports/internal/guesttest"
	"github.com/wqjs/wqjs/imports/internal/netsys"
)

func TestOptions(t *testing.T) {
	g := newGuest(t, guesttest.Config{Rules: loopback})
	fd := g.Call("socket", inet, stream, 0)
	p := g.Space(4)
	get := func(level, opt int) int32 {
		t.Helper()
		g.Call("getsockopt", fd, level, opt, p)
		v, _ := g.Mem.ReadUint32Le(p)
		return int32(v)
	}
	const sol, tcp = netsys.SOL_SOCKET, netsys.IPPROTO_TCP
	for _, c := range []struct {
		level, opt, set int
		want            int32
	}{
		{sol, netsys.SO_REUSEADDR, 1, 1},
		{sol, netsys.SO_REUSEADDR, 7, 1},
		{sol, netsys.SO_REUSEADDR, 0, 0},
		{sol, netsys.SO_REUSEPORT, 1, 1},
		{sol, netsys.SO_KEEPALIVE, -1, 1},
		{sol, netsys.SO_BROADCAST, 1, 1},
		{tcp, netsys.TCP_NODELAY, 1, 1},
		{tcp, netsys.TCP_KEEPIDLE, 30, 30},
		{tcp, netsys.TCP_KEEPINTVL, 5, 5},
		{tcp, netsys.TCP_KEEPCNT, 4, 4},
		{sol, netsys.SO_RCVTIMEO, 0, 0},
		{sol, netsys.SO_RCVTIMEO, 1500, 1500},
		{sol, netsys.SO_RCVTIMEO, math.MaxInt32, math.MaxInt32},
		{sol, netsys.SO_SNDTIMEO, 1, 1},
		{sol, netsys.SO_LINGER, 0, 0},
		{sol, netsys.SO_LINGER, 12, 12},
		{sol, netsys.SO_LINGER, -1, -1},
		{sol, netsys.SO_LINGER, math.MinInt32, -1},
	} {
		g.Call("setsockopt", fd, c.level, c.opt, c.set)
		if got := get(c.level, c.opt); got != c.want {
			t.Errorf("level %d option %d set to %d is %d", c.level, c.opt, c.set, got)
		}
	}
	// Each direction has its own timeout.
	if rcv, snd := get(sol, netsys.SO_RCVTIMEO), get(sol, netsys.SO_SNDTIMEO); rcv != math.MaxInt32 || snd != 1 {
		t.Errorf("timeouts %d and %d", rcv, snd)
	}
	g.Call("setsockopt", fd, sol, netsys.SO_LINGER, math.MaxInt32) // as much as fits
	for _, c := range [][2]int{{sol, netsys.SO_RCVBUF}, {sol, netsys.SO_SNDBUF}} {
		g.Call("setsockopt", fd, c[0], c[1], 32<<10)
		if got := get(c[0], c[1]); got < 32<<10 {
			t.Errorf("buffer of %d", got)
		}
	}
	if typ, listening, pending := get(sol, netsys.SO_TYPE), get(sol, netsys.SO_ACCEPTCONN), get(sol, netsys.SO_ERROR); typ != stream || listening != 0 || pending != 0 {
		t.Errorf("type %d, listening %d, error %d", typ, listening, pending)
	}
}

func TestWrongOptions(t *testing.T) {
	g := newGuest(t, guesttest.Config{Rules: loopback})
	fd := g.Call("socket", inet, stream, 0)
	p := g.Space(4)
	const sol, tcp = netsys.SOL_SOCKET, netsys.IPPROTO_TCP
	for _, c := range []struct{ level, opt int }{
		{sol, 0}, {sol, -1}, {sol, 36}, {sol, 25}, {sol, 26}, {sol, 12}, {sol, 999}, {sol, math.MaxInt32}, // SO_MARK, SO_BINDTODEVICE, filters
		{tcp, 0}, {tcp, 19}, {tcp, 23}, {tcp, 31}, {tcp, -1}, // TCP_REPAIR, TCP_FASTOPEN, TCP_ULP
		{0, 1}, {0, 35}, {-1, 1}, {0xffff, 4}, {netsys.IPPROTO_IPV6, 1}, {netsys.IPPROTO_UDP, 1}, {math.MinInt32, math.MinInt32},
	} {
		g.Fail(abi.ENOPROTOOPT, "setsockopt", fd, c.level, c.opt, 1)
		g.Fail(abi.ENOPROTOOPT, "getsockopt", fd, c.level, c.opt, p)
	}
	for _, opt := range []int{netsys.SO_TYPE, netsys.SO_ERROR, netsys.SO_ACCEPTCONN} {
		g.Fail(abi.ENOPROTOOPT, "setsockopt", fd, sol, opt, 1)
	}
	for _, opt := range []int{netsys.SO_RCVTIMEO, netsys.SO_SNDTIMEO} {
		for _, ms := range []int{-1, math.MinInt32} {
			err := g.Fail(abi.EDOM, "setsockopt", fd, sol, opt, ms)
			if ms == -1 && err.Error() != "setsockopt: a timeout of -1 ms is negative" {
				t.Error(err)
			}
		}
	}
}

func TestV6Only(t *testing.T) {
	needIPv6(t)
	g := newGuest(t, guesttest.Config{Rules: loopback})
	fd, p := g.Call("socket", inet6, stream, 0), g.Space(4)
	for _, v := range []int{1, 0} {
		g.Call("setsockopt", fd, netsys.IPPROTO_IPV6, netsys.IPV6_V6ONLY, v)
		g.Call("getsockopt", fd, netsys.IPPROTO_IPV6, netsys.IPV6_V6ONLY, p)
		if got, _ := g.Mem.ReadUint32Le(p); got != uint32(v) {
			t.Errorf("set to %d it is %d", v, got)
		}
	}
}
