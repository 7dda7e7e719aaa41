package rootfs

import (
	"os"
	"unsafe"

	"github.com/tetratelabs/wazero/experimental/sys"
	"golang.org/x/sys/unix"
)

// futimes sets the times of an open file, in nanoseconds of the epoch or
// UTIME_OMIT: utimensat(2) without a path, which is how futimens(3) works.
func futimes(f *os.File, atim, mtim int64) error {
	times := [2]unix.Timespec{timespec(atim), timespec(mtim)}
	return control(f, func(fd int) error {
		_, _, e := unix.Syscall6(unix.SYS_UTIMENSAT, uintptr(fd), 0, uintptr(unsafe.Pointer(&times)), 0, 0, 0)
		if e != 0 {
			return e
		}
		return nil
	})
}

func timespec(nanos int64) unix.Timespec {
	if nanos == sys.UTIME_OMIT {
		return unix.Timespec{Nsec: unix.UTIME_OMIT}
	}
	return unix.NsecToTimespec(nanos)
}
