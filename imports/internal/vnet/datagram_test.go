//go:build unix

package vnet

import (
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/wqjs/wqjs/imports/internal/netsys"
)

// receive waits for a datagram.
func receive(t testing.TB, n *Net, fd netsys.FD, size int) (string, netsys.Addr) {
	t.Helper()
	await(t, fd, netsys.EPOLLIN)
	buf := make([]byte, size)
	k, from, err := n.RecvFrom(fd, buf, 0)
	check(t, err)
	return string(buf[:k]), from
}

func TestDatagrams(t *testing.T) {
	for kind, link := range links {
		for _, at := range []string{"10.0.0.1:53", "[2001:db8::1]:53"} {
			t.Run(kind+" "+at, func(t *testing.T) {
				n := newNet(t, everywhere(link))
				s, sa := bound(t, n, netsys.SOCK_DGRAM, inet(at))
				c := open(t, n, sa.Family, netsys.SOCK_DGRAM)
				var want []string
				for i := range 50 {
					want = append(want, fmt.Sprint("datagram ", i))
				}
				want[7], want[8] = "", strings.Repeat("x", 60000)
				var got []string
				for i, text := range want {
					if k, err := n.SendTo(c, []byte(text), 0, sa); k != len(text) || err != nil {
						t.Fatal(k, err)
					}
					if i%10 == 9 { // before the buffer is full
						for range 10 {
							text, from := receive(t, n, s, 65536)
							got = append(got, text)
							if ca, err := n.LocalAddr(c); err != nil || from.AddrPort.Port() != ca.AddrPort.Port() || from.AddrPort.Addr() != sa.AddrPort.Addr() {
								t.Fatalf("from %v, the client is at %v, %v", from, ca, err)
							}
						}
					}
				}
				if !slices.Equal(got, want) {
					t.Errorf("%q", got)
				}
				_, err := n.SendTo(c, make([]byte, maxDatagram+1), 0, sa)
				wantErr(t, err, syscall.EMSGSIZE)
				_, err = n.SendTo(c, nil, 0, netsys.Addr{Family: sa.Family, AddrPort: addrOf(sa, 0)})
				wantErr(t, err, syscall.EINVAL)
				_, err = n.SendTo(c, nil, netsys.MSG_PEEK, sa)
				wantErr(t, err, syscall.EOPNOTSUPP)
			})
		}
	}
}

func TestConnectedDatagrams(t *testing.T) {
	n := newNet(t, Config{})
	a, aa := bound(t, n, netsys.SOCK_DGRAM, inet("10.0.0.1:1"))
	b, ba := bound(t, n, netsys.SOCK_DGRAM, inet("10.0.0.2:2"))
	c, _ := bound(t, n, netsys.SOCK_DGRAM, inet("10.0.0.3:3"))
	_, err := n.Send(a, []byte("x"), 0)
	wantErr(t, err, syscall.EDESTADDRREQ)
	_, err = n.PeerAddr(a)
	wantErr(t, err, syscall.ENOTCONN)
	check(t, n.Connect(a, ba))
	if peer, err := n.PeerAddr(a); peer != ba || err != nil {
		t.Error(peer, err)
	}
	if _, err := n.Send(a, []byte("to b"), 0); err != nil {
		t.Error(err)
	}
	if text, from := receive(t, n, b, 3); text != "to " || from != aa { // the rest is lost
		t.Errorf("%q from %v", text, from)
	}
	if now(t, b) != netsys.EPOLLOUT {
		t.Errorf("then b has %#x", now(t, b))
	}
	// A connected socket hears nobody else.
	_, err = n.SendTo(c, []byte("from c"), 0, aa)
	check(t, err)
	_, err = n.SendTo(b, []byte("from b"), 0, aa)
	check(t, err)
	buf := make([]byte, 10)
	k, err := n.Recv(a, buf, netsys.MSG_PEEK)
	check(t, err)
	if string(buf[:k]) != "from b" {
		t.Errorf("%q", buf[:k])
	}
	if text, _ := receive(t, n, a, 10); text != "from b" {
		t.Errorf("%q", text)
	}
	if lost := n.Stats().Lost; lost != 1 {
		t.Errorf("%d were lost", lost)
	}
}

