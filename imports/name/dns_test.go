package name_test

import (
	"context"
	"encoding/binary"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
)

// Response codes (RFC 1035, 4.1.1) and record types (3.2.2, RFC 3596).
const (
	noError  = 0
	servFail = 2
	nxDomain = 3

	typeA    = 1
	typeAAAA = 28
)

// dnsServer answers on a port of 127.0.0.1.
type dnsServer struct {
	conn   net.PacketConn
	answer func(name string, typ uint16) (rcode int, addrs []netip.Addr, silent bool)

	mu    sync.Mutex
	asked []string
}

// newDNS starts a server and returns a resolver that asks it.
func newDNS(t testing.TB, answer func(name string, typ uint16) (rcode int, addrs []netip.Addr, silent bool)) (*dnsServer, *net.Resolver) {
	t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &dnsServer{conn: conn, answer: answer}
	var wg sync.WaitGroup
	wg.Go(s.serve)
	t.Cleanup(func() {
		conn.Close()
		wg.Wait()
	})
	return s, &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp4", conn.LocalAddr().String())
	}}
}

func (s *dnsServer) serve() {
	buf := make([]byte, 1500)
	for {
		n, from, err := s.conn.ReadFrom(buf)
		if err != nil {
			return
		}
		if reply := s.reply(buf[:n]); reply != nil {
			s.conn.WriteTo(reply, from)
		}
	}
}

// reply is the answer to a query of one question (RFC 1035, 4.1).
func (s *dnsServer) reply(query []byte) []byte {
	name, end := "", 12
	for query[end] != 0 {
		n := int(query[end])
		name += string(query[end+1:end+1+n]) + "."
		end += 1 + n
	}
	end += 5 // the empty label, type and class
	typ := binary.BigEndian.Uint16(query[end-4:])
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	s.mu.Lock()
	s.asked = append(s.asked, name)
	s.mu.Unlock()
	rcode, addrs, silent := s.answer(name, typ)
	if silent {
		return nil
	}
	out := append([]byte{}, query[:2]...)
	out = append(out, 0x81, 0x80|byte(rcode)) // a response, recursion desired and available
	out = append(out, 0, 1, 0, 0, 0, 0, 0, 0)
	out = append(out, query[12:end]...)
	count := uint16(0)
	for _, a := range addrs {
		if a.Is4() != (typ == typeA) {
			continue
		}
		count++
		data := a.AsSlice()
		out = append(out, 0xc0, 12, 0, byte(typ), 0, 1, 0, 0, 0, 0, 0, byte(len(data))) // the question's name, IN, TTL 0
		out = append(out, data...)
	}
	binary.BigEndian.PutUint16(out[6:], count)
	return out
}

// queries is how often a name was asked for, in any type, and below any search
// domain that this machine has.
func (s *dnsServer) queries(name string) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.asked {
		if a == name || strings.HasPrefix(a, name+".") {
			n++
		}
	}
	return n
}

// names is how many names were asked for.
func (s *dnsServer) names() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := map[string]bool{}
	for _, a := range s.asked {
		all[a] = true
	}
	return len(all)
}

func addrs(list ...string) (out []netip.Addr) {
	for _, s := range list {
		out = append(out, netip.MustParseAddr(s))
	}
	return out
}
