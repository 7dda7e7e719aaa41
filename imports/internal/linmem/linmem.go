// Package linmem backs the linear memory of a sandbox: one region of address
// space that never moves, so that another goroutine can set the interrupt flag
// in it while the guest runs.
package linmem

import (
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/tetratelabs/wazero/experimental"
)

// Initial is how much of a memory New makes usable, or all if it is smaller.
// wazero panics when the memory that a module starts with is refused; a module
// that starts with no more than this, and the limit, is safe from that.
const Initial = 4 << 20

// Beyond that much, memory is made usable in steps of huge pages: a guest of that
// size does not mind to hold a few more KiB.
const (
	hugeFrom = 16 << 20
	hugeStep = 2 << 20
)

// Memory is an experimental.LinearMemory for one instance.
type Memory struct {
	mu     sync.Mutex
	region []byte // the whole reservation; nil after Free
	usable uint64 // how much of it is committed
	limit  uint64
	image  *Image // what Copy made this a copy of
	size   atomic.Uint64
}

// New takes address space for a memory of at most limit bytes, rounded down to
// wasm pages of 64 KiB. Free gives it back.
func New(limit uint64) (*Memory, error) {
	m := &Memory{}
	limit &^= 0xffff
	if limit == 0 {
		return m, nil
	}
	if limit > math.MaxInt {
		return nil, fmt.Errorf("no address space for %d bytes of guest memory", limit)
	}
	region, err := reserve(int(limit))
	if err != nil {
		return nil, fmt.Errorf("reserve %d bytes of guest memory: %w", limit, err)
	}
	m.usable = min(limit, Initial)
	if err := commit(region[:m.usable]); err != nil {
		release(region)
		return nil, fmt.Errorf("commit %d bytes of guest memory: %w", m.usable, err)
	}
	m.region, m.limit = region, limit
	return m, nil
}

// SetLimit makes limit the size beyond which the memory does not grow, rounded
// down to pages. It reports whether that is possible: the memory is no larger
// now, and New took as much.
func (m *Memory) SetLimit(limit uint64) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	limit &^= 0xffff
	if limit > uint64(len(m.region)) || limit < m.size.Load() {
		return false
	}
	m.limit = limit
	return true
}

// Allocate implements experimental.MemoryAllocator for the one memory of an
// instance.
func (m *Memory) Allocate(_, _ uint64) experimental.LinearMemory { return m }

// Reallocate grows the memory in place; nil when size is over the limit or the
// system has no more, which the guest sees as a failed memory.grow.
func (m *Memory) Reallocate(size uint64) []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	if size > m.limit || size < m.size.Load() {
		return nil
	}
	if size > m.usable && !m.commit(size) {
		return nil
	}
	m.size.Store(size)
	return m.region[:size:size]
}

// commit makes at least size bytes usable.
func (m *Memory) commit(size uint64) bool {
	end := size
	if size > hugeFrom {
		end = min((size+hugeStep-1)/hugeStep*hugeStep, uint64(len(m.region)))
	}
	part := m.region[m.usable:end]
	if commit(part) != nil {
		return false
	}
	if size > hugeFrom {
		huge(part)
	}
	m.usable = end
	return true
}

// Free gives the region back, for good: the size and the limit are 0 then.
func (m *Memory) Free() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.region != nil {
		release(m.region)
		m.region, m.image, m.limit = nil, nil, 0
		m.size.Store(0)
	}
}

// Size is the present size in bytes.
func (m *Memory) Size() uint64 { return m.size.Load() }

// Store32 stores v at addr, a multiple of 4, from any goroutine; after Free, or
// outside of the memory, it does nothing.
func (m *Memory) Store32(addr, v uint32) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if p := m.word(addr); p != nil {
		atomic.StoreUint32(p, v)
	}
}

// Load32 is the counterpart of Store32: 0 where there is no memory.
func (m *Memory) Load32(addr uint32) uint32 {
	m.mu.Lock()
	defer m.mu.Unlock()
	if p := m.word(addr); p != nil {
		return atomic.LoadUint32(p)
	}
	return 0
}

func (m *Memory) word(addr uint32) *uint32 {
	if m.region == nil || uint64(addr)+4 > m.size.Load() || addr%4 != 0 {
		return nil
	}
	return (*uint32)(unsafe.Pointer(&m.region[addr]))
}
