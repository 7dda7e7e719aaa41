package netsys

import "golang.org/x/sys/unix"

const (
	osReusePort = unix.SO_REUSEPORT_LB // plain SO_REUSEPORT gives all to the last one bound
	osKeepIdle  = unix.TCP_KEEPIDLE
	osKeepIntvl = unix.TCP_KEEPINTVL
	osKeepCnt   = unix.TCP_KEEPCNT
	osLinger    = unix.SO_LINGER

	msgNoSignal = unix.MSG_NOSIGNAL
	osPollRDHUP = 0
)
