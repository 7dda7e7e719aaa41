package rootfs

import (
	"io"
	"os"
	"sync"

	"github.com/tetratelabs/wazero/experimental/sys"
	wasys "github.com/tetratelabs/wazero/sys"
)

// seekOffset has a name only because vet takes a method Seek(int64, int) without
// an error for a mistaken io.Seeker; sys.File wants it so.
type seekOffset = int64

// hostFile is an open regular file of the host.
type hostFile struct {
	sys.UnimplementedFile

	fs       *FS
	name     string
	file     *os.File
	st       wasys.Stat_t // when opened
	mayWrite bool         // the grant allows changing it

	mu       sync.Mutex // guards what follows, and makes charge and write one step
	appended bool
	closed   bool
}

func (h *hostFile) Dev() (uint64, sys.Errno)      { return h.st.Dev, h.alive() }
func (h *hostFile) Ino() (wasys.Inode, sys.Errno) { return h.st.Ino, h.alive() }
func (h *hostFile) IsDir() (bool, sys.Errno)      { return false, h.alive() }

func (h *hostFile) alive() sys.Errno {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return sys.EBADF
	}
	return 0
}

// done maps an error of the file, which is EBADF once it was closed.
func (h *hostFile) done(err error) sys.Errno {
	if err == nil || err == io.EOF {
		return 0
	}
	if errno := h.alive(); errno != 0 {
		return errno
	}
	return errnoOf(err)
}

func (h *hostFile) IsAppend() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.appended
}

// SetAppend implements sys.File by fcntl(2) where there is such a thing, so
// that appends of several processes do not overwrite each other.
func (h *hostFile) SetAppend(enable bool) sys.Errno {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return sys.EBADF
	}
	if err := setAppend(h.file, enable); err != nil {
		return errnoOf(err)
	}
	h.appended = enable
	return 0
}

func (h *hostFile) Stat() (wasys.Stat_t, sys.Errno) {
	info, err := h.file.Stat()
	if err != nil {
		return wasys.Stat_t{}, h.done(err)
	}
	return statOf(h.name, info), h.alive()
}

func (h *hostFile) Read(buf []byte) (int, sys.Errno) {
	if len(buf) == 0 {
		return 0, h.alive()
	}
	n, err := h.file.Read(buf)
	return n, h.done(err)
}

func (h *hostFile) Pread(buf []byte, off int64) (int, sys.Errno) {
	if off < 0 {
		return 0, sys.EINVAL
	}
	if len(buf) == 0 {
		return 0, h.alive()
	}
	n, err := h.file.ReadAt(buf, off)
	return n, h.done(err)
}

func (h *hostFile) Seek(offset seekOffset, whence int) (int64, sys.Errno) {
	if whence < io.SeekStart || whence > io.SeekEnd {
		return 0, sys.EINVAL
	}
	n, err := h.file.Seek(offset, whence)
	return n, h.done(err)
}

func (h *hostFile) Readdir(int) ([]sys.Dirent, sys.Errno) { return nil, sys.EBADF }

func (h *hostFile) Write(buf []byte) (int, sys.Errno) {
	return h.write(buf, func() (int64, error) {
		if h.appended {
			return 0, nil // leaves no hole
		}
		return h.file.Seek(0, io.SeekCurrent)
	}, func() (int, error) {
		if h.appended && !kernelAppends {
			if _, err := h.file.Seek(0, io.SeekEnd); err != nil {
				return 0, err
			}
		}
		return h.file.Write(buf)
	})
}

// Pwrite implements sys.File. With O_APPEND Linux appends: pwrite(2), BUGS.
func (h *hostFile) Pwrite(buf []byte, off int64) (int, sys.Errno) {
	if off < 0 {
		return 0, sys.EINVAL
	}
	return h.write(buf,
		func() (int64, error) { return off, nil },
		func() (int, error) { return h.file.WriteAt(buf, off) })
}

// write charges for buf, and for the hole between the end of the file and where
// it goes, then writes all of it or fails.
func (h *hostFile) write(buf []byte, where func() (int64, error), do func() (int, error)) (int, sys.Errno) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return 0, sys.EBADF
	}
	if len(buf) == 0 {
		return 0, 0
	}
	hole, err := h.beyondEnd(where)
	if err != nil {
		return 0, errnoOf(err)
	}
	if hole > maxInt64-int64(len(buf)) {
		return 0, sys.EINVAL
	}
	cost := hole + int64(len(buf))
	if errno := h.fs.spend(cost); errno != 0 {
		return 0, errno
	}
	n, err := do()
	if n == 0 {
		h.fs.refund(cost)
	} else if n < len(buf) {
		h.fs.refund(int64(len(buf) - n))
	}
	return n, errnoOf(err)
}

const maxInt64 = 1<<63 - 1

// beyondEnd returns how far past the end of the file an offset lies.
func (h *hostFile) beyondEnd(where func() (int64, error)) (int64, error) {
	if h.fs.opts.MaxWriteBytes <= 0 {
		return 0, nil
	}
	off, err := where()
	if err != nil {
		return 0, err
	}
	info, err := h.file.Stat()
	if err != nil {
		return 0, err
	}
	return max(0, off-info.Size()), nil
}

func (h *hostFile) Truncate(size int64) sys.Errno {
	if size < 0 {
		return sys.EINVAL
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return sys.EBADF
	}
	growth, err := h.beyondEnd(func() (int64, error) { return size, nil })
	if err != nil {
		return errnoOf(err)
	}
	if errno := h.fs.spend(growth); errno != 0 {
		return errno
	}
	if err := h.file.Truncate(size); err != nil {
		h.fs.refund(growth)
		return errnoOf(err)
	}
	return 0
}

func (h *hostFile) Sync() sys.Errno     { return h.done(h.file.Sync()) }
func (h *hostFile) Datasync() sys.Errno { return h.Sync() }

func (h *hostFile) Utimens(atim, mtim int64) sys.Errno {
	if !h.mayWrite { // the system would allow it to the owner
		if errno := h.alive(); errno != 0 {
			return errno
		}
		return h.fs.deny("utimens", h.name, needWrite)
	}
	return h.done(futimes(h.file, atim, mtim))
}

func (h *hostFile) Close() sys.Errno {
	h.mu.Lock()
	closed := h.closed
	h.closed = true
	h.mu.Unlock()
	if closed {
		return 0
	}
	h.fs.forget(h)
	return errnoOf(h.file.Close())
}
