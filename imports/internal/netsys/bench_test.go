//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package netsys

import (
	"fmt"
	"syscall"
	"testing"
	"time"
)

func BenchmarkSendRecv(b *testing.B) {
	for _, size := range []int{1 << 10, 64 << 10} {
		b.Run(fmt.Sprintf("%dKiB", size>>10), func(b *testing.B) {
			x, y := pair(b, SOCK_STREAM)
			check(b, OS.SetsockoptInt(x, SOL_SOCKET, SO_SNDBUF, 1<<20))
			p, q := make([]byte, size), make([]byte, size)
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				sent, err := OS.Send(x, p, 0)
				if err != nil {
					b.Fatal(err)
				}
				for got := 0; got < sent; {
					n, err := OS.Recv(y, q, 0)
					if err != nil {
						b.Fatal(err)
					}
					got += n
				}
			}
		})
	}
}

func BenchmarkRecvNothing(b *testing.B) {
	x, _ := pair(b, SOCK_STREAM)
	p := make([]byte, 64)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := OS.Recv(x, p, 0); err != syscall.EAGAIN {
			b.Fatal(err)
		}
	}
}

func BenchmarkDatagram(b *testing.B) {
	x, _ := bound(b, SOCK_DGRAM, inet("127.0.0.1:0"))
	y, ya := bound(b, SOCK_DGRAM, inet("127.0.0.1:0"))
	p := make([]byte, 512)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := OS.SendTo(x, p, 0, ya); err != nil {
			b.Fatal(err)
		}
		if _, _, err := OS.RecvFrom(y, p, 0); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkWaitReady(b *testing.B) {
	p := newPoller(b)
	x, y := pair(b, SOCK_STREAM)
	check(b, p.Add(x, EPOLLIN, 1))
	sendAll(b, y, []byte("x"))
	out := make([]Event, 64)
	b.ReportAllocs()
	for b.Loop() {
		if n, err := p.Wait(out, time.Time{}); n != 1 || err != nil {
			b.Fatal(n, err)
		}
	}
}

// BenchmarkWaitParked is a round trip between two goroutines that park.
func BenchmarkWaitParked(b *testing.B) {
	p, q := newPoller(b), newPoller(b)
	x, y := pair(b, SOCK_STREAM)
	check(b, p.Add(x, EPOLLIN, 1))
	check(b, q.Add(y, EPOLLIN, 1))
	echo := func(p *Poller, fd FD, deadline time.Time) error {
		var out [4]Event
		var buf [8]byte
		if _, err := p.Wait(out[:], deadline); err != nil {
			return err
		}
		_, err := OS.Recv(fd, buf[:], 0)
		return err
	}
	go func() {
		for echo(q, y, time.Time{}) == nil {
			OS.Send(y, []byte("y"), 0)
		}
	}()
	defer q.Close()
	b.ReportAllocs()
	for b.Loop() {
		OS.Send(x, []byte("x"), 0)
		if err := echo(p, x, time.Now().Add(patience)); err != nil {
			b.Fatal(err)
		}
	}
}
