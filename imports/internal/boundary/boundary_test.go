package boundary_test

import (
	"encoding/binary"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/wqjs/wqjs/imports/internal/boundary"
	"github.com/wqjs/wqjs/imports/internal/guesttest"
)

// TestAll: the table has the imports of the engine, each with its parameters, and
// no span speaks of a parameter that is not there.
func TestAll(t *testing.T) {
	b, err := os.ReadFile("../../../wasm/imports.txt")
	if err != nil {
		t.Fatal(err)
	}
	var want, got strings.Builder
	for line := range strings.Lines(string(b)) {
		if strings.HasPrefix(line, "func ") {
			want.WriteString(line)
		}
	}
	for i, f := range boundary.All() {
		var params []string
		for _, c := range f.Params {
			params = append(params, map[rune]string{'i': "i32", 'I': "i64", 'F': "f64"}[c])
		}
		ret := " -> i32"
		if f.Name == "proc_exit" {
			ret = ""
		}
		fmt.Fprintf(&got, "func %s %s(%s)%s\n", f.Module, f.Name, strings.Join(params, ", "), ret)
		if f.Index() != i || boundary.Find(f.String()) != f {
			t.Errorf("%s is not at %d", f, i)
		}
		for _, s := range append(f.In, f.Out...) {
			if s.Ptr >= len(f.Params) || f.Params[s.Ptr] != 'i' || !f.Pointer(s.Ptr) {
				t.Errorf("%s: no pointer at %d", f, s.Ptr)
			}
		}
	}
	if want.String() != got.String() {
		t.Errorf("the table has\n%s\nthe engine imports\n%s", &got, &want)
	}
}

// TestSpans: what each kind of span reads and writes, and that nothing outside
// of the memory does.
func TestSpans(t *testing.T) {
	m := guesttest.NewMemory(t)
	put := func(addr uint32, words ...uint32) {
		var b []byte
		for _, w := range words {
			b = binary.LittleEndian.AppendUint32(b, w)
		}
		m.Write(addr, b)
	}
	find := func(name string) *boundary.Func { return boundary.Find(name) }
	m.WriteString(100, "abcdefghij")
	put(200, 100, 2, 104, 3) // buffers
	put(300, 4)
	for _, c := range []struct {
		name   string
		args   []uint64
		result int32
		want   string
	}{
		{"wqjs_socket.recv", []uint64{1000, 100, 8, 0}, 3, "abc"},
		{"wqjs_socket.recv", []uint64{1000, 100, 8, 0}, -6, ""},
		{"wqjs_core.take", []uint64{100, 4}, 0, ""},
		{"wqjs_call.result", []uint64{1, 100, 4}, 4, "abcd"},
		{"wqjs_call.result", []uint64{1, 100, 4}, 5, ""}, // to be taken
		{"wasi_snapshot_preview1.fd_read", []uint64{0, 200, 2, 300}, 0, "abef" + "\x04\x00\x00\x00"},
		{"wasi_snapshot_preview1.fd_read", []uint64{0, 200, 2, 300}, 29, "abefg" + "\x04\x00\x00\x00"}, // failed halfway
		{"wasi_snapshot_preview1.fd_readdir", []uint64{0, 100, 10, 0, 300}, 0, "abcd" + "\x04\x00\x00\x00"},
		{"wasi_snapshot_preview1.random_get", []uint64{100, 2}, 0, "ab"},
		{"wqjs_socket.getsockname", []uint64{1000, guesttest.MemorySize - 127}, 0, ""},
		{"wasi_snapshot_preview1.fd_read", []uint64{0, guesttest.MemorySize - 8, 2, 300}, 0, "\x04\x00\x00\x00"},
		{"wasi_snapshot_preview1.fd_readdir", []uint64{0, 100, 10, 0, guesttest.MemorySize}, 0, ""},
		{"wqjs_socket.poll", []uint64{0, 1 << 31, 0}, 1, ""},
	} {
		f := find(c.name)
		var got string
		for _, parts := range f.Written(nil, m, c.args, c.result) {
			for _, p := range parts {
				got += string(p)
			}
		}
		if got != c.want {
			t.Errorf("%s%v = %d wrote %q, want %q", c.name, c.args, c.result, got, c.want)
		}
	}
	read := find("wasi_snapshot_preview1.fd_read")
	args := []uint64{0, 200, 2, 300}
	if !read.Out[0].Write(m, args, []byte("WXYZ")) || read.Out[0].Write(m, args, []byte("too long")) {
		t.Error("a vector takes what it has room for, no more")
	}
	if b, _ := m.Read(100, 10); !strings.HasPrefix(string(b), "to") {
		t.Errorf("memory is %q", b)
	}
	if find("wqjs_core.take").Out[0].Write(m, []uint64{guesttest.MemorySize - 1, 2}, []byte("ab")) {
		t.Error("a write beyond the memory")
	}
	if got := find("wqjs_event.timer_start").Args(nil, []uint64{1<<32 | 7, 1 << 63, 0}); got[0] != 7 || got[1] != 1<<63 {
		t.Errorf("arguments %x", got)
	}
}
