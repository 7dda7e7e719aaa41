package imports

import (
	"errors"
	"net/netip"

	"github.com/wqjs/wqjs/imports/internal/fdtable"
	"github.com/wqjs/wqjs/imports/internal/guest"
	"github.com/wqjs/wqjs/imports/internal/netsys"
	"github.com/wqjs/wqjs/imports/internal/sock"
	"github.com/wqjs/wqjs/imports/internal/vnet"
	"github.com/wqjs/wqjs/imports/name"
)

// VirtualNet is a network in memory; see vnet.Net.
type VirtualNet = vnet.Net

// VirtualNetConfig configures a VirtualNet; see vnet.Config.
type VirtualNetConfig = vnet.Config

// VirtualLink is how bytes get from one address of a VirtualNet to another; see
// vnet.Link.
type VirtualLink = vnet.Link

// VirtualNetStats is what a VirtualNet holds.
type VirtualNetStats = vnet.Stats

// NewVirtualNet makes a network.
func NewVirtualNet(c VirtualNetConfig) (*VirtualNet, error) { return vnet.New(c) }

// network is what a guest's sockets and lookups use.
func network(c Config) (netsys.Net, guest.Resolver) {
	switch {
	case c.Net == nil:
		return netsys.OS, name.NewResolver(c.Resolver)
	case c.Resolver == nil:
		return c.Net, name.NewFuncResolver(c.Net.Lookup)
	}
	return c.Net, name.NewResolver(c.Resolver)
}

// ListenIn gives the guest a listener at a TCP address of v, whatever the guest's
// own network is.
func (g *Guest) ListenIn(v *VirtualNet, address netip.AddrPort) (fd int32, err error) {
	family := netsys.AF_INET
	if address.Addr().Is6() {
		family = netsys.AF_INET6
	}
	raw, err := v.Socket(family, netsys.SOCK_STREAM, 0)
	if err != nil {
		return 0, err
	}
	if err = v.Bind(raw, netsys.Addr{Family: family, AddrPort: address}); err == nil {
		err = v.Listen(raw, maxBacklog)
	}
	if err == nil {
		fd, err = g.g.FDs.Insert(&fdtable.Entry{
			Object: &sock.Socket{Net: v, FD: raw}, Family: family, Type: netsys.SOCK_STREAM, Bound: true,
			Rights: fdtable.Accept | fdtable.Listen | fdtable.GetOpt | fdtable.SetOpt,
		})
	}
	if err != nil {
		return 0, errors.Join(err, v.Close(raw))
	}
	return fd, nil
}

const maxBacklog = 4096 // of a guest's listeners
