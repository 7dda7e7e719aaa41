package rootfs

import (
	"os"

	"golang.org/x/sys/unix"
)

// isKernelFile reports whether a file is a view into the kernel, or by procfs
// into this process: statfs(2).
func isKernelFile(f *os.File) bool {
	var st unix.Statfs_t
	err := control(f, func(fd int) error {
		return ignoringEINTR(func() error { return unix.Fstatfs(fd, &st) })
	})
	if err != nil {
		return true // better not
	}
	switch unix.ByteSliceToString(st.Fstypename[:]) {
	case "procfs", "linprocfs", "linsysfs", "fdescfs":
		return true
	}
	return false
}
