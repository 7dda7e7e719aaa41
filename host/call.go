package host

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/tetratelabs/wazero/api"
)

// Statuses and flags of the guest's exports (wasm/shim/wqjs.h, runtime.c).
const (
	statusOK = iota
	statusException
	statusInterrupted
	statusExit
	statusPending
)

const (
	evalModule = 1
	evalMain   = 2
)

// maxSource bounds a script or module, in bytes.
const maxSource = 64 << 20

// call calls an export of at most four parameters; an error means that the
// sandbox is gone.
func (s *Sandbox) call(ctx context.Context, fn api.Function, args ...uint64) (uint64, error) {
	if r := s.config.Record; r != nil {
		return r.call(ctx, fn, slices.Clone(args))
	}
	return s.callPlain(ctx, fn, args)
}

func (s *Sandbox) callPlain(ctx context.Context, fn api.Function, args []uint64) (uint64, error) {
	// A call within this one may use the same stack: it is read at the start and
	// written at the end.
	copy(s.params[:], args)
	if err := fn.CallWithStack(ctx, s.params[:]); err != nil {
		return 0, s.trap(err)
	}
	return s.params[0], nil
}

// trap marks the sandbox as gone; end frees it.
func (s *Sandbox) trap(err error) error {
	err = &TrapError{err}
	s.trapped = true
	if s.config.Logger != nil {
		s.config.Logger.Error("sandbox trapped", "err", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dead == nil {
		s.dead = err
	}
	return err
}

// put copies text, NUL-ended, into memory that the guest allocates.
func (s *Sandbox) put(ctx context.Context, text string) (uint32, error) {
	if len(text) > maxSource {
		return 0, fmt.Errorf("a source of %d bytes is longer than %d", len(text), maxSource)
	}
	s.config.Record.put(text)
	p, err := s.call(ctx, s.fnAlloc, uint64(len(text)+1))
	if err != nil {
		return 0, err
	}
	mem, ptr := s.mod.Memory(), uint32(p)
	if ptr == 0 || !mem.WriteString(ptr, text) || !mem.WriteByte(ptr+uint32(len(text)), 0) {
		return 0, fmt.Errorf("the sandbox has no room for %d bytes of source: raise Limits.Memory", len(text))
	}
	return ptr, nil
}

// free gives back what put took. After a trap the guest's heap is not touched.
func (s *Sandbox) free(ctx context.Context, p uint32) {
	if !s.trapped {
		_, _ = s.call(ctx, s.fnFree, uint64(p)) // a trap shows in the next call
	}
}

// status turns what an export returned into an error.
func (s *Sandbox) status(ctx context.Context, st int32) error {
	switch st {
	case statusOK, statusPending:
		return nil
	case statusInterrupted:
		s.mark()
		return s.interrupted()
	case statusExit:
		s.mark()
		code, err := s.call(ctx, s.fnExit)
		if err != nil {
			return err
		}
		return &ExitError{int(int32(code))}
	case statusException:
		return s.jsError(ctx)
	}
	return fmt.Errorf("the engine returned the unknown status %d", st)
}

// mark notes that the next call has to clear what ended this one.
func (s *Sandbox) mark() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.marked = true
}

// interrupted is the error of a call that was interrupted.
func (s *Sandbox) interrupted() error {
	cause := s.cause()
	if cause == nil { // only a guest that damaged its own memory
		cause = ErrInterrupted
	}
	return &InterruptError{cause}
}

// cause is that of the interrupt, nil when there is none. The guest sees its flag
// before there is a cause: this waits for stop, which is between the two.
func (s *Sandbox) cause() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.guest.Interrupted()
}

// jsError reads the guest's error record: fields of u32 length and bytes.
func (s *Sandbox) jsError(ctx context.Context) error {
	p, err := s.call(ctx, s.fnError)
	if err != nil {
		return err
	}
	n, err := s.call(ctx, s.fnErrorLen)
	if err != nil {
		return err
	}
	return s.readError(uint32(p), uint32(n))
}

// readError reads the record of n bytes at p.
func (s *Sandbox) readError(p, n uint32) error {
	rec, _ := s.mod.Memory().Read(p, n)
	var f [8]string
	var cause error
	for i := range len(f) + 1 {
		if len(rec) < 4 {
			break
		}
		size := binary.LittleEndian.Uint32(rec)
		rec = rec[4:]
		if uint64(size) > uint64(len(rec)) {
			break
		}
		if i == len(f) {
			if size == 4 {
				cause = s.bridge.goError(binary.LittleEndian.Uint32(rec))
			}
			break
		}
		// A long text was cut, perhaps within a character.
		f[i], rec = strings.ToValidUTF8(string(rec[:size]), "\ufffd"), rec[size:]
	}
	if s.cause() != nil {
		return s.interrupted() // perhaps while the error was read, by its getters
	}
	e := &JSError{Name: f[1], Message: f[2], Stack: f[3], Code: f[4], Errno: f[5], Syscall: f[6], cause: cause}
	if strings.HasPrefix(f[0], "E") {
		e.Details = f[7]
	} else {
		e.Message = f[7]
	}
	if e.Name == "" && e.Message == "" && e.Stack == "" {
		// It could not be read: no memory was left.
		e.Name, e.Message = "InternalError", "out of memory"
	}
	e.InPromise = strings.HasSuffix(f[0], "p")
	if file, line, _, ok := position(e.Stack); ok {
		e.Line = s.modules.line(file, line)
	}
	return e
}
