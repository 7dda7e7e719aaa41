package tape

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"sync"
	"time"
)

// ErrLimit: the recording has reached its limit.
var ErrLimit = errors.New("the recording has reached its limit")

// flushAfter is how long a frame may stay in the process.
const flushAfter = 100 * time.Millisecond

// Writer writes a recording. After an error it does nothing any more. Any
// goroutine may call its methods.
type Writer struct {
	mu      sync.Mutex
	w       io.Writer
	limit   int64
	written int64
	err     error
	onError func(error)

	block [blockHead + MaxBlock]byte
	n     int // of the payload
	buf   []byte
	timer *time.Timer // nil until used
	armed bool
}

// NewWriter makes a writer to w, of at most limit bytes. onError is told of the
// first error, by the goroutine that meets it.
func NewWriter(w io.Writer, limit int64, onError func(error)) *Writer {
	return &Writer{w: w, limit: limit, onError: onError}
}

// Err is the first error.
func (w *Writer) Err() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

// Size is how many bytes were written.
func (w *Writer) Size() int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.written
}

// Header starts the file.
func (w *Writer) Header(h Header) {
	text, err := json.Marshal(h)
	if err == nil && len(text) > maxHeader {
		err = fmt.Errorf("a header of %d bytes", len(text))
	}
	b := binary.LittleEndian.AppendUint32([]byte(fileMagic), Version)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(text)))
	b = binary.LittleEndian.AppendUint32(b, crc32.Checksum(text, castagnoli))
	w.do(func() {
		if w.err = err; err == nil {
			w.send(append(b, text...))
		}
	})
}

// do runs f, unless there was an error.
func (w *Writer) do(f func()) {
	w.mu.Lock()
	if w.err != nil {
		w.mu.Unlock()
		return
	}
	f()
	if w.n > 0 && !w.armed && w.err == nil {
		w.armed = true
		if w.timer == nil {
			w.timer = time.AfterFunc(flushAfter, w.late)
		} else {
			w.timer.Reset(flushAfter)
		}
	}
	err := w.err
	w.mu.Unlock()
	if err != nil && w.onError != nil {
		w.onError(err)
	}
}

// late writes what has waited.
func (w *Writer) late() {
	w.mu.Lock()
	w.armed = false
	w.mu.Unlock()
	w.Flush()
}

// Flush writes what is complete.
func (w *Writer) Flush() { w.do(w.flush) }

func (w *Writer) flush() {
	if w.n == 0 {
		return
	}
	payload := w.block[blockHead : blockHead+w.n]
	binary.LittleEndian.PutUint32(w.block[:], uint32(w.n))
	binary.LittleEndian.PutUint32(w.block[4:], crc32.Checksum(payload, castagnoli))
	w.send(w.block[:blockHead+w.n])
	w.n = 0
}

func (w *Writer) send(b []byte) {
	if w.err != nil {
		return
	}
	if w.written+int64(len(b)) > w.limit {
		w.err = fmt.Errorf("%w of %d bytes", ErrLimit, w.limit)
		return
	}
	n, err := w.w.Write(b)
	w.written += int64(n)
	if err == nil && n < len(b) {
		err = io.ErrShortWrite
	}
	w.err = err
}

// put appends to the frame in progress.
func (w *Writer) put(p []byte) {
	for len(p) > 0 {
		n := copy(w.block[blockHead+w.n:], p)
		p = p[n:]
		if w.n += n; w.n == MaxBlock {
			w.flush()
		}
	}
}

// sized appends parts after their length.
func (w *Writer) sized(parts ...[]byte) {
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	w.uint(uint64(n))
	for _, p := range parts {
		w.put(p)
	}
}

func (w *Writer) uint(v uint64) {
	w.buf = binary.AppendUvarint(w.buf[:0], v)
	w.put(w.buf)
}

func (w *Writer) kind(k Kind) {
	w.buf = append(w.buf[:0], byte(k))
	w.put(w.buf)
}

func (w *Writer) call(k Kind, index int, args []uint64) {
	b := binary.AppendUvarint(append(w.buf[:0], byte(k)), uint64(index))
	b = binary.AppendUvarint(b, uint64(len(args)))
	for _, a := range args {
		b = binary.AppendUvarint(b, a)
	}
	w.buf = b
	w.put(b)
}

// Image, Main and the methods below append a frame of their kind.
func (w *Writer) Image(deflated []byte) {
	w.do(func() { w.kind(KindImage); w.sized(deflated) })
}

func (w *Writer) Main(name string, sum [32]byte) {
	w.do(func() { w.kind(KindMain); w.text(name); w.put(sum[:]) })
}

func (w *Writer) text(s string) { w.sized([]byte(s[:min(len(s), maxText)])) }

func (w *Writer) Put(text string) { w.do(func() { w.kind(KindPut); w.sized([]byte(text)) }) }

func (w *Writer) Poke(addr uint32, data []byte) {
	w.do(func() { w.kind(KindPoke); w.uint(uint64(addr)); w.sized(data) })
}

func (w *Writer) Call(export int, args []uint64) {
	w.do(func() { w.call(KindCall, export, args) })
}

func (w *Writer) Return(result uint64) { w.do(func() { w.kind(KindReturn); w.uint(result) }) }

func (w *Writer) Trap(text string) { w.do(func() { w.kind(KindTrap); w.text(text) }) }

func (w *Writer) Import(index int, args []uint64, inputs []Input) {
	w.do(func() {
		w.call(KindImport, index, args)
		b := binary.AppendUvarint(w.buf[:0], uint64(len(inputs)))
		for _, in := range inputs {
			if in.Fault {
				b = append(b, 1)
				continue
			}
			b = binary.AppendUvarint(append(b, 0), in.Size)
			b = binary.LittleEndian.AppendUint32(b, in.Sum)
			b = append(b, in.Head...)
		}
		w.buf = b
		w.put(b)
	})
}

func (w *Writer) Result(result uint64, raised bool, outputs [][][]byte) {
	w.do(func() {
		b := append(w.buf[:0], byte(KindResult), 0)
		if raised {
			b[1] = 1
		}
		b = binary.AppendUvarint(b, result)
		w.buf = binary.AppendUvarint(b, uint64(len(outputs)))
		w.put(w.buf)
		for _, parts := range outputs {
			w.sized(parts...)
		}
	})
}

func (w *Writer) Outcome(o Outcome) {
	w.do(func() {
		w.kind(KindOutcome)
		w.uint(uint64(o.Kind))
		w.uint(uint64(o.Code))
		w.text(o.Text)
	})
}

func (w *Writer) Memory(sum [32]byte) { w.do(func() { w.kind(KindMemory); w.put(sum[:]) }) }

func (w *Writer) Reset() { w.do(func() { w.kind(KindReset) }) }

// End appends the end and writes everything.
func (w *Writer) End() { w.do(func() { w.kind(KindEnd); w.flush() }) }
