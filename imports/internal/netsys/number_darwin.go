package netsys

import "golang.org/x/sys/unix"

const (
	osReusePort = unix.SO_REUSEPORT
	osKeepIdle  = unix.TCP_KEEPALIVE
	osKeepIntvl = unix.TCP_KEEPINTVL
	osKeepCnt   = unix.TCP_KEEPCNT
	osLinger    = unix.SO_LINGER_SEC // SO_LINGER counts clock ticks

	msgNoSignal = 0 // not on all releases: SO_NOSIGPIPE is set instead
	osPollRDHUP = 0
)
