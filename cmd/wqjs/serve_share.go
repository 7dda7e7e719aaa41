//go:build !linux

package main

// reusePort is false: elsewhere one of several sockets gets all connections, so
// the workers share one.
func reusePort(string) bool { return false }
