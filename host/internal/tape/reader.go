package tape

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// Error tells why a recording cannot be read, and where in the file.
type Error struct {
	Offset int64
	Text   string
}

func (e *Error) Error() string {
	return fmt.Sprintf("the recording is damaged at byte %d: %s", e.Offset, e.Text)
}

// Reader reads a recording, for one goroutine.
type Reader struct {
	file  *bufio.Reader
	next  int64 // offset of the next block
	block []byte
	rest  *bufio.Reader // of the frames
}

// NewReader reads the header.
func NewReader(file io.Reader) (*Reader, Header, error) {
	r := &Reader{file: bufio.NewReader(file)}
	r.rest = bufio.NewReader((*payload)(r))
	var h Header
	head := make([]byte, fileHead+headerHead)
	n, err := io.ReadFull(r.file, head)
	if magic := min(n, len(fileMagic)); n > 0 && string(head[:magic]) != fileMagic[:magic] {
		return nil, h, errors.New("this is no recording of wqjs")
	}
	if err != nil {
		return nil, h, r.short(err, "within the header")
	}
	if v := binary.LittleEndian.Uint32(head[len(fileMagic):]); v != Version {
		return nil, h, fmt.Errorf("the recording has version %d of the format, this wqjs reads version %d", v, Version)
	}
	r.next = int64(len(head))
	size := binary.LittleEndian.Uint32(head[fileHead:])
	if size > maxHeader {
		return nil, h, &Error{int64(fileHead), fmt.Sprintf("a header of %d bytes", size)}
	}
	text := make([]byte, size)
	if _, err := io.ReadFull(r.file, text); err != nil {
		return nil, h, r.short(err, "within the header")
	}
	if crc32.Checksum(text, castagnoli) != binary.LittleEndian.Uint32(head[fileHead+4:]) {
		return nil, h, &Error{r.next, "the header's checksum is wrong"}
	}
	if err := json.Unmarshal(text, &h); err != nil {
		return nil, h, &Error{r.next, "the header: " + err.Error()}
	}
	r.next += int64(size)
	return r, h, nil
}

// short is the error for a file that ends too early, or that cannot be read.
func (r *Reader) short(err error, where string) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return &Error{r.next, "it ends " + where}
	}
	return err
}

// payload is a Reader as the reader of its blocks' payloads.
type payload Reader

func (p *payload) Read(b []byte) (int, error) {
	if len(p.block) == 0 {
		if err := (*Reader)(p).load(); err != nil {
			return 0, err
		}
	}
	n := copy(b, p.block)
	p.block = p.block[n:]
	return n, nil
}

