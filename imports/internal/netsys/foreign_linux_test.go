package netsys

import "golang.org/x/sys/unix"

var foreignSockaddr unix.Sockaddr = &unix.SockaddrNetlink{}