// TestNobody: UDP does not tell that nobody is there, nor that a receiver is full.
func TestNobody(t *testing.T) {
	n := newNet(t, Config{})
	c := open(t, n, netsys.AF_INET, netsys.SOCK_DGRAM)
	_, err := n.SendTo(c, []byte("x"), 0, inet("10.0.0.1:53"))
	check(t, err)
	_, sa := bound(t, n, netsys.SOCK_DGRAM, inet("10.0.0.1:53"))
	for range 100 {
		_, err := n.SendTo(c, make([]byte, 50000), 0, sa)
		check(t, err)
	}
	if lost := n.Stats().Lost; lost < 50 {
		t.Errorf("only %d of 5 MB were lost", lost)
	}
}

func TestUnixDatagrams(t *testing.T) {
	n := newNet(t, Config{})
	c := open(t, n, netsys.AF_UNIX, netsys.SOCK_DGRAM)
	_, err := n.SendTo(c, []byte("x"), 0, named("/nobody"))
	wantErr(t, err, syscall.ENOENT)
	wantErr(t, n.Connect(c, named("/nobody")), syscall.ENOENT)
	listen(t, n, named("/stream"), 1)
	_, err = n.SendTo(c, []byte("x"), 0, named("/stream"))
	wantErr(t, err, syscall.EPROTOTYPE)
	wantErr(t, n.Connect(c, named("/stream")), syscall.EPROTOTYPE)
	s, sa := bound(t, n, netsys.SOCK_DGRAM, named("/post"))
	_, err = n.SendTo(c, []byte("unnamed"), 0, sa)
	check(t, err)
	if text, from := receive(t, n, s, 10); text != "unnamed" || from != (netsys.Addr{}) {
		t.Errorf("%q from %+v", text, from)
	}
	d, da := bound(t, n, netsys.SOCK_DGRAM, named("/sender"))
	_, err = n.SendTo(d, []byte("named"), 0, sa)
	check(t, err)
	if text, from := receive(t, n, s, 10); text != "named" || from != da {
		t.Errorf("%q from %+v", text, from)
	}
	for err = nil; err == nil; {
		_, err = n.SendTo(d, make([]byte, 10000), 0, sa)
	}
	wantErr(t, err, syscall.EAGAIN) // it is full, and nothing is lost
}

func TestLoss(t *testing.T) {
	counts := map[float64]int{}
	for _, loss := range []float64{0, 0.5, 1} {
		n := newNet(t, Config{Seed: 42, Link: func(network, from, to string) Link {
			if network != "udp" || from == "" || to != "10.0.0.1:53" {
				t.Errorf("asked for %s from %q to %q", network, from, to)
			}
			return Link{Loss: loss}
		}})
		_, sa := bound(t, n, netsys.SOCK_DGRAM, inet("10.0.0.1:53"))
		c := open(t, n, netsys.AF_INET, netsys.SOCK_DGRAM)
		for range 100 {
			_, err := n.SendTo(c, []byte("x"), 0, sa)
			check(t, err)
		}
		counts[loss] = int(n.Stats().Lost)
	}
	if counts[0] != 0 || counts[1] != 100 || counts[0.5] < 20 || counts[0.5] > 80 {
		t.Errorf("lost of 100: %v", counts)
	}
}

// TestDelayed: datagrams wait, no more than MaxQueued, and in order of their time.
func TestDelayed(t *testing.T) {
	n := newNet(t, Config{MaxQueued: 3 * overhead, Link: func(_, from, _ string) Link {
		if from == "10.0.0.1:1" {
			return Link{Latency: 50 * time.Millisecond}
		}
		return Link{Latency: time.Millisecond}
	}})
	slow, _ := bound(t, n, netsys.SOCK_DGRAM, inet("10.0.0.1:1"))
	fast, _ := bound(t, n, netsys.SOCK_DGRAM, inet("10.0.0.1:2"))
	s, sa := bound(t, n, netsys.SOCK_DGRAM, inet("10.0.0.1:53"))
	for _, fd := range []netsys.FD{slow, slow, fast, fast} {
		_, err := n.SendTo(fd, []byte{byte(fd)}, 0, sa)
		check(t, err)
	}
	if st := n.Stats(); st.Lost != 1 || st.Queued != 3*overhead {
		t.Errorf("%+v", st)
	}
	for _, want := range []uint16{2, 1, 1} {
		if _, from := receive(t, n, s, 1); from.AddrPort.Port() != want {
			t.Errorf("from %v, not port %d", from, want)
		}
	}
	_, err := n.SendTo(slow, []byte("when the net has stopped"), 0, sa)
	check(t, err)
}
