//go:build !unix

package netsys

import "syscall"

// Dup is not supported here: ENOTSUP.
func Dup(FD) (FD, error) { return -1, syscall.ENOTSUP }
