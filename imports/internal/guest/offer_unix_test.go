//go:build unix

package guest_test

import (
	"testing"

	"golang.org/x/sys/unix"

	"github.com/wqjs/wqjs/imports/internal/abi"
	"github.com/wqjs/wqjs/imports/internal/guesttest"
)

// TestHugeOffer offers more than a length can tell; it is address space alone.
func TestHugeOffer(t *testing.T) {
	huge, err := unix.Mmap(-1, 0, 1<<30+1, unix.PROT_NONE, unix.MAP_PRIVATE|unix.MAP_ANON)
	check(t, err)
	defer unix.Munmap(huge)
	g := guesttest.New(t, guesttest.Config{})
	if n, err := g.Offer(huge); n != 0 || err != error(abi.EOVERFLOW) {
		t.Errorf("%d, %v", n, err)
	}
	if n := g.Take(make([]byte, 1)); n != 0 {
		t.Error("it can be taken")
	}
	n, err := g.Offer(huge[:1<<30])
	check(t, err)
	if n != 1<<30 {
		t.Errorf("offered %d", n)
	}
}