// load reads a block and checks it.
func (r *Reader) load() error {
	var head [blockHead]byte
	if n, err := io.ReadFull(r.file, head[:]); err != nil {
		if n == 0 && err == io.EOF {
			return err
		}
		return r.short(err, "within a block")
	}
	n := binary.LittleEndian.Uint32(head[:])
	if n == 0 || n > MaxBlock {
		return &Error{r.next, fmt.Sprintf("a block of %d bytes", n)}
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(r.file, b); err != nil {
		return r.short(err, "within a block")
	}
	if crc32.Checksum(b, castagnoli) != binary.LittleEndian.Uint32(head[4:]) {
		return &Error{r.next, "a block's checksum is wrong"}
	}
	r.block = b
	r.next += blockHead + int64(n)
	return nil
}

// Offset is about where in the file the next frame is: where the block ends that
// it begins in.
func (r *Reader) Offset() int64 { return r.next }

func (r *Reader) bad(format string, args ...any) error {
	return &Error{r.next, fmt.Sprintf(format, args...)}
}

// Next reads a frame. io.EOF after the last, also when a part of one more is there:
// blocks are written when they are full.
func (r *Reader) Next() (Frame, error) {
	var f Frame
	k, err := r.rest.ReadByte()
	if err == nil {
		f.Kind = Kind(k)
		err = r.fields(&f)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	return f, err
}

func (r *Reader) fields(f *Frame) (err error) {
	switch f.Kind {
	case KindImage, KindPut:
		f.Data, err = r.data(maxData)
	case KindMain:
		if f.Text, err = r.text(); err == nil {
			_, err = io.ReadFull(r.rest, f.Sum[:])
		}
	case KindPoke:
		var addr uint64
		if addr, err = r.uint(1<<32 - 1); err == nil {
			f.Addr = uint32(addr)
			f.Data, err = r.data(maxData)
		}
	case KindCall:
		err = r.call(f)
	case KindReturn:
		f.Result, err = r.uvarint()
	case KindTrap:
		f.Text, err = r.text()
	case KindImport:
		if err = r.call(f); err == nil {
			err = r.inputs(f)
		}
	case KindResult:
		err = r.result(f)
	case KindOutcome:
		err = r.outcome(f)
	case KindMemory:
		_, err = io.ReadFull(r.rest, f.Sum[:])
	case KindReset, KindEnd:
	default:
		err = r.bad("a frame of the unknown kind %d", f.Kind)
	}
	return err
}

// uvarint reads a number.
func (r *Reader) uvarint() (v uint64, err error) {
	for shift := 0; shift < 64; shift += 7 {
		b, err := r.rest.ReadByte()
		if err != nil {
			return 0, err
		}
		if shift == 63 && b > 1 {
			break
		}
		if v |= uint64(b&0x7f) << shift; b < 0x80 {
			return v, nil
		}
	}
	return 0, r.bad("a number of more than 64 bits")
}

// uint reads a number that is at most limit.
func (r *Reader) uint(limit uint64) (uint64, error) {
	v, err := r.uvarint()
	if err == nil && v > limit {
		err = r.bad("the number %d is larger than %d", v, limit)
	}
	return v, err
}

// data reads bytes. The buffer grows with what is there, not with what is said.
func (r *Reader) data(limit uint64) ([]byte, error) {
	n, err := r.uint(limit)
	if err != nil {
		return nil, err
	}
	if n <= MaxBlock {
		b := make([]byte, n)
		if _, err = io.ReadFull(r.rest, b); err != nil {
			return nil, err
		}
		return b, nil
	}
	var b bytes.Buffer
	if _, err = io.CopyN(&b, r.rest, int64(n)); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func (r *Reader) text() (string, error) {
	b, err := r.data(maxText)
	return string(b), err
}

func (r *Reader) call(f *Frame) error {
	index, err := r.uint(1 << 16)
	if err != nil {
		return err
	}
	n, err := r.uint(maxArgs)
	if err != nil {
		return err
	}
	f.Index, f.Args = int(index), make([]uint64, n)
	for i := range f.Args {
		if f.Args[i], err = r.uvarint(); err != nil {
			return err
		}
	}
	return nil
}

func (r *Reader) inputs(f *Frame) error {
	n, err := r.uint(maxSpans)
	if err != nil {
		return err
	}
	f.Inputs = make([]Input, n)
	for i := range f.Inputs {
		in := &f.Inputs[i]
		fault, err := r.uint(1)
		if err != nil {
			return err
		}
		if in.Fault = fault == 1; in.Fault {
			continue
		}
		if in.Size, err = r.uvarint(); err != nil {
			return err
		}
		var sum [4]byte
		if _, err := io.ReadFull(r.rest, sum[:]); err != nil {
			return err
		}
		in.Sum = binary.LittleEndian.Uint32(sum[:])
		in.Head = make([]byte, min(in.Size, maxHead))
		if _, err := io.ReadFull(r.rest, in.Head); err != nil {
			return err
		}
	}
	return nil
}

func (r *Reader) result(f *Frame) error {
	raised, err := r.uint(1)
	if err != nil {
		return err
	}
	f.Raised = raised == 1
	if f.Result, err = r.uvarint(); err != nil {
		return err
	}
	n, err := r.uint(maxSpans)
	if err != nil {
		return err
	}
	f.Outputs = make([][]byte, n)
	for i := range f.Outputs {
		if f.Outputs[i], err = r.data(maxData); err != nil {
			return err
		}
	}
	return nil
}

func (r *Reader) outcome(f *Frame) error {
	k, err := r.uint(255)
	if err != nil {
		return err
	}
	code, err := r.uvarint()
	if err != nil {
		return err
	}
	f.Outcome = Outcome{Kind: byte(k), Code: int64(code)}
	f.Outcome.Text, err = r.text()
	return err
}
