//go:build unix

package vnet

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/wqjs/wqjs/imports/internal/netsys"
)

func TestGoStreams(t *testing.T) {
	for kind, link := range links {
		for _, at := range [][2]string{{"tcp", "10.0.0.1:80"}, {"tcp6", "[2001:db8::1]:80"}, {"tcp", ":80"}, {"unix", "/x.sock"}} {
			t.Run(kind+" "+at[1], func(t *testing.T) {
				n := newNet(t, everywhere(link))
				l, err := n.NewListener(at[0], at[1])
				check(t, err)
				defer l.Close()
				c, err := n.Dial(t.Context(), at[0], at[1])
				check(t, err)
				defer c.Close()
				s, err := l.Accept()
				check(t, err)
				defer s.Close()
				if c.LocalAddr().String() != s.RemoteAddr().String() || c.RemoteAddr().String() != s.LocalAddr().String() || c.RemoteAddr().Network() != strings.TrimRight(at[0], "6") {
					t.Errorf("%v to %v, %v from %v", c.LocalAddr(), c.RemoteAddr(), s.LocalAddr(), s.RemoteAddr())
				}
				go func() {
					c.Write(make([]byte, 1<<20))
					c.(interface{ CloseWrite() error }).CloseWrite()
				}()
				if got, err := io.ReadAll(s); len(got) != 1<<20 || err != nil {
					t.Errorf("%d bytes, %v", len(got), err)
				}
				check(t, s.SetReadDeadline(time.Now()))
				if _, err := s.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) && err != io.EOF {
					t.Error(err)
				}
				if n.Reset() != 1 {
					t.Error("nothing was reset")
				}
				if _, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
					t.Errorf("after the reset: %v", err)
				}
				check(t, c.Close())
				if err := c.Close(); !errors.Is(err, os.ErrClosed) {
					t.Errorf("closed twice: %v", err)
				}
				check(t, l.Close())
				if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
					t.Errorf("accept after close: %v", err)
				}
			})
		}
	}
}

func TestGoPackets(t *testing.T) {
	n := newNet(t, Config{})
	s, err := n.NewPacketConn("udp", "10.0.0.1:53")
	check(t, err)
	defer s.Close()
	c, err := n.Dial(t.Context(), "udp", "10.0.0.1:53")
	check(t, err)
	defer c.Close()
	if _, err := c.Write([]byte("question")); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 100)
	k, from, err := s.ReadFrom(buf)
	if string(buf[:k]) != "question" || err != nil || from.String() != c.LocalAddr().String() {
		t.Errorf("%q from %v, %v", buf[:k], from, err)
	}
	if _, err := s.WriteTo([]byte("answer"), from); err != nil {
		t.Fatal(err)
	}
	if k, err := c.Read(buf); string(buf[:k]) != "answer" || err != nil {
		t.Errorf("%q, %v", buf[:k], err)
	}
	if c.RemoteAddr().String() != "10.0.0.1:53" || s.LocalAddr().String() != "10.0.0.1:53" {
		t.Error(c.RemoteAddr(), s.LocalAddr())
	}
	if _, err := s.WriteTo(nil, &net.TCPAddr{}); err == nil {
		t.Error("a datagram to a TCP address")
	}
	if _, err := s.WriteTo(make([]byte, 70000), from); !errors.Is(err, syscall.EMSGSIZE) {
		t.Error(err)
	}
}

func TestLookup(t *testing.T) {
	n := newNet(t, Config{
		Hosts: map[string][]string{"API.test.": {"10.0.0.7", "2001:db8::7"}},
		Lookup: func(_ context.Context, name string) ([]netip.Addr, error) {
			if name == "broken.test" {
				return nil, errors.New("broken")
			}
			if name == "other.test" {
				return []netip.Addr{netip.MustParseAddr("10.0.0.8")}, nil
			}
			return nil, nil
		},
	})
	for _, c := range []struct{ network, name, want string }{
		{"ip", "api.test", "10.0.0.7 2001:db8::7"},
		{"ip6", "Api.Test.", "2001:db8::7"},
		{"ip4", "other.test", "10.0.0.8"},
		{"ip", "localhost", "127.0.0.1 ::1"},
		{"ip6", "other.test", "lookup other.test: no such host"},
		{"ip", "nobody.test", "lookup nobody.test: no such host"},
		{"ip", "broken.test", "broken"},
	} {
		addrs, err := n.Lookup(t.Context(), c.network, c.name)
		var got []string
		for _, a := range addrs {
			got = append(got, a.String())
		}
		if err != nil {
			got = []string{err.Error()}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s %s: %q, want %q", c.network, c.name, got, c.want)
		}
	}
	l, err := n.NewListener("tcp", "[2001:db8::7]:80")
	check(t, err)
	defer l.Close()
	c, err := n.Dial(t.Context(), "tcp", "api.test:80") // the first address refuses
	check(t, err)
	if c.RemoteAddr().String() != l.Addr().String() {
		t.Errorf("connected to %v", c.RemoteAddr())
	}
	check(t, c.Close())
}

