package host

import (
	"context"
	"errors"
	"testing"
	"time"
)

// FuzzDecode: bytes of a hostile guest are an error or a value, never a panic,
// and take no more memory than their length accounts for.
func FuzzDecode(f *testing.F) {
	e := &encoder{}
	for _, v := range []any{1, 1.5, "s", []byte{1}, true, nil, []any{1, map[string]any{"a": "b"}}, map[float64]int{1: 2}} {
		e.buf = e.buf[:0]
		if err := e.value(v); err != nil {
			f.Fatal(err)
		}
		f.Add(append([]byte(nil), e.buf...))
	}
	f.Add([]byte{tagArray, 255, 255, 255, 255})
	f.Add([]byte{tagString, 255, 255, 255, 127, 'x'})
	f.Add([]byte{tagRef, 1, 0, 0, 0, 99})
	f.Add([]byte{tagError, 0, 0, 0, 0, 0, 0, 0, 0})
	deep := make([]byte, 0, 1000)
	for range 200 {
		deep = append(deep, tagArray, 1, 0, 0, 0)
	}
	f.Add(deep)
	type all struct {
		N  int              `js:"a"`
		L  []all            `js:"l"`
		M  map[string]int64 `js:"m"`
		S  map[string]bool
		T  time.Time
		F  func(context.Context) error
		E  error
		U8 *uint8
	}
	b := newBridge(nil, 10)
	f.Fuzz(func(t *testing.T, msg []byte) {
		for _, out := range []any{new(any), new(Value), new(all), new(map[any]any), new([]all), new(int), new([4]float32), new(error), new(*time.Time)} {
			d := decoder{wireReader{b: msg}, b, false}
			_ = d.into(out)
			d = decoder{wireReader{b: msg}, b, false}
			_ = d.skipNext()
		}
	})
}

// FuzzGuestDecode: the guest reads any bytes as the message of any operation
// without trapping.
func FuzzGuestDecode(f *testing.F) {
	f.Add(opSet|opPath, []byte("\x01\x00\x00\x00x\x0a\x01\x00\x00\x00\x00"))
	f.Add(opCall|opPath, []byte("\x00\x00\x00\x00\xff\xff\xff\xff"))
	f.Add(opGet, []byte{tagBigInt, 2, 0, 0, 0, '-', 'f'})
	f.Add(opSet, []byte{tagString, 1, 0, 0, 0, 'a', tagMap, 1, 0, 0, 0, tagNull, tagFunc})
	f.Add(opSet, []byte{tagString, 1, 0, 0, 0, 'a', tagJSON, 1, 0, 0, 0, '1', 0})
	f.Add(opImport, []byte("\x01\x00\x00\x00x\x00"))
	s, _ := sandbox(f, SandboxConfig{Limits: Limits{Memory: 32 << 20, Handles: 100}})
	f.Fuzz(func(t *testing.T, op uint32, msg []byte) {
		if len(msg) > 4096 {
			return
		}
		if kind := op & 0xff; kind == opEval || kind == opRelease || kind == opLimit {
			return // trusted text; handles are the host's
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		_, err := s.operate(ctx, op&^uint32(opAwait), Value{}, message{write: func(e *encoder) error {
			e.buf = append(e.buf, msg...)
			return nil
		}})
		var trap *TrapError
		if errors.As(err, &trap) {
			t.Fatal(err)
		}
	})
}
