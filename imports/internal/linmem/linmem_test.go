package linmem_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"math"
	"sync"
	"testing"
	"unsafe"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/wqjs/wqjs/imports/internal/linmem"
)

const page = 64 << 10

// module has a memory that starts at 2 pages and says of no maximum.
var module = []byte{0, 'a', 's', 'm', 1, 0, 0, 0, 5, 3, 1, 0, 2, 7, 5, 1, 1, 'm', 2, 0}

func newMemory(t *testing.T, limit uint64) *linmem.Memory {
	t.Helper()
	m, err := linmem.New(limit)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Free)
	return m
}

func instantiate(t *testing.T, m *linmem.Memory) (api.Module, error) {
	t.Helper()
	ctx := context.Background()
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter())
	t.Cleanup(func() { r.Close(ctx) })
	return r.Instantiate(experimental.WithMemoryAllocator(ctx, m), module)
}

func TestGrow(t *testing.T) {
	m := newMemory(t, 5*page+1234) // rounded down to pages
	mod, err := instantiate(t, m)
	if err != nil {
		t.Fatal(err)
	}
	mem := mod.Memory()
	if m.Size() != 2*page || mem.Size() != 2*page {
		t.Fatalf("starts with %d, %d", m.Size(), mem.Size())
	}
	view, _ := mem.Read(0, 2*page)
	if len(bytes.Trim(view, "\x00")) != 0 {
		t.Error("fresh memory is not zero")
	}
	mem.WriteString(page, "stays here")
	for _, c := range []struct {
		delta, before uint32
		ok            bool
	}{
		{0, 2, true}, {1, 2, true}, {3, 0, false}, {math.MaxUint16, 0, false}, {2, 3, true}, {1, 0, false}, {0, 5, true},
	} {
		before, ok := mem.Grow(c.delta)
		if ok != c.ok || ok && before != c.before {
			t.Errorf("growing by %d: from %d, %v", c.delta, before, ok)
		}
	}
	if m.Size() != 5*page || mem.Size() != 5*page {
		t.Errorf("ends with %d, %d", m.Size(), mem.Size())
	}
	grown, _ := mem.Read(0, 5*page)
	if unsafe.SliceData(grown) != unsafe.SliceData(view) {
		t.Error("the memory has moved")
	}
	if !bytes.HasPrefix(grown[page:], []byte("stays here")) || len(bytes.Trim(grown[2*page:], "\x00")) != 0 {
		t.Error("the content is not what it was, and zeros")
	}
	for i := range grown {
		grown[i] = 0xff // all of it can be written
	}
}

func TestLimit(t *testing.T) {
	m := newMemory(t, 2*page)
	if _, err := instantiate(t, m); err != nil {
		t.Error(err)
	}
	for _, size := range []uint64{2*page + 1, 3 * page, 1 << 32, math.MaxUint64, page, 0} { // memory never shrinks
		if b := m.Reallocate(size); b != nil {
			t.Errorf("reallocated to %d bytes", size)
		}
	}
	if b := m.Reallocate(2 * page); len(b) != 2*page || cap(b) != 2*page || m.Size() != 2*page {
		t.Errorf("%d bytes, Size %d", len(b), m.Size())
	}
	for _, limit := range []uint64{0, 1, page - 1} {
		m := newMemory(t, limit)
		if b := m.Reallocate(page); b != nil {
			t.Errorf("a page of a memory of %d bytes", limit)
		}
		m.Store32(0, 1)
	}
}

// TestBeyondInitial grows over the part that New made usable, in steps that
// end before, at and after it.
func TestBeyondInitial(t *testing.T) {
	m := newMemory(t, 3*linmem.Initial)
	for _, size := range []uint64{linmem.Initial - page, linmem.Initial, linmem.Initial + page, 3 * linmem.Initial} {
		b := m.Reallocate(size)
		if uint64(len(b)) != size {
			t.Fatalf("%d bytes, want %d", len(b), size)
		}
		b[0], b[len(b)-1] = 1, 1
	}
}

func TestStore32(t *testing.T) {
	m := newMemory(t, 4*page)
	m.Store32(0, 1) // no memory yet
	b := m.Reallocate(2 * page)
	for i := range b {
		b[i] = 0xee
	}
	for _, c := range []struct {
		addr uint32
		ok   bool
	}{
		{0, true}, {4, true}, {page, true}, {2*page - 4, true},
		{1, false}, {2, false}, {3, false}, {2*page - 3, false}, {2*page - 1, false},
		{2 * page, false}, {2*page + 4, false}, {4 * page, false},
		{math.MaxUint32, false}, {math.MaxUint32 - 3, false},
	} {
		const value = 0x01020304
		m.Store32(c.addr, value)
		if c.ok {
			if got := binary.NativeEndian.Uint32(b[c.addr:]); got != value {
				t.Errorf("at %d there is %#x", c.addr, got)
			}
			binary.NativeEndian.PutUint32(b[c.addr:], 0xeeeeeeee)
		}
	}
	if len(bytes.Trim(b, "\xee")) != 0 {
		t.Error("something else was written")
	}
}

func TestFree(t *testing.T) {
	m := newMemory(t, 4*page)
	if m.Reallocate(page) == nil {
		t.Fatal("no memory")
	}
	m.Free()
	m.Free()
	m.Store32(0, 1)
	if m.Size() != 0 {
		t.Errorf("Size is %d after Free", m.Size())
	}
	if b := m.Reallocate(page); b != nil {
		t.Error("memory after Free")
	}
}

// TestStoreRace interrupts guests that grow and end.
func TestStoreRace(t *testing.T) {
	for range 20 {
		m := newMemory(t, 64*page)
		if m.Reallocate(page) == nil {
			t.Fatal("no memory")
		}
		var wg sync.WaitGroup
		stop := make(chan struct{})
		for w := range uint32(3) {
			wg.Go(func() {
				for i := uint32(0); ; i++ {
					select {
					case <-stop:
						return
					default:
					}
					m.Store32(i%(80*page)&^3, w)
					m.Store32(page-4, w)
					_ = m.Size()
				}
			})
		}
		for n := uint64(1); n <= 64; n++ {
			if b := m.Reallocate(n * page); len(b) != int(n*page) {
				t.Fatalf("%d bytes, want %d pages", len(b), n)
			}
		}
		m.Free()
		close(stop)
		wg.Wait()
	}
}
