//go:build netbsd || openbsd

package netsys

// noSigpipe has nothing to do: every send carries MSG_NOSIGNAL.
func noSigpipe(int) error { return nil }
