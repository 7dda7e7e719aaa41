// Package vnet is a network in memory, in place of the kernel's: a netsys.Net
// whose sockets find each other by their addresses and nobody else.
//
// It is one machine on which every address is local: whoever binds 10.0.0.7 or
// 2001:db8::1 has it, 0.0.0.0 has all of them, and a client that did not bind
// comes from the very address it connects to, as on Linux.
//
// Every descriptor is one of the kernel's all the same: the end of a socketpair.
// So poll, epoll, edges, half-close and buffers are the kernel's own. A connection
// is one pair, whose ends the two sides hold: its bytes cost what those of a Unix
// socket do. Where a Link delays them it is two pairs, with goroutines between. A
// listener's descriptor is readable while connections wait (sock.Queue), and that
// of a datagram socket carries datagrams with their sender before them.
//
// Descriptors that are not of this package are the kernel's: calls with them are
// passed on.
package vnet

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wqjs/wqjs/imports/internal/netsys"
)

// Link says how bytes get from one address to another. The zero value is a
// perfect wire.
type Link struct {
	// Latency is how long bytes are under way, and Jitter how much longer they
	// may be, at random. Bytes of a stream stay in order, datagrams do not.
	Latency, Jitter time.Duration
	// Bandwidth is bytes a second, in each direction of each connection.
	Bandwidth int64
	// Loss is the part of the datagrams that are lost: 0 to 1.
	Loss float64
	// MaxIO is the most bytes that one send or receive moves; 0 is any.
	MaxIO int
	// ResetAfter resets a connection when it has carried so many bytes, both
	// directions together; 0 is never.
	ResetAfter int64
}

// wired tells whether a connection needs more than a pair.
func (l Link) wired() bool {
	return l.delayed() || l.ResetAfter > 0
}

func (l Link) delayed() bool { return l.Latency > 0 || l.Jitter > 0 || l.Bandwidth > 0 }

// Config configures a Net; zero values are the defaults named.
type Config struct {
	// Link gives the link between two addresses ("10.0.0.7:80", a Unix name);
	// network is "tcp", "udp" or "unix". It is asked once for each connection,
	// for the client's direction, and for each datagram. It may be called by
	// several goroutines, and must not call the Net.
	Link func(network, from, to string) Link
	// Hosts are names with their addresses.
	Hosts map[string][]string
	// Lookup is asked for names that Hosts has not.
	Lookup func(ctx context.Context, name string) ([]netip.Addr, error)
	// Seed is of the random numbers for Loss and Jitter.
	Seed uint64
	// MaxSockets bounds the sockets, listeners and both ends of connections
	// among them: default 16,384.
	MaxSockets int
	// MaxBacklog bounds the connections that wait at one listener: default 1024.
	MaxBacklog int
	// MaxQueued bounds the bytes that are delayed, in all: default 64 MiB.
	// Beyond it datagrams are lost, and of each stream no more than 16 KiB are
	// under way.
	MaxQueued int64
}

const (
	defaultSockets = 16384
	defaultBacklog = 1024
	defaultQueued  = 64 << 20
)

// Net is a network. Its methods may be called from any goroutine, but those of
// netsys.Net as that says.
type Net struct {
	c     Config
	hosts map[string][]netip.Addr

	mu     sync.RWMutex // of all below, and of sockets' fields but for the atomic ones
	fds    map[netsys.FD]*socket
	held   map[*socket]struct{} // by Go
	ports  map[port][]*socket
	names  map[string]*socket
	next   uint16 // where the search for a free port starts
	auto   int    // unnamed Unix sockets that were given a name
	open   int    // sockets
	conns  map[*conn]struct{}
	closed bool

	done   chan struct{} // closed by Stop
	mail   mail
	queued queued
	wires  sync.WaitGroup

	randMu sync.Mutex
	rand   *rand.Rand

	lost counter
	turn atomic.Uint32 // among sockets that share a port
}

// New checks c and makes a Net. It takes nothing of the system until used.
func New(c Config) (*Net, error) {
	for _, f := range []struct {
		name  string
		value int64
	}{{"MaxSockets", int64(c.MaxSockets)}, {"MaxBacklog", int64(c.MaxBacklog)}, {"MaxQueued", c.MaxQueued}} {
		if f.value < 0 {
			return nil, fmt.Errorf("%s is %d, must not be negative", f.name, f.value)
		}
	}
	c.MaxSockets = cmp.Or(c.MaxSockets, defaultSockets)
	c.MaxBacklog = cmp.Or(c.MaxBacklog, defaultBacklog)
	c.MaxQueued = cmp.Or(c.MaxQueued, defaultQueued)
	n := &Net{
		c: c, hosts: map[string][]netip.Addr{},
		fds: map[netsys.FD]*socket{}, held: map[*socket]struct{}{}, ports: map[port][]*socket{}, names: map[string]*socket{}, conns: map[*conn]struct{}{},
		done: make(chan struct{}), mail: mail{earlier: make(chan struct{}, 1)},
		rand: rand.New(rand.NewPCG(c.Seed, 0x9e3779b97f4a7c15)),
	}
	for name, addrs := range c.Hosts {
		key := hostKey(name)
		for _, a := range addrs {
			ip, err := netip.ParseAddr(a)
			if err != nil {
				return nil, fmt.Errorf("Hosts: %q of %q is not an address", a, name)
			}
			n.hosts[key] = append(n.hosts[key], ip.Unmap())
		}
	}
	return n, nil
}

// link is the link from one address to another.
func (n *Net) link(network string, from, to netsys.Addr) Link {
	if n.c.Link == nil {
		return Link{}
	}
	l := n.c.Link(network, text(from), text(to))
	l.Latency, l.Jitter = max(l.Latency, 0), max(l.Jitter, 0)
	return l
}

// chance is a random number from 0 to 1.
func (n *Net) chance() float64 {
	n.randMu.Lock()
	defer n.randMu.Unlock()
	return n.rand.Float64()
}

// delay is how long something is under way on l.
func (n *Net) delay(l Link) time.Duration {
	if l.Jitter == 0 {
		return l.Latency
	}
	return l.Latency + time.Duration(n.chance()*float64(l.Jitter))
}

// Stats is what a Net holds.
type Stats struct {
	Sockets     int    // of all kinds
	Connections int    // with at least one end open
	Queued      int64  // bytes that are delayed
	Lost        uint64 // datagrams
}

// Stats counts.
func (n *Net) Stats() Stats {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return Stats{n.open, len(n.conns), n.queued.n.Load(), n.lost.n.Load()}
}

// Reset resets the connections that have an end at one of the addresses, all
// without any, and tells how many. Both sides get ECONNRESET.
func (n *Net) Reset(addrs ...string) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	count := 0
	for c := range n.conns {
		if len(addrs) == 0 || c.at(addrs) {
			c.reset()
			count++
		}
	}
	return count
}

// Stop resets all connections, refuses new ones, and waits for what the Net
// has running. Its sockets fail with ENETDOWN, and are to be closed by whoever
// holds them.
func (n *Net) Stop() {
	n.mu.Lock()
	if !n.closed {
		close(n.done)
	}
	n.closed = true
	for c := range n.conns {
		c.reset()
	}
	var all []*socket
	for _, s := range n.fds {
		all = append(all, s)
	}
	for s := range n.held {
		all = append(all, s)
	}
	for _, s := range all {
		s.down()
	}
	n.mu.Unlock()
	n.wires.Wait()
}

func hostKey(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".")) }
