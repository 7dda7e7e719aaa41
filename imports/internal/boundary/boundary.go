// Package boundary describes what crosses between a guest and its imports: which
// arguments of each point to memory that it reads or writes, and how much. With
// that a call can be recorded, and a recorded one played.
package boundary

import (
	"encoding/binary"
	"strings"

	"github.com/wqjs/wqjs/imports/internal/abi"
)

// Func is the shape of an import. A pointer to one stands for the import.
type Func struct {
	Module, Name string
	// Params has one letter a parameter: i for i32, I for i64, F for f64.
	Params string
	// In is what it reads, Out what it writes: when it succeeds, or Always.
	In, Out []Span
	Always  bool

	index int
}

// Span is a range of guest memory that an argument points to.
type Span struct {
	// Ptr is the parameter that holds the address.
	Ptr int

	kind kind
	n    int // a size in bytes, or the parameter that kind speaks of
	unit uint32
}

type kind byte

const (
	fixed     kind = iota // n bytes
	counted               // as many units as argument n says
	returned              // as many units as the result says
	delivered             // the result in bytes, unless that is more than argument n
	stored                // in bytes, the word that argument n points to
	vector                // argument n buffers, each of address and size
	filled                // the same, of which the word that argument unit points to is used
)

// String is "module.name".
func (f *Func) String() string { return f.Module + "." + f.Name }

// Index is the place of f in All.
func (f *Func) Index() int { return f.index }

// wasi reports whether the result is an errno, not negated; else it is a number,
// or a negated errno.
func (f *Func) wasi() bool { return strings.HasPrefix(f.Module, "wasi") }

// Failed reports whether a result is an error's.
func (f *Func) Failed(result int32) bool {
	if f.wasi() {
		return result != 0
	}
	return result < 0
}

// Written appends what a call that gave result has written, in parts for each
// span of Out; none when there is nothing.
func (f *Func) Written(dst [][][]byte, m abi.Memory, args []uint64, result int32) [][][]byte {
	failed := f.Failed(result)
	if failed && !f.Always {
		return dst
	}
	for _, s := range f.Out {
		if s.kind == filled && failed { // nobody tells how much
			s.kind = vector
		}
		parts, ok := s.Views(nil, m, args, result)
		if !ok {
			parts = nil
		}
		dst = append(dst, parts)
	}
	return dst
}

// Args copies the arguments from the stack without what is in the unused half of
// an i32's slot.
func (f *Func) Args(dst, stack []uint64) []uint64 {
	for i, t := range f.Params {
		v := stack[i]
		if t == 'i' {
			v = uint64(uint32(v))
		}
		dst = append(dst, v)
	}
	return dst
}

// Pointer reports whether argument i is an address.
func (f *Func) Pointer(i int) bool {
	for _, list := range [2][]Span{f.In, f.Out} {
		for _, s := range list {
			if i == s.Ptr || s.kind == stored && i == s.n || s.kind == filled && i == int(s.unit) {
				return true
			}
		}
	}
	return false
}

// Views appends the parts of memory that s is, for arguments args and, in Out,
// the result; false when they lie outside.
func (s Span) Views(dst [][]byte, m abi.Memory, args []uint64, result int32) ([][]byte, bool) {
	var size uint64
	switch s.kind {
	case fixed:
		size = uint64(s.n)
	case counted:
		size = uint64(uint32(args[s.n])) * uint64(s.unit)
	case returned:
		size = uint64(uint32(result)) * uint64(s.unit)
	case delivered:
		if size = uint64(uint32(result)); size > uint64(uint32(args[s.n])) {
			return dst, true
		}
	case stored:
		n, ok := m.ReadUint32Le(uint32(args[s.n]))
		if !ok {
			return dst, false
		}
		size = uint64(n)
	case vector:
		return s.vector(dst, m, args, 1<<32)
	case filled:
		n, ok := m.ReadUint32Le(uint32(args[s.unit]))
		if !ok {
			return dst, false
		}
		return s.vector(dst, m, args, uint64(n))
	}
	if size > 1<<32-1 {
		return dst, false
	}
	b, ok := m.Read(uint32(args[s.Ptr]), uint32(size))
	if !ok {
		return dst, false
	}
	return append(dst, b), true
}

// vector appends the buffers of an array of them, up to size bytes.
func (s Span) vector(dst [][]byte, m abi.Memory, args []uint64, size uint64) ([][]byte, bool) {
	count := uint64(uint32(args[s.n])) * 8
	if count > 1<<32-1 {
		return dst, false
	}
	table, ok := m.Read(uint32(args[s.Ptr]), uint32(count))
	if !ok {
		return dst, false
	}
	for ; len(table) > 0 && size > 0; table = table[8:] {
		n := min(uint64(binary.LittleEndian.Uint32(table[4:])), size)
		b, ok := m.Read(binary.LittleEndian.Uint32(table), uint32(n))
		if !ok {
			return dst, false
		}
		dst = append(dst, b)
		size -= n
	}
	return dst, true
}

// Write puts into memory what was recorded of s; false when that does not fit.
func (s Span) Write(m abi.Memory, args []uint64, data []byte) bool {
	if len(data) == 0 {
		return true
	}
	if s.kind != filled {
		return m.Write(uint32(args[s.Ptr]), data)
	}
	parts, ok := s.vector(nil, m, args, uint64(len(data)))
	for _, p := range parts {
		data = data[copy(p, data):]
	}
	return ok && len(data) == 0
}
