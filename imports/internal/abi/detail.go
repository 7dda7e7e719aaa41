package abi

import (
	"fmt"
	"syscall"
)

// DetailError is an errno with a sentence for the guest's error message.
type DetailError struct {
	Errno  Errno
	Detail string
}

// Detailed returns a DetailError.
func Detailed(e Errno, format string, args ...any) error {
	return &DetailError{e, fmt.Sprintf(format, args...)}
}

func (e *DetailError) Error() string { return e.Detail }

// Unwrap is the Errno.
func (e *DetailError) Unwrap() error { return e.Errno }

// IsErrno reports whether err is a bare number, of ours or of the OS, which
// has no more to tell than its name.
func IsErrno(err error) bool {
	switch err.(type) {
	case Errno, syscall.Errno:
		return true
	}
	return false
}
