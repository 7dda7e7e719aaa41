package rootfs

import (
	"os"
	"time"

	"github.com/tetratelabs/wazero/experimental/sys"
	"golang.org/x/sys/windows"
)

// kernelAppends is false: appending is going to the end and writing.
const kernelAppends = false

func setAppend(*os.File, bool) error { return nil }

// futimes sets the times of an open file, in nanoseconds of the epoch or
// UTIME_OMIT: SetFileTime, in steps of 100 ns. Only for files open for writing.
func futimes(f *os.File, atim, mtim int64) error {
	conn, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var inner error
	err = conn.Control(func(fd uintptr) {
		inner = windows.SetFileTime(windows.Handle(fd), nil, filetime(atim), filetime(mtim))
	})
	if err != nil {
		return err
	}
	return inner
}

// filetime returns nil to keep the old time. Times before 1601 do not exist.
func filetime(nanos int64) *windows.Filetime {
	if nanos == sys.UTIME_OMIT {
		return nil
	}
	first := time.Date(1601, 1, 1, 0, 0, 1, 0, time.UTC)
	if time.Unix(0, nanos).Before(first) {
		nanos = 0
	}
	ft := windows.NsecToFiletime(nanos)
	return &ft
}
