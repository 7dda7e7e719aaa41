//go:build dragonfly || openbsd

package netsys

import "golang.org/x/sys/unix"

// OpenBSD has no keep-alive options, and DragonFly BSD changed their unit from
// milliseconds to seconds between releases.
const (
	osReusePort = unix.SO_REUSEPORT
	osKeepIdle  = noOpt
	osKeepIntvl = noOpt
	osKeepCnt   = noOpt
	osLinger    = unix.SO_LINGER

	msgNoSignal = unix.MSG_NOSIGNAL
	osPollRDHUP = 0
)
