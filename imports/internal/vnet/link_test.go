//go:build unix

package vnet

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/wqjs/wqjs/imports/internal/abi"
	"github.com/wqjs/wqjs/imports/internal/netsys"
)

// TestLatency can only tell that something took too little time.
func TestLatency(t *testing.T) {
	const late = 20 * time.Millisecond
	n := newNet(t, everywhere(Link{Latency: late, Jitter: time.Millisecond}))
	start := time.Now()
	l, a := listen(t, n, inet("10.0.0.1:80"), 1)
	c := open(t, n, netsys.AF_INET, netsys.SOCK_STREAM)
	err := n.Connect(c, a)
	if now(t, c) != 0 {
		t.Errorf("while connecting there is %#x", now(t, c))
	}
	_, err2 := n.Recv(c, make([]byte, 1), 0)
	wantErr(t, err2, syscall.EAGAIN)
	check(t, settle(t, n, c, err))
	s, _ := accept(t, n, l)
	if d := time.Since(start); d < 2*late {
		t.Errorf("connecting took %v", d)
	}
	start = time.Now()
	send(t, n, c, "ping")
	if n.Stats().Queued > 4*overhead {
		t.Errorf("%+v", n.Stats())
	}
	if got, err := recv(t, n, s, 4); got != "ping" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	send(t, n, s, "pong")
	check(t, n.Close(s))
	if got, err := recv(t, n, c, 4); got != "pong" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	ended(t, n, c)
	if d := time.Since(start); d < 2*late {
		t.Errorf("there and back took %v", d)
	}
}

// TestClosedWhileConnecting leaves nothing behind.
func TestClosedWhileConnecting(t *testing.T) {
	n := newNet(t, everywhere(Link{Latency: time.Hour}))
	_, a := listen(t, n, inet("10.0.0.1:80"), 1)
	c := open(t, n, netsys.AF_INET, netsys.SOCK_STREAM)
	wantErr(t, n.Connect(c, a), syscall.EINPROGRESS)
	check(t, n.Close(c))
}

func TestBandwidth(t *testing.T) {
	n := newNet(t, everywhere(Link{Bandwidth: 1 << 20}))
	c, s := pair(t, n, inet("10.0.0.1:80"))
	start := time.Now()
	go send(t, n, c, strings.Repeat("x", 64<<10))
	if _, err := recv(t, n, s, 64<<10); err != nil {
		t.Fatal(err)
	}
	if d := time.Since(start); d < 60*time.Millisecond {
		t.Errorf("64 KiB at 1 MiB/s took %v", d)
	}
}

func TestMaxIO(t *testing.T) {
	n := newNet(t, everywhere(Link{MaxIO: 3}))
	c, s := pair(t, n, inet("10.0.0.1:80"))
	if k, err := n.Send(c, []byte("12345678"), 0); k != 3 || err != nil {
		t.Errorf("sent %d, %v", k, err)
	}
	send(t, n, c, "45678")
	buf := make([]byte, 8)
	for _, want := range []string{"123", "456", "78"} {
		if k, err := n.Recv(s, buf, 0); string(buf[:k]) != want || err != nil {
			t.Errorf("received %q, %v; want %q", buf[:k], err, want)
		}
	}
}

// TestResetAfter: exactly so many bytes arrive.
func TestResetAfter(t *testing.T) {
	n := newNet(t, everywhere(Link{ResetAfter: 10}))
	c, s := pair(t, n, inet("10.0.0.1:80"))
	send(t, n, c, "1234")
	if got, err := recv(t, n, s, 4); got != "1234" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	send(t, n, s, "12345678")
	got, err := recv(t, n, c, 8)
	wantErr(t, err, syscall.ECONNRESET)
	if got != "123456" {
		t.Errorf("%q arrived before the reset", got)
	}
	_, err = recv(t, n, s, 1)
	wantErr(t, err, syscall.ECONNRESET)
	_, err = n.Send(s, []byte("x"), 0)
	wantErr(t, err, syscall.EPIPE)
}

