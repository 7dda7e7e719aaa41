package netsys

import (
	"net"
	"os"
)

// Conn makes a net.Conn of a connected stream socket and takes the socket over,
// also when it fails. Its reads and writes park goroutines.
func Conn(fd FD) (net.Conn, error) {
	f := os.NewFile(uintptr(fd), "socket")
	defer f.Close() // FileConn duplicates it
	return net.FileConn(f)
}

// Listener is Conn for a listener.
func Listener(fd FD) (net.Listener, error) {
	f := os.NewFile(uintptr(fd), "socket")
	defer f.Close()
	return net.FileListener(f)
}
