//go:build unix

package tests

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/wqjs/wqjs/host"
)

// TestJSVirtual runs tests of sockets once more in a network in memory, which is
// to be like the kernel's. Tests of what Unix sockets leave in the file system
// are not among them.
func TestJSVirtual(t *testing.T) {
	ctx := t.Context()
	engine, err := host.NewEngine(ctx, host.Config{CacheDir: filepath.Join(t.TempDir(), "cache")})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close(context.Background())
	root, err := filepath.Abs("js")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{
		"sockets/tcp.js", "sockets/udp.js", "sockets/poll.js", "sockets/epoll.js", "net/connect.js", "net/server.js", "net/udp.js",
		"http/server.js",
	} {
		t.Run(name, func(t *testing.T) {
			network, err := host.NewVirtualNet(host.VirtualNetConfig{})
			if err != nil {
				t.Fatal(err)
			}
			defer network.Close()
			runJS(t, engine, root, filepath.Join(root, name), network)
			if st := network.Stats(); st.Sockets != 0 {
				t.Errorf("left: %+v", st)
			}
		})
	}
}
