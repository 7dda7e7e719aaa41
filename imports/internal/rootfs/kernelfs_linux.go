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
	switch uint32(st.Type) {
	case unix.PROC_SUPER_MAGIC, unix.SYSFS_MAGIC, unix.DEBUGFS_MAGIC, unix.TRACEFS_MAGIC,
		unix.SECURITYFS_MAGIC, unix.SELINUX_MAGIC, unix.BPF_FS_MAGIC, unix.PSTOREFS_MAGIC,
		unix.EFIVARFS_MAGIC, unix.BINFMTFS_MAGIC, unix.NSFS_MAGIC,
		unix.CGROUP_SUPER_MAGIC, unix.CGROUP2_SUPER_MAGIC:
		return true
	}
	return false
}
