//go:build !linux && !darwin && !dragonfly && !freebsd && !netbsd && !openbsd

package netsys

import (
	"errors"
	"syscall"
	"testing"
)

func TestUnsupported(t *testing.T) {
	_, serr := OS.Socket(AF_INET, SOCK_STREAM, 0)
	_, perr := NewPoller()
	_, lerr := Poll(nil, 0)
	for _, err := range []error{serr, perr, lerr} {
		if err != error(syscall.ENOTSUP) || !errors.Is(err, errors.ErrUnsupported) {
			t.Error(err)
		}
	}
}
