//go:build unix

package abi_test

import (
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/wqjs/wqjs/imports/internal/abi"
)

// TestEveryErrnoOfTheSystem goes by the system's own names: a number whose name
// WASI has, too, is that one.
func TestEveryErrnoOfTheSystem(t *testing.T) {
	ours := map[string]abi.Errno{}
	for e := abi.Errno(1); e < 77; e++ {
		ours[e.Error()] = e
	}
	// Numbers that have no counterpart in WASI, or two names.
	for name, e := range map[string]abi.Errno{
		"EWOULDBLOCK": abi.EAGAIN, "EOPNOTSUPP": abi.ENOTSUP, "EDEADLOCK": abi.EDEADLK,
		"EPFNOSUPPORT": abi.EAFNOSUPPORT, "EHOSTDOWN": abi.EHOSTUNREACH, "ESHUTDOWN": abi.EPIPE,
		"ESOCKTNOSUPPORT": abi.EPROTONOSUPPORT,
	} {
		ours[name] = e
	}
	// No call of a socket or file returns these, and not every system has them.
	for _, name := range []string{"EMULTIHOP", "ENOLINK", "ENOTRECOVERABLE", "EOWNERDEAD", "ENOTCAPABLE"} {
		ours[name] = abi.EIO
	}
	known := 0
	for n := syscall.Errno(1); n < 200; n++ {
		name := unix.ErrnoName(n)
		if !strings.HasPrefix(name, "E") {
			continue
		}
		want, ok := ours[name]
		if !ok {
			want = abi.EIO
		} else {
			known++
		}
		if got := abi.ToErrno(n); got != want {
			t.Errorf("%s (%d) is %v, want %v", name, int(n), got, want)
		}
	}
	if known < 70 {
		t.Errorf("only %d of WASI's names were met", known)
	}
}
