//go:build unix

package linmem

import "golang.org/x/sys/unix"

// reserve takes address space without memory behind it.
func reserve(n uint64) ([]byte, error) {
	return unix.Mmap(-1, 0, int(n), unix.PROT_NONE, unix.MAP_PRIVATE|unix.MAP_ANON)
}

// commit makes a part of the region usable; it reads as zeros.
func commit(b []byte) error {
	if len(b) == 0 {
		return nil
	}
	return unix.Mprotect(b, unix.PROT_READ|unix.PROT_WRITE)
}

func release(b []byte) { _ = unix.Munmap(b) }
