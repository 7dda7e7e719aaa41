package host

import (
	"encoding/binary"
	"errors"
	"math"
)

// The value codec's tags; wasm/shim/value.h says what follows each.
const (
	tagUndefined byte = iota
	tagNull
	tagFalse
	tagTrue
	tagInt
	tagFloat
	tagString
	tagBytes
	tagDate
	tagBigInt
	tagArray
	tagObject
	tagMap
	tagSet
	tagError
	tagRef
	tagFunc
	tagIter
	tagJSON
)

// Bounds of the codec, the same on both sides.
const (
	maxValueDepth   = 128
	maxValueCount   = 4 << 20
	maxValueMessage = 64 << 20
)

// Why a value cannot cross between Go and JavaScript, for errors.Is.
var (
	// ErrCycle: the value contains itself.
	ErrCycle = errors.New("the value contains itself")
	// ErrDepth: the value is nested deeper than 128 levels.
	ErrDepth = errors.New("the value is nested too deep (limit 128)")
	// ErrTooLarge: the value has more than 4 million parts, or 64 MiB.
	ErrTooLarge = errors.New("the value is too large (limit 4,194,304 parts, 64 MiB)")
	// ErrHandles: Limits.Handles values are in use: Release some.
	ErrHandles = errors.New("too many live values (Limits.Handles)")
	// ErrReleased: the Value was released, or its sandbox closed or reset.
	ErrReleased = errors.New("the value was released")
	// ErrForeign: the Value belongs to another sandbox.
	ErrForeign = errors.New("the value belongs to another sandbox")
	errWire    = errors.New("the engine sent a malformed value")
)

// faults are the wq_fault numbers of wasm/shim/value.h.
var faults = [...]error{nil, ErrCycle, ErrDepth, ErrTooLarge, ErrHandles, errWire}

func faultError(n uint32) error {
	if n == 0 || n >= uint32(len(faults)) {
		return errWire
	}
	return faults[n]
}

// wireReader reads a message. It holds guest memory: what it returns as bytes
// is valid until the guest runs again.
type wireReader struct {
	b     []byte
	depth int
	count int
}

func (r *wireReader) u8() (byte, error) {
	if len(r.b) < 1 {
		return 0, errWire
	}
	c := r.b[0]
	r.b = r.b[1:]
	return c, nil
}

func (r *wireReader) u32() (uint32, error) {
	if len(r.b) < 4 {
		return 0, errWire
	}
	n := binary.LittleEndian.Uint32(r.b)
	r.b = r.b[4:]
	return n, nil
}

func (r *wireReader) f64() (float64, error) {
	if len(r.b) < 8 {
		return 0, errWire
	}
	f := math.Float64frombits(binary.LittleEndian.Uint64(r.b))
	r.b = r.b[8:]
	return f, nil
}

func (r *wireReader) text() ([]byte, error) {
	n, err := r.u32()
	if err != nil || uint64(n) > uint64(len(r.b)) {
		return nil, errWire
	}
	s := r.b[:n]
	r.b = r.b[n:]
	return s, nil
}

// open starts a value with parts: it returns how many, at most as many as there
// are bytes. close ends it.
func (r *wireReader) open() (int, error) {
	n, err := r.u32()
	if err != nil || uint64(n) > uint64(len(r.b)) {
		return 0, errWire
	}
	if r.depth++; r.depth > maxValueDepth {
		return 0, ErrDepth
	}
	if r.count += int(n); r.count > maxValueCount {
		return 0, ErrTooLarge
	}
	return int(n), nil
}

func (r *wireReader) close() { r.depth-- }

// wireNumber reads the rest of a number.
func (r *wireReader) number(tag byte) (float64, error) {
	if tag == tagInt {
		n, err := r.u32()
		return float64(int32(n)), err
	}
	return r.f64()
}

func appendU32(b []byte, n int) []byte { return binary.LittleEndian.AppendUint32(b, uint32(n)) }

func appendText(b []byte, s string) []byte { return append(appendU32(b, len(s)), s...) }

func appendInt(b []byte, n int32) []byte {
	return binary.LittleEndian.AppendUint32(append(b, tagInt), uint32(n))
}

func appendFloat(b []byte, f float64) []byte {
	return binary.LittleEndian.AppendUint64(append(b, tagFloat), math.Float64bits(f))
}

func appendString(b []byte, s string) []byte { return appendText(append(b, tagString), s) }
