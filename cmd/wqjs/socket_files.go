package main

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"strings"
	"syscall"
)

// unixAddr is the path or the @abstract name of unix:PATH and NAME=unix:PATH.
func unixAddr(spec string) (path string, ok bool) {
	_, addr := splitListen(spec)
	return strings.CutPrefix(addr, "unix:")
}

// isFile tells paths from abstract names.
func isFile(unixAddr string) bool { return unixAddr != "" && unixAddr[0] != '@' }

// socketFiles are the sockets that --listen made.
type socketFiles map[string]os.FileInfo

// socketsOf notes the files of listeners that were just opened.
func socketsOf(specs []string) socketFiles {
	files := socketFiles{}
	for _, spec := range specs {
		if path, ok := unixAddr(spec); ok && isFile(path) {
			if info, err := os.Lstat(path); err == nil {
				files[path] = info
			}
		}
	}
	return files
}

// remove takes them away, but for those that others have put in their place.
func (f socketFiles) remove() {
	for path, made := range f {
		if now, err := os.Lstat(path); err == nil && os.SameFile(made, now) {
			os.Remove(path)
		}
	}
}

// listenUnix listens on a path; a socket that is left there of a process that
// is gone is replaced.
func listenUnix(ctx context.Context, lc *net.ListenConfig, path string) (net.Listener, error) {
	l, err := lc.Listen(ctx, "unix", path)
	if !errors.Is(err, syscall.EADDRINUSE) || !isFile(path) {
		return l, err
	}
	if info, statErr := os.Lstat(path); statErr != nil || info.Mode().Type() != fs.ModeSocket {
		return nil, err
	}
	var d net.Dialer
	c, dialErr := d.DialContext(ctx, "unix", path)
	if dialErr == nil {
		c.Close()
	}
	if !errors.Is(dialErr, syscall.ECONNREFUSED) {
		return nil, err
	}
	if err := os.Remove(path); err != nil {
		return nil, err
	}
	return lc.Listen(ctx, "unix", path)
}