func TestGoErrors(t *testing.T) {
	if _, err := New(Config{Hosts: map[string][]string{"x": {"10.0.0"}}}); err == nil || !strings.Contains(err.Error(), `"10.0.0"`) {
		t.Error(err)
	}
	if _, err := New(Config{MaxBacklog: -1}); err == nil || !strings.Contains(err.Error(), "MaxBacklog is -1") {
		t.Error(err)
	}
	n := newNet(t, everywhere(Link{Latency: time.Hour}))
	for _, c := range []struct{ network, address, want string }{
		{"tcp", "10.0.0.1", "missing port"},
		{"tcp", "10.0.0.1:http", "invalid port"},
		{"tcp", "nobody.test:80", "no such host"},
		{"tcp4", "[::1]:80", "not an address of tcp4"},
		{"ip", "10.0.0.1", "unknown network"},
		{"unix", "/nobody", "no such file"},
		{"unixgram", "/nobody", "no such file"},
	} {
		if _, err := n.Dial(t.Context(), c.network, c.address); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("dial %s %s: %v, want %q", c.network, c.address, err, c.want)
		}
	}
	ctx, cancel := context.WithTimeoutCause(t.Context(), time.Millisecond, errors.New("my reason"))
	defer cancel()
	for range 2 { // while it connects, and before
		if _, err := n.Dial(ctx, "tcp", "10.0.0.1:80"); err == nil || !strings.Contains(err.Error(), "my reason") {
			t.Errorf("cancelled: %v", err)
		}
	}
	if _, err := n.NewListener("udp", "10.0.0.1:80"); err == nil {
		t.Error("a UDP listener")
	}
	if _, err := n.NewPacketConn("tcp", "10.0.0.1:80"); err == nil {
		t.Error("TCP packets")
	}
	l, err := n.NewListener("unix", "/x")
	check(t, err)
	defer l.Close()
	if _, err := n.NewListener("unix", "/x"); !errors.Is(err, syscall.EADDRINUSE) {
		t.Error(err)
	}
}

// TestGoListener accepts what a guest's socket connects.
func TestGoListener(t *testing.T) {
	for kind, link := range links {
		t.Run(kind, func(t *testing.T) {
			n := newNet(t, everywhere(link))
			l, err := n.NewListener("tcp", "10.0.0.1:80")
			check(t, err)
			defer l.Close()
			c := open(t, n, netsys.AF_INET, netsys.SOCK_STREAM)
			check(t, settle(t, n, c, n.Connect(c, inet("10.0.0.1:80"))))
			s, err := l.Accept()
			check(t, err)
			send(t, n, c, "hello")
			buf := make([]byte, 5)
			if _, err := io.ReadFull(s, buf); string(buf) != "hello" || err != nil {
				t.Errorf("%q, %v", buf, err)
			}
			check(t, s.Close())
			ended(t, n, c)
		})
	}
}

// TestCloseWhileAccepting: closing a listener ends an Accept in whatever state
// it is.
func TestCloseWhileAccepting(t *testing.T) {
	n := newNet(t, Config{})
	for range 300 {
		l, err := n.NewListener("tcp", "10.0.0.1:80")
		check(t, err)
		accepted := make(chan error)
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					accepted <- err
					return
				}
				c.Close()
			}
		}()
		var dials sync.WaitGroup
		for range 2 {
			dials.Go(func() {
				if c, err := n.Dial(context.Background(), "tcp", "10.0.0.1:80"); err == nil {
					c.Close()
				}
			})
		}
		runtime.Gosched()
		check(t, l.Close())
		dials.Wait()
		if err := <-accepted; !errors.Is(err, net.ErrClosed) {
			t.Fatal(err)
		}
	}
}
