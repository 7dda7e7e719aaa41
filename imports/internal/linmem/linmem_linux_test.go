package linmem_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/wqjs/wqjs/imports/internal/linmem"
)

// resident is the resident set in bytes (proc(5), statm).
func resident(t *testing.T) int64 {
	t.Helper()
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Fatal(err)
	}
	var size, rss int64
	if _, err := fmt.Sscan(string(b), &size, &rss); err != nil {
		t.Fatal(err)
	}
	return rss * int64(os.Getpagesize())
}

// TestReservationIsFree: the limit costs address space; memory is what the
// guest has touched, in huge pages where the system has them.
func TestReservationIsFree(t *testing.T) {
	before := resident(t)
	var all []*linmem.Memory
	for range 16 {
		m := newMemory(t, 4<<30)
		all = append(all, m)
		b := m.Reallocate(256 << 20)
		if b == nil {
			t.Fatal("no memory")
		}
		b[0], b[len(b)-1] = 1, 1
	}
	const most = 16*(2<<20) + 8<<20
	if d := resident(t) - before; d > most {
		t.Errorf("16 reservations of 4 GiB hold %d KiB", d>>10)
	}
	// It grows in place up to the very end of the address range of wasm.
	b := all[0].Reallocate(4 << 30)
	if b == nil {
		t.Fatal("cannot grow to 4 GiB")
	}
	b[len(b)-1] = 7
	all[0].Store32(1<<32-4, 9)
	if d := resident(t) - before; d > most {
		t.Errorf("4 GiB of zeros hold %d KiB", d>>10)
	}
}
