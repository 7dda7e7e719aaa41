//go:build unix

package linmem

import "golang.org/x/sys/unix"

// reserve takes address space without memory behind it.
func reserve(n int) ([]byte, error) {
	return unix.Mmap(-1, 0, n, unix.PROT_NONE, unix.MAP_PRIVATE|unix.MAP_ANON)
}

// commit makes a part of the region usable; it reads as zeros.
func commit(b []byte) error {
	return unix.Mprotect(b, unix.PROT_READ|unix.PROT_WRITE)
}

func release(b []byte) { _ = unix.Munmap(b) }
