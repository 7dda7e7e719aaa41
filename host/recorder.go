package host

import (
	"bytes"
	"compress/flate"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/tetratelabs/wazero/api"

	"github.com/wqjs/wqjs/host/internal/tape"
	"github.com/wqjs/wqjs/imports"
)

// ErrRecordLimit: a Recorder has written as much as it may.
var ErrRecordLimit = tape.ErrLimit

// DefaultRecordLimit is how many bytes a Recorder writes unless it is told, 1 GiB.
const DefaultRecordLimit = 1 << 30

// Recorder records one sandbox (SandboxConfig.Record), so that Engine.Replay can
// repeat what it did without network, files or clock, byte for byte: everything
// that crossed between the engine and Go, which is all that a script can depend
// on.
//
// A recording holds whatever the script has read and was given (requests, files,
// environment, keys) and the memory of its image: handle it as a secret.
//
// It is written as the sandbox runs, at the latest 0.1 s after the fact, and
// complete when the sandbox is closed. When that is impossible, for an error of
// the writer or the limit, the call in progress ends with an InterruptError for
// the reason, and the sandbox runs no more. Its methods may be called from any
// goroutine.
type Recorder struct {
	w       *tape.Writer
	sandbox atomic.Pointer[Sandbox]

	// The interrupt flag is to be raised, which is done where the recording can
	// tell: at the end of an import, or before a call.
	raise atomic.Bool

	// Of the goroutine that runs the sandbox:
	begun  bool
	depth  int // calls in progress
	inputs []tape.Input
}

// NewRecorder makes a Recorder that writes to w, at most limit bytes (0 is
// DefaultRecordLimit). Buffering w brings nothing.
func NewRecorder(w io.Writer, limit int64) *Recorder {
	if limit <= 0 {
		limit = DefaultRecordLimit
	}
	r := &Recorder{}
	r.w = tape.NewWriter(w, limit, func(err error) {
		if s := r.sandbox.Load(); s != nil {
			s.Interrupt(recordError{err})
		}
	})
	return r
}

// recordError is why a sandbox whose recording failed is interrupted.
type recordError struct{ error }

func (e recordError) Error() string { return "the recording failed: " + e.error.Error() }
func (e recordError) Unwrap() error { return e.error }

// Err is why the recording is not complete; nil while all is well.
func (r *Recorder) Err() error { return r.w.Err() }

// Size is how many bytes were written so far.
func (r *Recorder) Size() int64 { return r.w.Size() }

// attach makes s the sandbox that is recorded. The methods below do nothing for
// a nil Recorder.
func (r *Recorder) attach(s *Sandbox) error {
	if r != nil && !r.sandbox.CompareAndSwap(nil, s) {
		return errors.New("SandboxConfig.Record: a Recorder records one sandbox, and this one has had its own")
	}
	return nil
}

// failure is why the sandbox may not run.
func (r *Recorder) failure() error {
	if r == nil {
		return nil
	}
	if err := r.Err(); err != nil {
		return recordError{err}
	}
	return nil
}

// begin starts the recording, or tells of a reset.
func (r *Recorder) begin() error {
	if r == nil {
		return nil
	}
	if r.begun {
		r.w.Reset()
		return r.failure()
	}
	r.begun = true
	s := r.sandbox.Load()
	image, err := s.image.recorded(s.instance)
	if err != nil {
		return err
	}
	h := image.header
	h.Memory = s.limits.Memory
	r.w.Header(h)
	r.w.Image(image.deflated)
	return r.failure()
}

// put is told of text that goes to memory which is allocated next.
func (r *Recorder) put(text string) {
	if r != nil {
		r.w.Put(text)
	}
}

// poke is told what the host wrote to memory.
func (r *Recorder) poke(addr uint32, data []byte) {
	if r != nil {
		r.w.Poke(addr, data)
	}
}

// main is told of the main module.
func (r *Recorder) main(name, source string) {
	if r != nil {
		r.w.Main(name, sha256.Sum256([]byte(source)))
	}
}