func TestReset(t *testing.T) {
	for kind, link := range links {
		t.Run(kind, func(t *testing.T) {
			n := newNet(t, everywhere(link))
			c, s := pair(t, n, inet("10.0.0.1:80"))
			c2, s2 := pair(t, n, inet("10.0.0.2:80"))
			if k := n.Reset("10.0.0.1:80", "nowhere"); k != 1 {
				t.Errorf("%d were reset", k)
			}
			for _, fd := range []netsys.FD{c, s} {
				if await(t, fd, netsys.EPOLLIN)&netsys.EPOLLHUP == 0 {
					t.Error("a reset does not hang up")
				}
				val, err := n.GetsockoptInt(fd, netsys.SOL_SOCKET, netsys.SO_ERROR)
				if val != int(syscall.ECONNRESET) || err != nil {
					t.Errorf("SO_ERROR %d, %v", val, err)
				}
				_, err = n.Send(fd, []byte("x"), 0)
				wantErr(t, err, syscall.EPIPE)
				ended(t, n, fd)
			}
			send(t, n, c2, "alive")
			if got, err := recv(t, n, s2, 5); got != "alive" || err != nil {
				t.Errorf("%q, %v", got, err)
			}
			if k := n.Reset(); k != 2 { // the first is still open
				t.Errorf("%d were reset", k)
			}
			_, err := n.Send(c2, []byte("x"), 0)
			wantErr(t, err, syscall.ECONNRESET)
		})
	}
}

// TestAbort: SO_LINGER with 0 seconds, and closing with bytes unread.
func TestAbort(t *testing.T) {
	for kind, link := range links {
		t.Run(kind, func(t *testing.T) {
			n := newNet(t, everywhere(link))
			c, s := pair(t, n, inet("10.0.0.1:80"))
			check(t, n.SetLinger(c, true, 0))
			check(t, n.Close(c))
			_, err := recv(t, n, s, 1)
			wantErr(t, err, syscall.ECONNRESET)
			c, s = pair(t, n, inet("10.0.0.1:80"))
			send(t, n, c, "unread")
			await(t, s, netsys.EPOLLIN)
			check(t, n.Close(s))
			_, err = recv(t, n, c, 1)
			wantErr(t, err, syscall.ECONNRESET)
		})
	}
}

func TestMaxSockets(t *testing.T) {
	n := newNet(t, Config{MaxSockets: 3})
	l, a := listen(t, n, inet("10.0.0.1:80"), 9)
	c := open(t, n, netsys.AF_INET, netsys.SOCK_STREAM)
	d := open(t, n, netsys.AF_INET, netsys.SOCK_DGRAM)
	_, err := n.Socket(netsys.AF_INET, netsys.SOCK_STREAM, 0)
	if abi.ToErrno(err) != abi.ENFILE || !strings.Contains(err.Error(), "all of its 3 sockets") {
		t.Error(err)
	}
	// The other end of a connection is one, too.
	if err := n.Connect(c, a); abi.ToErrno(err) != abi.ENFILE {
		t.Error(err)
	}
	check(t, n.Close(d))
	check(t, settle(t, n, c, n.Connect(c, a)))
	if _, err := n.NewPacketConn("udp", "10.0.0.1:0"); abi.ToErrno(err) != abi.ENFILE {
		t.Error(err)
	}
	accept(t, n, l)
	if s := n.Stats(); s.Sockets != 3 || s.Connections != 1 {
		t.Errorf("%+v", s)
	}
}

// TestWindow: what nobody takes fills a wire, which holds so much and no more.
func TestWindow(t *testing.T) {
	for name, c := range map[string]struct {
		config Config
		most   int64
	}{
		"window":    {Config{}, window + chunk},
		"MaxQueued": {Config{MaxQueued: 1}, chunk},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := everywhere(Link{Latency: time.Hour})
			slow := cfg.Link
			cfg = c.config
			var mu sync.Mutex
			first := true
			cfg.Link = func(network, from, to string) Link {
				mu.Lock()
				defer mu.Unlock()
				if first { // the connection: its latency is of connecting, too
					first = false
					return Link{Bandwidth: 1} // a byte a second
				}
				return slow(network, from, to)
			}
			n := newNet(t, cfg)
			c1, _ := pair(t, n, inet("10.0.0.1:80"))
			sent, futile := 0, 0
			for futile < 5 {
				k, err := n.Send(c1, make([]byte, 64<<10), 0)
				if err == error(syscall.EAGAIN) {
					futile++
					time.Sleep(20 * time.Millisecond)
				} else {
					check(t, err)
				}
				sent += k
			}
			if q := n.Stats().Queued; q == 0 || q > c.most {
				t.Errorf("%d bytes are under way, %d sent", q, sent)
			}
			if sent > 2<<20 {
				t.Errorf("%d bytes went somewhere", sent)
			}
		})
	}
}

