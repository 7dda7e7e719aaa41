//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package netsys

import (
	"testing"

	"golang.org/x/sys/unix"
)

func TestRetry(t *testing.T) {
	for _, outcome := range []error{nil, unix.EAGAIN, unix.EBADF} {
		for _, interruptions := range []int{0, 1, 100} {
			calls := 0
			err := retry(func() error {
				calls++
				if calls <= interruptions {
					return unix.EINTR
				}
				return outcome
			})
			if err != outcome || calls != interruptions+1 {
				t.Errorf("%d interruptions, then %v: %v after %d calls", interruptions, outcome, err, calls)
			}
		}
	}
}
