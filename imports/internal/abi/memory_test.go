package abi_test

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"github.com/wqjs/wqjs/imports/internal/abi"
	"github.com/wqjs/wqjs/imports/internal/guesttest"
)

const size = guesttest.MemorySize

func TestMemoryBounds(t *testing.T) {
	m := guesttest.NewMemory(t)
	for _, c := range []struct {
		ptr uint32
		n   int32
		ok  bool
	}{
		{0, 0, true},
		{0, 1, true},
		{0, size, true},
		{0, size + 1, false},
		{1, size, false},
		{size - 1, 1, true},
		{size - 1, 2, false},
		{size, 0, true}, // one past the end, of nothing
		{size, 1, false},
		{size + 1, 0, false},
		{math.MaxUint32, 0, false},
		{math.MaxUint32, 1, false},
		{math.MaxUint32, math.MaxInt32, false}, // the sum overflows 32 bits
		{1 << 31, math.MinInt32, false},
		{0, -1, false},
		{size, -1, false},
		{0, math.MinInt32, false},
		{0, math.MaxInt32, false},
	} {
		b, err := m.Bytes(c.ptr, c.n)
		if c.ok && (err != nil || len(b) != int(c.n)) {
			t.Errorf("%d bytes at %d: %d, %v", c.n, c.ptr, len(b), err)
		}
		if !c.ok && (err != error(abi.EFAULT) || b != nil) {
			t.Errorf("%d bytes at %d: %d, %v; want EFAULT", c.n, c.ptr, len(b), err)
		}
		if s, serr := m.String(c.ptr, c.n); serr != err || len(s) != len(b) {
			t.Errorf("string of %d at %d: %d, %v", c.n, c.ptr, len(s), serr)
		}
	}
}

func TestMemoryViewIsTheMemory(t *testing.T) {
	m := guesttest.NewMemory(t)
	b, err := m.Bytes(100, 3)
	if err != nil {
		t.Fatal(err)
	}
	copy(b, "abc")
	if s, err := m.String(99, 5); s != "\x00abc\x00" || err != nil {
		t.Errorf("%q, %v", s, err)
	}
	if cap(b) != 3 {
		t.Errorf("the view can be extended to %d bytes", cap(b))
	}
	s, _ := m.String(100, 3)
	b[0] = 'x'
	if s != "abc" {
		t.Error("a String is not a copy")
	}
}

func TestLongString(t *testing.T) {
	m := guesttest.NewMemory(t)
	if _, ok := m.Grow(1); !ok {
		t.Fatal("cannot grow")
	}
	b, err := m.Bytes(0, abi.MaxString)
	if err != nil {
		t.Fatal(err)
	}
	copy(b, bytes.Repeat([]byte("x"), len(b)))
	if s, err := m.String(0, abi.MaxString); s != strings.Repeat("x", abi.MaxString) || err != nil {
		t.Errorf("%d bytes, %v", len(s), err)
	}
	if s, err := m.String(0, abi.MaxString+1); s != "" || err != error(abi.ENAMETOOLONG) {
		t.Errorf("%d bytes, %v", len(s), err)
	}
}

func FuzzMemory(f *testing.F) {
	f.Add(uint32(0), int32(0))
	f.Add(uint32(size), int32(1))
	f.Add(uint32(math.MaxUint32), int32(math.MaxInt32))
	f.Add(uint32(1), int32(-1))
	m := guesttest.NewMemory(f)
	f.Fuzz(func(t *testing.T, ptr uint32, n int32) {
		inside := n >= 0 && uint64(ptr)+uint64(n) <= size
		b, err := m.Bytes(ptr, n)
		if (err == nil) != inside || len(b) != cap(b) {
			t.Fatalf("%d bytes at %d: %d of %d, %v", n, ptr, len(b), cap(b), err)
		}
		for i := range b {
			b[i]++ // all of it can be written
		}
		if s, err := m.String(ptr, n); (err == nil) != inside || s != string(b) {
			t.Fatalf("string of %d bytes at %d: %d, %v", n, ptr, len(s), err)
		}
	})
}