func TestStop(t *testing.T) {
	for kind, link := range links {
		t.Run(kind, func(t *testing.T) {
			n := newNet(t, everywhere(link))
			l, a := listen(t, n, inet("10.0.0.1:80"), 4)
			c, s := pair(t, n, inet("10.0.0.2:80"))
			d, _ := bound(t, n, netsys.SOCK_DGRAM, inet("10.0.0.1:53"))
			u := open(t, n, netsys.AF_INET, netsys.SOCK_STREAM)
			w := open(t, n, netsys.AF_INET, netsys.SOCK_STREAM)
			check(t, settle(t, n, w, n.Connect(w, a))) // waits to be accepted
			gl, err := n.NewListener("tcp", "10.0.0.3:80")
			check(t, err)
			gc, err := n.Dial(t.Context(), "tcp", "10.0.0.3:80")
			check(t, err)
			defer gc.Close()
			n.Stop()
			n.Stop()
			for _, fd := range []netsys.FD{c, s, d, u, w} {
				_, err := n.Recv(fd, make([]byte, 1), 0)
				wantErr(t, err, syscall.ENETDOWN)
			}
			_, _, err = n.Accept(l)
			wantErr(t, err, syscall.ENETDOWN)
			if await(t, l, netsys.EPOLLIN)&netsys.EPOLLHUP == 0 {
				t.Error("the listener does not hang up")
			}
			if _, err := gl.Accept(); err == nil {
				t.Error("Go's listener goes on")
			}
			check(t, gl.Close())
			if _, err := gc.Read(make([]byte, 1)); err == nil {
				t.Error("Go's connection goes on")
			}
			_, err = n.Socket(netsys.AF_INET, netsys.SOCK_STREAM, 0)
			wantErr(t, err, syscall.ENETDOWN)
			if _, err := n.Dial(context.Background(), "tcp", "10.0.0.1:80"); err == nil {
				t.Error("Dial works")
			}
		})
	}
}

// TestHammer connects, talks, resets and closes from many goroutines.
func TestHammer(t *testing.T) {
	n := newNet(t, Config{
		MaxSockets: 50,
		Link: func(_, from, _ string) Link {
			switch len(from) % 3 {
			case 0:
				return Link{Latency: 100 * time.Microsecond, Jitter: time.Millisecond, ResetAfter: 3000}
			case 1:
				return Link{MaxIO: 7}
			}
			return Link{}
		},
	})
	l, err := n.NewListener("tcp", "10.0.0.1:80")
	check(t, err)
	var all, servers sync.WaitGroup
	var echoed atomic.Int64
	servers.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			servers.Go(func() {
				defer c.Close()
				buf := make([]byte, 512)
				for {
					k, err := c.Read(buf)
					if err != nil {
						return
					}
					if _, err := c.Write(buf[:k]); err != nil {
						return
					}
				}
			})
		}
	})
	for i := range 8 {
		all.Go(func() {
			for k := range 40 {
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				c, err := n.Dial(ctx, "tcp", "10.0.0.1:80")
				if err == nil {
					c.SetDeadline(time.Now().Add(time.Second))
					c.Write(make([]byte, 100*k))
					got, _ := c.Read(make([]byte, 50*k))
					echoed.Add(int64(got))
					if k%8 == 0 {
						n.Reset()
					}
					if i%2 == 0 {
						c.(*Conn).SetLinger(0)
					}
					c.Close()
				}
				cancel()
				n.Stats()
			}
		})
	}
	all.Wait()
	if echoed.Load() == 0 {
		t.Error("nothing was echoed")
	}
	check(t, l.Close())
	servers.Wait()
}
