package imports_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/wqjs/wqjs/imports"
)

// addressSpace is what this process has mapped, in bytes (proc(5), statm).
func addressSpace(t *testing.T) (size int64) {
	t.Helper()
	b, err := os.ReadFile("/proc/self/statm")
	check(t, err)
	_, err = fmt.Sscan(string(b), &size)
	check(t, err)
	return size * int64(os.Getpagesize())
}

// TestFreeWithoutInstance frees the memory that no module took.
func TestFreeWithoutInstance(t *testing.T) {
	before := addressSpace(t)
	for range 4 {
		s, err := imports.NewSlot(4 << 30)
		check(t, err)
		if d := addressSpace(t) - before; d < 4<<30 {
			t.Errorf("a slot takes %d bytes of address space", d)
		}
		s.Free()
	}
	if d := addressSpace(t) - before; d > 1<<30 {
		t.Errorf("%d bytes are left", d)
	}
}
