package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"

	"github.com/wqjs/wqjs/host"
)

// openGrants opens the listeners of --listen and takes over those of
// systemd-style socket activation (sd_listen_fds(3)).
func openGrants(ctx context.Context, listen []string) ([]host.Grant, error) {
	grants := activated()
	for i, spec := range listen {
		g, err := openListener(ctx, spec, false)
		if err != nil {
			closeGrants(grants)
			socketsOf(listen[:i]).remove()
			return nil, err
		}
		grants = append(grants, g)
	}
	return grants, nil
}

func closeGrants(grants []host.Grant) {
	for _, g := range grants {
		g.File.Close()
	}
}

// splitListen takes the name off a value of --listen.
func splitListen(spec string) (name, addr string) {
	if name, addr, named := strings.Cut(spec, "="); named {
		return name, addr
	}
	return "", spec
}

// openListener takes ADDR, unix:PATH and NAME=ADDR; shared allows others on the
// same address.
func openListener(ctx context.Context, spec string, shared bool) (host.Grant, error) {
	name, addr := splitListen(spec)
	var lc net.ListenConfig
	var l net.Listener
	var err error
	if path, ok := unixAddr(spec); ok {
		l, err = listenUnix(ctx, &lc, path)
	} else {
		if shared {
			shareAddress(&lc)
		}
		l, err = lc.Listen(ctx, "tcp", addr)
	}
	if err != nil {
		return host.Grant{}, usagef("--listen %s: %v", spec, err)
	}
	defer l.Close()
	if u, ok := l.(*net.UnixListener); ok {
		u.SetUnlinkOnClose(false) // the sandbox goes on with it
	}
	f, err := l.(interface{ File() (*os.File, error) }).File()
	if err != nil {
		return host.Grant{}, fmt.Errorf("--listen %s: %w", spec, err)
	}
	return host.Grant{Name: name, File: f}, nil
}

// activated are the sockets from fd 3 on that the environment announces for
// this process.
func activated() []host.Grant {
	const first = 3
	pid, err := strconv.Atoi(os.Getenv("LISTEN_PID"))
	n, err2 := strconv.Atoi(os.Getenv("LISTEN_FDS"))
	if err != nil || err2 != nil || pid != os.Getpid() || n < 1 || n > 1024 {
		return nil
	}
	names := strings.Split(os.Getenv("LISTEN_FDNAMES"), ":")
	var grants []host.Grant
	for i := range n {
		name := ""
		if i < len(names) {
			name = names[i]
		}
		grants = append(grants, host.Grant{Name: name, File: os.NewFile(uintptr(first+i), name)})
	}
	return grants
}
