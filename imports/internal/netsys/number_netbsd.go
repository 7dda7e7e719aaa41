package netsys

import "golang.org/x/sys/unix"

const (
	osReusePort = unix.SO_REUSEPORT
	osKeepIdle  = unix.TCP_KEEPIDLE
	osKeepIntvl = unix.TCP_KEEPINTVL
	osKeepCnt   = unix.TCP_KEEPCNT
	osLinger    = unix.SO_LINGER

	msgNoSignal = unix.MSG_NOSIGNAL
	osPollRDHUP = 0
)
