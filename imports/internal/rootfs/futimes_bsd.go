//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package rootfs

import (
	"os"

	"github.com/tetratelabs/wazero/experimental/sys"
	wasys "github.com/tetratelabs/wazero/sys"
	"golang.org/x/sys/unix"
)

// futimes sets the times of an open file, in nanoseconds of the epoch or
// UTIME_OMIT: futimes(2), in microseconds.
func futimes(f *os.File, atim, mtim int64) error {
	if atim == sys.UTIME_OMIT || mtim == sys.UTIME_OMIT {
		info, err := f.Stat()
		if err != nil {
			return err
		}
		st := wasys.NewStat_t(info)
		if atim == sys.UTIME_OMIT {
			atim = st.Atim
		}
		if mtim == sys.UTIME_OMIT {
			mtim = st.Mtim
		}
	}
	times := []unix.Timeval{unix.NsecToTimeval(atim), unix.NsecToTimeval(mtim)}
	return control(f, func(fd int) error { return unix.Futimes(fd, times) })
}
