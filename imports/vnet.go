package imports

import (
	"github.com/wqjs/wqjs/imports/internal/guest"
	"github.com/wqjs/wqjs/imports/internal/netsys"
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
