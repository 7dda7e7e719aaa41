//go:build unix

package linmem_test

import (
	"math"
	"testing"

	"github.com/wqjs/wqjs/imports/internal/linmem"
)

// TestNoAddressSpace: what the system does not have is an error, not a crash.
func TestNoAddressSpace(t *testing.T) {
	for _, limit := range []uint64{1 << 60, math.MaxInt64, math.MaxUint64} {
		if m, err := linmem.New(limit); m != nil || err == nil {
			t.Errorf("reserved %d bytes", limit)
		}
	}
}
