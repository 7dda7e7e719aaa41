//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package netsys

import "golang.org/x/sys/unix"

var foreignSockaddr unix.Sockaddr = &unix.SockaddrDatalink{}