// outcome is told how an operation of the sandbox ended.
func (r *Recorder) outcome(err error) {
	if r != nil {
		r.w.Outcome(outcomeOf(err))
	}
}

// leave is told that nothing will run in the memory any more.
func (r *Recorder) leave(s *Sandbox) {
	if r != nil && !s.trapped {
		r.w.Memory(s.memorySum())
	}
}

// end ends the recording, unless the sandbox is reset.
func (r *Recorder) end() {
	if r != nil {
		r.w.End()
	}
}

// raised reports whether it has just raised the interrupt flag.
func (r *Recorder) raised(s *Sandbox) bool {
	if !r.raise.Load() {
		return false
	}
	r.raise.Store(false)
	s.slot.Store32(s.layout.flag, 1)
	return true
}

func word(v uint32) []byte { return binary.LittleEndian.AppendUint32(nil, v) }

// call is Sandbox.call, recorded.
func (r *Recorder) call(ctx context.Context, fn api.Function, args []uint64) (uint64, error) {
	s := r.sandbox.Load()
	if r.raised(s) {
		r.w.Poke(s.layout.flag, word(1))
	}
	x := s.engine.exports[exportName(fn)]
	r.w.Call(x.index, args)
	r.depth++
	result, err := s.callPlain(ctx, fn, args)
	r.depth--
	switch {
	case err != nil:
		text, _, _ := strings.Cut(err.Error(), "\n")
		r.w.Trap(text)
	default:
		r.w.Return(x.result(result))
	}
	return result, err
}

// Import implements imports.Tap.
func (r *Recorder) Import(f *imports.Func, m imports.Memory, stack []uint64, do func()) {
	if r.depth == 0 { // what is done to the instance is none of the sandbox's affairs
		do()
		return
	}
	args := f.Args(make([]uint64, 0, len(f.Params)), stack)
	r.inputs = inputsOf(r.inputs[:0], f, m, args)
	r.w.Import(f.Index(), args, r.inputs)
	do()
	s := r.sandbox.Load()
	raised := r.raised(s)
	result := uint32(stack[0])
	r.w.Result(uint64(result), raised, f.Written(nil, m, args, int32(result)))
}

// inputsOf appends what a call reads.
func inputsOf(dst []tape.Input, f *imports.Func, m imports.Memory, args []uint64) []tape.Input {
	for _, span := range f.In {
		in := tape.Input{Fault: true}
		if parts, ok := span.Views(nil, m, args, 0); ok {
			in = tape.InputOf(parts)
		}
		dst = append(dst, in)
	}
	return dst
}

// exportInfo is what recordings need to know of an export.
type exportInfo struct {
	index int
	bits  int // of its result
}

// result is a result without what is in the unused bits of its slot.
func (x exportInfo) result(v uint64) uint64 { return v & (1<<x.bits - 1) }

func exportName(fn api.Function) string {
	if e, ok := fn.(*export); ok {
		return e.name
	}
	return fn.Definition().ExportNames()[0]
}

// numberExports makes the numbers of exports in recordings.
func numberExports(functions map[string]api.FunctionDefinition) (names []string, infos map[string]exportInfo) {
	names = slices.Sorted(maps.Keys(functions))
	infos = map[string]exportInfo{}
	for i, name := range names {
		bits := 0
		for _, t := range functions[name].ResultTypes() {
			if bits = 64; t == api.ValueTypeI32 {
				bits = 32
			}
		}
		infos[name] = exportInfo{i, bits}
	}
	return names, infos
}

// imageRecord is an image as recordings have it.
type imageRecord struct {
	once     sync.Once
	header   tape.Header
	deflated []byte
	err      error
}

