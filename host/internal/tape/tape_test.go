package tape

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// written is a recording with a frame of each kind.
func written(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	w := NewWriter(&b, 1<<20, func(err error) { t.Error(err) })
	w.Header(Header{Version: "v1", Imports: []string{"a.b"}})
	w.Image([]byte("image"))
	w.Main("/main.js", [32]byte{1})
	w.Put("text")
	w.Poke(1<<32-1, []byte{1, 2})
	w.Call(3, []uint64{1, 1 << 63})
	w.Import(7, []uint64{5}, []Input{InputOf([][]byte{[]byte("ab"), []byte("c")}), {Fault: true}})
	w.Result(1<<32-6, true, [][][]byte{{[]byte("x"), []byte("yz")}, nil})
	w.Return(1<<64 - 1)
	w.Trap("unreachable")
	w.Outcome(Outcome{2, -7, "why"})
	w.Memory([32]byte{2})
	w.Reset()
	w.Put(strings.Repeat("long ", 100_000))
	w.End()
	if w.Err() != nil || w.Size() != int64(b.Len()) {
		t.Fatal(w.Err(), w.Size(), b.Len())
	}
	return b.Bytes()
}

func TestRoundTrip(t *testing.T) {
	r, h, err := NewReader(bytes.NewReader(written(t)))
	if err != nil || h.Version != "v1" || h.Imports[0] != "a.b" {
		t.Fatal(h, err)
	}
	want := []Frame{
		{Kind: KindImage, Data: []byte("image")},
		{Kind: KindMain, Text: "/main.js", Sum: [32]byte{1}},
		{Kind: KindPut, Data: []byte("text")},
		{Kind: KindPoke, Addr: 1<<32 - 1, Data: []byte{1, 2}},
		{Kind: KindCall, Index: 3, Args: []uint64{1, 1 << 63}},
		{Kind: KindImport, Index: 7, Args: []uint64{5}, Inputs: []Input{{Size: 3, Sum: 0x364b3fb7, Head: []byte("abc")}, {Fault: true}}},
		{Kind: KindResult, Result: 1<<32 - 6, Raised: true, Outputs: [][]byte{[]byte("xyz"), {}}},
		{Kind: KindReturn, Result: 1<<64 - 1},
		{Kind: KindTrap, Text: "unreachable"},
		{Kind: KindOutcome, Outcome: Outcome{2, -7, "why"}},
		{Kind: KindMemory, Sum: [32]byte{2}},
		{Kind: KindReset},
		{Kind: KindPut, Data: []byte(strings.Repeat("long ", 100_000))},
		{Kind: KindEnd},
	}
	for _, w := range want {
		if f, err := r.Next(); err != nil || !reflect.DeepEqual(f, w) {
			t.Fatalf("%+v, %v; want %+v", f, err, w)
		}
	}
	if f, err := r.Next(); err != io.EOF {
		t.Error(f, err)
	}
}

// TestInputs: inputs are the same when all their bytes are.
func TestInputs(t *testing.T) {
	long := bytes.Repeat([]byte("x"), 1000)
	a := InputOf([][]byte{long})
	long[999] = 'y'
	b := InputOf([][]byte{long[:10], long[10:]})
	if a.Same(b) || !b.Same(InputOf([][]byte{long})) || a.Same(Input{Fault: true}) || len(a.Head) != maxHead {
		t.Error(a, b)
	}
}

// TestLimits: what is beyond the limit is not written, and the error is told once
// it is known, late or not.
func TestLimits(t *testing.T) {
	var told atomic.Int32
	var b bytes.Buffer
	w := NewWriter(&b, 1000, func(error) { told.Add(1) })
	w.Header(Header{})
	n := b.Len()
	w.Put(strings.Repeat("x", 2000))
	for end := time.Now().Add(10 * time.Second); told.Load() == 0 && time.Now().Before(end); time.Sleep(time.Millisecond) {
	}
	if told.Load() == 0 || !errors.Is(w.Err(), ErrLimit) || b.Len() != n {
		t.Errorf("told %d times of %v, %d bytes", told.Load(), w.Err(), b.Len())
	}
	w.End()
	if b.Len() != n {
		t.Error("it goes on after an error")
	}
}

// short takes nothing, without an error.
type short struct{}

func (short) Write([]byte) (int, error) { return 0, nil }

func TestWriterFails(t *testing.T) {
	w := NewWriter(short{}, 1000, nil)
	w.Header(Header{})
	if !errors.Is(w.Err(), io.ErrShortWrite) {
		t.Error(w.Err())
	}
}

// TestCut: a file that ends anywhere gives whole frames, and then the end or an
// Error with a place in the file.
func TestCut(t *testing.T) {
	whole := written(t)
	for n := range whole {
		if n > 700 && n%(MaxBlock+blockHead) > 3 {
			continue // it is one long text
		}
		r, _, err := NewReader(bytes.NewReader(whole[:n]))
		for err == nil {
			_, err = r.Next()
		}
		var e *Error
		if err == io.EOF {
			continue
		}
		if !errors.As(err, &e) || e.Offset > int64(n) {
			t.Fatalf("%d bytes: %v", n, err)
		}
	}
}

// FuzzReader reads anything without a panic, and no more than there is.
func FuzzReader(f *testing.F) {
	whole := written(f)
	f.Add(whole[:1000], false)
	r, _, err := NewReader(bytes.NewReader(whole))
	if err != nil {
		f.Fatal(err)
	}
	head := whole[:r.next]
	_ = r.load()
	f.Add(r.block[:min(len(r.block), 500)], true)
	f.Add([]byte{byte(KindPut), 0xff, 0xff, 0xff, 0xff, 0x0f}, true) // bytes that are not there
	f.Add([]byte{byte(KindPut), 0xc2, 0x30}, true)                   // nor are these, which would fit into a block
	f.Fuzz(func(t *testing.T, data []byte, frames bool) {
		file := data
		if frames { // in blocks whose checksums are right
			b := bytes.NewBuffer(bytes.Clone(head))
			WriteBlocks(b, data)
			file = b.Bytes()
		}
		r, _, err := NewReader(bytes.NewReader(file))
		for err == nil {
			var fr Frame
			if fr, err = r.Next(); len(fr.Data) > len(file) || len(fr.Text) > len(file) {
				t.Fatal("more than there is")
			}
		}
	})
}
