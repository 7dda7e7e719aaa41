// Package linmem backs the linear memory of a sandbox: one region of address
// space that never moves, so that another goroutine can set the interrupt flag
// in it while the guest runs.
package linmem

import (
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/tetratelabs/wazero/experimental"
)

// Memory is an experimental.LinearMemory of at most its limit in bytes.
type Memory struct {
	mu     sync.Mutex
	region []byte // the whole reservation; nil after Free
	limit  uint64
	size   atomic.Uint64
}

// New makes a memory of at most limit bytes, rounded down to wasm pages of
// 64 KiB; address space is taken on first use.
func New(limit uint64) *Memory { return &Memory{limit: limit &^ 0xffff} }

// Allocate implements experimental.MemoryAllocator for the one memory of an
// instance. A module that starts larger than the limit gets no memory: wazero
// reports it.
func (m *Memory) Allocate(_, _ uint64) experimental.LinearMemory { return m }

// Reallocate grows the memory in place; nil when size is over the limit or the
// system has no more, which the guest sees as a failed memory.grow.
func (m *Memory) Reallocate(size uint64) []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	if size > m.limit {
		return nil
	}
	if m.region == nil {
		region, err := reserve(m.limit)
		if err != nil {
			return nil
		}
		m.region = region
	}
	if commit(m.region[m.size.Load():size]) != nil {
		return nil
	}
	m.size.Store(size)
	return m.region[:size:size]
}

// Free gives the region back.
func (m *Memory) Free() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.region != nil {
		release(m.region)
		m.region = nil
	}
}

// Size is the present size in bytes.
func (m *Memory) Size() uint64 { return m.size.Load() }

// Store32 stores v at addr, a multiple of 4, from any goroutine; after Free, or
// outside of the memory, it does nothing.
func (m *Memory) Store32(addr, v uint32) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.region == nil || uint64(addr)+4 > m.size.Load() || addr%4 != 0 {
		return
	}
	atomic.StoreUint32((*uint32)(unsafe.Pointer(&m.region[addr])), v)
}