// recorded gives the image's, which in has a copy of that nothing ran in yet.
func (img *Image) recorded(in *instance) (*imageRecord, error) {
	rec := &img.record
	rec.once.Do(func() {
		size := uint32(img.memory.Size())
		memory, ok := in.mod.Memory().Read(0, size)
		if !ok {
			rec.err = errors.New("the image is larger than its memory")
			return
		}
		var b bytes.Buffer
		w, _ := flate.NewWriter(&b, flate.BestSpeed)
		_, err := w.Write(memory)
		rec.err = errors.Join(err, w.Close())
		rec.deflated = b.Bytes()
		sum := sha256.Sum256(memory)
		rec.header = tape.Header{
			Version: buildVersion(), Wasm: img.engine.wasmSum(), Image: hex.EncodeToString(sum[:]), Arch: runtime.GOARCH,
			ImageSize: uint64(size), ImagePages: img.pages, Stack: img.stack,
			Exports: img.engine.exportNames,
		}
		for _, f := range imports.Funcs() {
			rec.header.Imports = append(rec.header.Imports, f.String())
		}
	})
	return rec, rec.err
}

// wasmSum is the SHA-256 of the engine's module.
func (e *Engine) wasmSum() string {
	e.sumOnce.Do(func() {
		sum := sha256.Sum256(e.module)
		e.sum = hex.EncodeToString(sum[:])
	})
	return e.sum
}

// buildVersion is the version of wqjs in this program.
func buildVersion() string {
	const module = "github.com/wqjs/wqjs"
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "(devel)"
	}
	for _, m := range append([]*debug.Module{&info.Main}, info.Deps...) {
		if m.Path == module && m.Version != "" {
			return m.Version
		}
	}
	return "(devel)"
}

// memorySum is the SHA-256 of the memory that the guest uses.
func (s *Sandbox) memorySum() (sum [32]byte) {
	if b, ok := s.mod.Memory().Read(0, uint32(min(s.memoryNow(), 1<<32-1))); ok {
		sum = sha256.Sum256(b)
	}
	return sum
}

// Kinds of outcomes.
const (
	outcomeNone byte = iota
	outcomeThrown
	outcomeExit
	outcomeInterrupt
	outcomeUnsettled
	outcomeTrap
	outcomeOther
)

// causes are the reasons of interrupts that are the same error again when they
// are replayed.
var causes = []error{ErrCPUTime, ErrOutput, ErrClosed, ErrInterrupted, context.DeadlineExceeded, context.Canceled}

func outcomeOf(err error) tape.Outcome {
	var (
		js   *JSError
		exit *ExitError
		intr *InterruptError
		trap *TrapError
	)
	switch {
	case err == nil:
		return tape.Outcome{}
	case errors.As(err, &exit):
		return tape.Outcome{Kind: outcomeExit, Code: int64(exit.Code)}
	case errors.As(err, &js):
		return tape.Outcome{Kind: outcomeThrown, Text: js.Error()}
	case errors.As(err, &intr):
		for i, c := range causes {
			if intr.Cause == c {
				return tape.Outcome{Kind: outcomeInterrupt, Code: int64(i + 1), Text: c.Error()}
			}
		}
		return tape.Outcome{Kind: outcomeInterrupt, Text: intr.Cause.Error()}
	case errors.Is(err, ErrUnsettled):
		return tape.Outcome{Kind: outcomeUnsettled}
	case errors.As(err, &trap):
		text, _, _ := strings.Cut(trap.Err.Error(), "\n")
		return tape.Outcome{Kind: outcomeTrap, Text: text}
	}
	return tape.Outcome{Kind: outcomeOther, Text: err.Error()}
}

// outcomeError is the error that an outcome is of; thrown is what JavaScript has
// thrown last.
func outcomeError(o tape.Outcome, thrown error) error {
	switch o.Kind {
	case outcomeNone:
		return nil
	case outcomeThrown:
		if thrown != nil {
			return thrown
		}
		return &JSError{Message: o.Text}
	case outcomeExit:
		return &ExitError{int(o.Code)}
	case outcomeInterrupt:
		if o.Code > 0 && o.Code <= int64(len(causes)) {
			return &InterruptError{causes[o.Code-1]}
		}
		return &InterruptError{errors.New(o.Text)}
	case outcomeUnsettled:
		return ErrUnsettled
	case outcomeTrap:
		return &TrapError{errors.New(o.Text)}
	case outcomeOther:
		return errors.New(o.Text)
	}
	return fmt.Errorf("an outcome of the unknown kind %d", o.Kind)
}
