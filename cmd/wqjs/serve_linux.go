package main

// reusePort says whether each worker gets a socket of its own for the address:
// Linux spreads connections over them.
func reusePort(spec string) bool {
	_, isUnix := unixAddr(spec)
	return !isUnix
}
