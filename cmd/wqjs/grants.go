package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"

	"github.com/wqjs/wqjs/host"
)

// openGrants opens the listeners of --listen and takes over those of
// systemd-style socket activation (sd_listen_fds(3)).
func openGrants(ctx context.Context, listen []string) ([]host.Grant, error) {
	grants := activated()
	for i, spec := range listen {
		g, err := openListener(ctx, spec, false)
		if err != nil {
			removeSocketFiles(socketFiles(listen[:i]))
			closeGrants(grants)
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

// A socketFile is one that a Unix listener of --listen made.
type socketFile struct {
	path string
	made os.FileInfo
}

// socketFiles are those of the listeners that were opened for --listen.
func socketFiles(listen []string) (files []socketFile) {
	for _, spec := range listen {
		if _, network, addr := splitListen(spec); network == "unix" {
			if info, err := os.Lstat(addr); err == nil {
				files = append(files, socketFile{addr, info})
			}
		}
	}
	return files
}

// removeSocketFiles removes them, but not what another put in their place.
func removeSocketFiles(files []socketFile) {
	for _, f := range files {
		if now, err := os.Lstat(f.path); err == nil && os.SameFile(now, f.made) {
			os.Remove(f.path)
		}
	}
}

// splitListen takes a value of --listen apart.
func splitListen(spec string) (name, network, addr string) {
	name, addr, named := strings.Cut(spec, "=")
	if !named {
		name, addr = "", spec
	}
	if path, ok := strings.CutPrefix(addr, "unix:"); ok {
		return name, "unix", path
	}
	return name, "tcp", addr
}

// openListener takes ADDR, unix:PATH and NAME=ADDR; shared allows others on the
// same address.
func openListener(ctx context.Context, spec string, shared bool) (host.Grant, error) {
	name, network, addr := splitListen(spec)
	var lc net.ListenConfig
	if shared && network == "tcp" {
		shareAddress(&lc)
	}
	l, err := lc.Listen(ctx, network, addr)
	if err != nil {
		if network == "unix" && errors.Is(err, syscall.EADDRINUSE) {
			err = fmt.Errorf("%w: %s is in use, or was left by a program that was killed: then remove it", err, addr)
		}
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
