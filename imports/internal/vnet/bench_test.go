//go:build unix

package vnet

import (
	"testing"

	"github.com/wqjs/wqjs/imports/internal/netsys"
)

// nets are the net and the kernel's, to compare.
func nets(b *testing.B, f func(b *testing.B, n netsys.Net)) {
	v, err := New(Config{})
	check(b, err)
	defer v.Stop()
	b.Run("virtual", func(b *testing.B) { f(b, v) })
	b.Run("kernel", func(b *testing.B) { f(b, netsys.OS) })
}

// connection makes a connection to the listener.
func connection(b *testing.B, n netsys.Net, l netsys.FD) (c, s netsys.FD) {
	a, err := n.LocalAddr(l)
	check(b, err)
	c, err = n.Socket(netsys.AF_INET, netsys.SOCK_STREAM, 0)
	check(b, err)
	_ = n.Connect(c, a) // under way
	await(b, l, netsys.EPOLLIN)
	s, _, err = n.Accept(l)
	check(b, err)
	return c, s
}

func newListener(b *testing.B, n netsys.Net) netsys.FD {
	l, err := n.Socket(netsys.AF_INET, netsys.SOCK_STREAM, 0)
	check(b, err)
	check(b, n.Bind(l, inet("127.0.0.1:0")))
	check(b, n.Listen(l, 16))
	return l
}

// BenchmarkConnect connects, accepts and closes.
func BenchmarkConnect(b *testing.B) {
	nets(b, func(b *testing.B, n netsys.Net) {
		l := newListener(b, n)
		defer n.Close(l)
		for b.Loop() {
			c, s := connection(b, n, l)
			check(b, n.SetLinger(c, true, 0)) // no TIME_WAIT
			check(b, n.Close(c))
			check(b, n.Close(s))
		}
	})
}

// BenchmarkSendRecv moves a kilobyte.
func BenchmarkSendRecv(b *testing.B) {
	nets(b, func(b *testing.B, n netsys.Net) {
		l := newListener(b, n)
		defer n.Close(l)
		c, s := connection(b, n, l)
		defer n.Close(c)
		defer n.Close(s)
		p := make([]byte, 1<<10)
		b.SetBytes(int64(len(p)))
		b.ReportAllocs()
		for b.Loop() {
			_, err := n.Send(c, p, 0)
			check(b, err)
			_, err = n.Recv(s, p, 0)
			check(b, err)
		}
	})
}
