package linmem_test

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/wqjs/wqjs/imports/internal/linmem"
)

// pattern fills some pages of b, and leaves others zero.
func pattern(b []byte, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 1))
	for at := 0; at < len(b); at += 4096 {
		if r.IntN(2) == 0 {
			for i := range 4096 {
				b[at+i] = byte(r.Uint32())
			}
		}
	}
}

func newImage(t *testing.T, b []byte) *linmem.Image {
	t.Helper()
	img, err := linmem.NewImage(b)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := img.Close(); err != nil {
			t.Error(err)
		}
	})
	return img
}

// TestReset: whatever was written, by whomever, is undone, byte for byte.
func TestReset(t *testing.T) {
	const size, grown = 20 * page, 32 * page
	for _, kept := range []int{0, 3 * page, 1 << 30} {
		original := make([]byte, size)
		pattern(original[:17*page], 7)
		img := newImage(t, original)
		if img.Size() > 17*page || img.Size() < 10*page {
			t.Fatalf("the image has %d bytes", img.Size())
		}
		var all [3][]byte
		var memories [3]*linmem.Memory
		for i := range memories {
			memories[i] = newMemory(t, 64*page)
			all[i] = memories[i].Reallocate(size)
			pattern(all[i], uint64(100+i))
			if err := memories[i].Copy(img); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(all[i], original) {
				t.Fatal("the copy differs")
			}
		}
		m, b := memories[0], all[0]
		r := rand.New(rand.NewPCG(1, 2))
		for round := range 20 {
			for range r.IntN(200) {
				b[r.IntN(len(b))]++
			}
			if round == 10 {
				b = m.Reallocate(grown)
			}
			left, err := m.Reset(kept, 0)
			if err != nil || left.Deep || left.Private > kept && left.Private != img.Size() {
				t.Fatalf("%+v, %v", left, err)
			}
			if !bytes.Equal(b[:size], original) || len(bytes.Trim(b[size:], "\x00")) != 0 {
				t.Fatalf("round %d: the memory differs from the image", round)
			}
			if !bytes.Equal(all[1], original) {
				t.Fatal("another copy has changed")
			}
		}
	}
}

func TestResetDeep(t *testing.T) {
	original := make([]byte, 8*page)
	pattern(original, 3)
	m := newMemory(t, 8*page)
	b := m.Reallocate(8 * page)
	if err := m.Copy(newImage(t, original)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		at   int
		deep bool
	}{{5 * page, false}, {2*page - 1, true}, {2 * page, false}, {0, true}} {
		b[c.at]++
		left, err := m.Reset(1<<30, 2*page)
		if err != nil || left.Deep != c.deep || !bytes.Equal(b, original) {
			t.Errorf("written at %d: %+v, %v", c.at, left, err)
		}
	}
}

func TestImageErrors(t *testing.T) {
	m := newMemory(t, 4*page)
	if _, err := m.Reset(0, 0); err == nil {
		t.Error("reset without an image")
	}
	m.Reallocate(page)
	big := make([]byte, 2*page)
	big[2*page-1] = 1
	if m.Copy(newImage(t, big)) == nil {
		t.Error("the image is larger than the memory")
	}
	if err := m.Copy(newImage(t, make([]byte, page))); err != nil { // of zeros
		t.Error(err)
	}
	if _, err := m.Reset(0, 0); err != nil {
		t.Error(err)
	}
	m.Free()
	if _, err := m.Reset(0, 0); err == nil {
		t.Error("reset after Free")
	}
}

func TestSetLimit(t *testing.T) {
	m := newMemory(t, 8*page)
	if !m.SetLimit(4*page+1) || m.Reallocate(5*page) != nil || m.Reallocate(4*page) == nil {
		t.Error("the limit is not 4 pages")
	}
	if m.SetLimit(3*page) || m.SetLimit(9*page) || !m.SetLimit(8*page) || m.Reallocate(8*page) == nil {
		t.Error("not what fits")
	}
}
