//go:build !wqjs_copy

package linmem

import (
	"encoding/binary"
	"fmt"
	"os"
	"runtime"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// On Linux an image is a file in memory (memfd_create(2)) that memories map
// privately: they share its pages until they write to them.

var pageSize = os.Getpagesize()

type backing struct{ fd int }

func (img *Image) init(b []byte) error {
	if len(b) == 0 {
		img.fd = -1
		return nil
	}
	fd, err := unix.MemfdCreate("wqjs-image", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return fmt.Errorf("make an image: %w", err)
	}
	if img.bytes, err = fill(fd, b); err != nil {
		unix.Close(fd)
		return fmt.Errorf("make an image of %d bytes: %w", len(b), err)
	}
	img.fd = fd
	return nil
}

// fill writes b to the file, for good, and maps it.
func fill(fd int, b []byte) ([]byte, error) {
	if err := unix.Ftruncate(fd, int64(len(b))); err != nil {
		return nil, err
	}
	for off := 0; off < len(b); {
		n, err := unix.Pwrite(fd, b[off:], int64(off))
		if err != nil && err != unix.EINTR {
			return nil, err
		}
		off += max(n, 0)
	}
	const seals = unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_WRITE | unix.F_SEAL_SEAL
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, seals); err != nil {
		return nil, err
	}
	return unix.Mmap(fd, 0, len(b), unix.PROT_READ, unix.MAP_SHARED)
}

// Close frees the image.
func (img *Image) Close() error {
	if img.fd < 0 {
		return nil
	}
	b, fd := img.bytes, img.fd
	img.bytes, img.fd = nil, -1
	err := unix.Munmap(b)
	if e := unix.Close(fd); err == nil {
		err = e
	}
	return err
}

func (img *Image) copyTo(region []byte) error {
	if len(img.bytes) == 0 {
		return nil
	}
	_, err := unix.MmapPtr(img.fd, 0, unsafe.Pointer(&region[0]), uintptr(len(img.bytes)),
		unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_FIXED)
	if err != nil {
		return fmt.Errorf("map an image of %d bytes: %w", len(img.bytes), err)
	}
	return nil
}

// zero gives pages of anonymous memory back: they read as zeros again.
func zero(b []byte) {
	if unix.Madvise(b, unix.MADV_DONTNEED) != nil { // locked pages, for one
		clear(b)
	}
}

// reset copies back the pages that are private by now, or drops them all.
func (img *Image) reset(b []byte, keep, floor int) (Left, error) {
	if len(b) == 0 {
		return Left{}, nil
	}
	entries, ok := pagemap(b)
	if !ok {
		return Left{Deep: floor > 0}, drop(b)
	}
	defer entriesPool.Put(entries)
	n := 0
	var left Left
	for i, e := range *entries {
		if private(e) {
			if i*pageSize < floor {
				left.Deep = true
				break
			}
			n++
		}
	}
	if left.Deep || n*pageSize > keep {
		return left, drop(b)
	}
	for i, e := range *entries {
		if private(e) {
			at := i * pageSize
			copy(b[at:at+pageSize], img.bytes[at:])
		}
	}
	left.Private = n * pageSize
	return left, nil
}

// drop makes b the image's again by forgetting its private pages.
func drop(b []byte) error {
	if err := unix.Madvise(b, unix.MADV_DONTNEED); err != nil {
		return fmt.Errorf("reset %d bytes of guest memory: %w", len(b), err)
	}
	return nil
}

// Entries of /proc/PID/pagemap
// (https://docs.kernel.org/admin-guide/mm/pagemap.html): one of 64 bits a page.
const (
	pmPresent = 1 << 63
	pmSwapped = 1 << 62
	pmFile    = 1 << 61 // the page is the file's, or shared
)

// private reports whether a page of a private mapping of a file was written.
// The flags need no privilege.
func private(entry uint64) bool {
	return entry&(pmPresent|pmSwapped) != 0 && entry&pmFile == 0
}

var entriesPool = sync.Pool{New: func() any { return new([]uint64) }}

// pagemap reads the entries of b's pages; false where the system has none, or
// none to trust.
func pagemap(b []byte) (*[]uint64, bool) {
	f := pagemapFile()
	if f == nil {
		return nil, false
	}
	e := entriesPool.Get().(*[]uint64)
	if !readPagemap(f, b, e) {
		entriesPool.Put(e)
		return nil, false
	}
	return e, true
}

func readPagemap(f *os.File, b []byte, e *[]uint64) bool {
	n := len(b) / pageSize
	if cap(*e) < n {
		*e = make([]uint64, n)
	}
	*e = (*e)[:n]
	raw := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(*e))), 8*n)
	off := int64(uintptr(unsafe.Pointer(unsafe.SliceData(b)))) / int64(pageSize) * 8
	read, err := unix.Pread(int(f.Fd()), raw, off)
	return err == nil && read == len(raw)
}

// pagemapFile is the process' page map, after a test that it tells the truth;
// nil where it does not (some sandboxes emulate Linux).
var pagemapFile = sync.OnceValue(func() *os.File {
	f, err := os.Open("/proc/self/pagemap")
	if err != nil {
		return nil
	}
	if !truthful(f) {
		f.Close()
		return nil
	}
	return f
})

// truthful looks at a page that was written, one that was read and one that was
// not touched.
func truthful(f *os.File) bool {
	img, err := NewImage(append(make([]byte, 3*pageSize-1), 1))
	if err != nil {
		return false
	}
	defer img.Close()
	region, err := reserve(3 * pageSize)
	if err != nil {
		return false
	}
	defer release(region)
	if img.copyTo(region) != nil {
		return false
	}
	region[0] = 1
	runtime.KeepAlive(binary.LittleEndian.Uint64(region[pageSize:]))
	var e []uint64
	if !readPagemap(f, region, &e) {
		return false
	}
	return private(e[0]) && !private(e[1]) && !private(e[2])
}
