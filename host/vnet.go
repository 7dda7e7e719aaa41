package host

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/wqjs/wqjs/imports"
)

// VirtualNetConfig configures a VirtualNet. The zero value is a perfect network
// without names but localhost.
type VirtualNetConfig struct {
	// Link, if set, says how bytes get from one address ("10.0.0.7:80", or the
	// name of a Unix socket) to another; network is "tcp", "udp" or "unix". It is
	// asked for each connection, from the client's side, and for each datagram, by
	// several goroutines. It must return at once and not use the VirtualNet.
	Link func(network, from, to string) VirtualLink
	// Hosts are names with their addresses.
	Hosts map[string][]string
	// Lookup, if set, is asked for other names. A *net.DNSError with IsNotFound
	// says that there is none.
	Lookup func(ctx context.Context, name string) ([]netip.Addr, error)
	// Seed is of the random numbers for Loss and Jitter.
	Seed uint64
	// MaxSockets is how many sockets there may be, listeners and both ends of
	// connections among them: default 16,384. Beyond it there is ENFILE.
	MaxSockets int
	// MaxBacklog is how many connections may wait at one listener: default 1024.
	// Beyond it there is ECONNREFUSED, on a Unix socket EAGAIN.
	MaxBacklog int
	// MaxQueued is how many bytes may be delayed by Links at a time: default
	// 64 MiB. Beyond it datagrams are lost, and each stream has at most 16 KiB
	// under way instead of 256.
	MaxQueued int64
}

// VirtualLink says how bytes get from one address of a VirtualNet to another.
// The zero value is a perfect wire.
type VirtualLink struct {
	// Latency is how long bytes are under way, and Jitter how much longer they
	// may be, at random. Connecting takes it twice. Bytes of a stream stay in
	// order, datagrams need not.
	Latency, Jitter time.Duration
	// Bandwidth is bytes a second, of each direction of a connection and of each
	// datagram; 0 is no limit.
	Bandwidth int64
	// Loss is the part of the datagrams that are lost, 0 to 1.
	Loss float64
	// MaxIO is the most bytes that one send or receive of either side moves: the
	// other side sees pieces, and send writes less than it was given; 0 is any.
	MaxIO int
	// ResetAfter resets a connection when it has carried so many bytes, of both
	// directions together; 0 is never.
	ResetAfter int64
}

// VirtualNet is a network in memory for sandboxes (SandboxConfig.Net) and for
// Go: TCP, UDP and Unix sockets that reach each other and nobody else. To the
// guest every socket is an fd as ever, with the kernel's own poll and epoll, and
// the policy decides as ever; only lookups and connections never leave the
// process.
//
// It is as one machine on which every address is local: who binds 10.0.0.7:80
// has it, whoever else asks gets EADDRINUSE, and a connection to where nobody
// listens is refused. Several sandboxes may share one. A client that does not
// bind comes from the address it connects to. Datagrams to nobody are lost.
//
// Methods may be called from any goroutine. It works where sandboxes have
// sockets; on other systems every call fails with errors.ErrUnsupported.
type VirtualNet struct{ net *imports.VirtualNet }

// NewVirtualNet makes a network. Errors name the wrong field.
func NewVirtualNet(c VirtualNetConfig) (*VirtualNet, error) {
	cfg := imports.VirtualNetConfig{
		Hosts: c.Hosts, Lookup: c.Lookup, Seed: c.Seed,
		MaxSockets: c.MaxSockets, MaxBacklog: c.MaxBacklog, MaxQueued: c.MaxQueued,
	}
	if c.Link != nil {
		cfg.Link = func(network, from, to string) imports.VirtualLink {
			return imports.VirtualLink(c.Link(network, from, to))
		}
	}
	n, err := imports.NewVirtualNet(cfg)
	if err != nil {
		return nil, fmt.Errorf("VirtualNetConfig.%w", err)
	}
	return &VirtualNet{n}, nil
}

// Dial connects to an address of the network, as net.Dialer.DialContext does: by
// tcp, udp (also with 4 or 6 at the end), unix or unixgram. Names are looked up
// in the network.
func (v *VirtualNet) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	return v.net.Dial(ctx, network, address)
}

// Listen listens at an address of the network, as net.Listen does, on tcp, tcp4,
// tcp6 or unix.
func (v *VirtualNet) Listen(network, address string) (net.Listener, error) {
	return v.net.NewListener(network, address)
}

// ListenPacket opens a datagram socket, as net.ListenPacket does, on udp, udp4,
// udp6 or unixgram.
func (v *VirtualNet) ListenPacket(network, address string) (net.PacketConn, error) {
	return v.net.NewPacketConn(network, address)
}

// Reset resets the connections with an end at one of the addresses, as Link has
// them; without any, all. Both sides get ECONNRESET. It returns how many.
func (v *VirtualNet) Reset(addresses ...string) int { return v.net.Reset(addresses...) }

// VirtualNetStats is what a VirtualNet holds.
type VirtualNetStats struct {
	Sockets     int    // of all kinds
	Connections int    // with at least one end open
	Queued      int64  // bytes that are delayed
	Lost        uint64 // datagrams, for whatever reason
}

// Stats counts.
func (v *VirtualNet) Stats() VirtualNetStats { return VirtualNetStats(v.net.Stats()) }

// Close resets all connections, makes every socket fail with ENETDOWN, and waits
// for the goroutines of the network. A network whose sockets are all closed has
// none, and need not be closed.
func (v *VirtualNet) Close() { v.net.Stop() }
