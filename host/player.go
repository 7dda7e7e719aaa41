package host

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"

	"github.com/tetratelabs/wazero/api"

	"github.com/wqjs/wqjs/host/internal/tape"
	"github.com/wqjs/wqjs/imports"
	"github.com/wqjs/wqjs/js"
)

// player makes a sandbox do what a recording says, and stands in for its imports.
// It is for the goroutine that runs the sandbox.
type player struct {
	reader  *tape.Reader
	header  tape.Header
	config  ReplayConfig
	image   *Image
	sandbox *Sandbox
	ctx     context.Context

	imports []*imports.Func // by their numbers in the recording
	exports []string
	found   []map[string]api.Function // exports by depth: none is reentrant

	peeked  *tape.Frame
	failed  error // why the replay cannot go on
	depth   int   // calls of exports in progress
	calls   uint64
	outcome error
	tracing bool
	trace   []byte

	// The main module, and texts that were put into memory, by their address in
	// the recording: an edited source moves them.
	main     string
	mainSum  [32]byte
	edited   bool
	putting  *string
	recorded int // length of what putting stands for
	moved    map[uint32]move

	errorAt uint32
	thrown  error // what JavaScript threw last
	closed  [3]bool
	loading string // the module whose source is taken next
}

// move is where a text is now, and how long it was and is.
type move struct {
	addr     uint32
	was, now int
}

// names finds what the numbers in the recording stand for.
func (p *player) names(e *Engine) error {
	known := map[string]*imports.Func{}
	for _, f := range imports.Funcs() {
		known[f.String()] = f
	}
	for _, name := range p.header.Imports {
		if known[name] == nil {
			return fmt.Errorf("the recording has the unknown import %q", name)
		}
		p.imports = append(p.imports, known[name])
	}
	for _, name := range p.header.Exports {
		if _, ok := e.exports[name]; !ok {
			return fmt.Errorf("the recording has the unknown export %q", name)
		}
		p.exports = append(p.exports, name)
	}
	return nil
}

// start gives the sandbox an instance that is as the image.
func (p *player) start(ctx context.Context) error {
	s := p.sandbox
	in, err := p.image.get(s.guest.With(ctx), s.limits.Memory)
	if err != nil {
		return err
	}
	s.serve(in)
	s.layout = p.image.layout
	s.guest.SetTap(p)
	s.modules.recorded = map[string]string{}
	p.found, p.closed, p.moved, p.putting = nil, [3]bool{}, map[uint32]move{}, nil
	return nil
}

// reset starts over in a new instance.
func (p *player) reset() error {
	s := p.sandbox
	in := s.instance
	s.mu.Lock()
	s.instance = nil
	in.user = nil
	s.guest.Leave()
	s.mu.Unlock()
	s.trapped = false
	return errors.Join(in.close(), p.start(p.ctx))
}

// errEnds is why a recording without an end cannot be replayed further.
var errEnds = errors.New("the recording ends before its sandbox does: the process was killed, or the recorder failed; all of it was reproduced")

// run does what the host did. ctx is for calls of the guest.
func (p *player) run(ctx context.Context) error {
	p.ctx = ctx
	for {
		f, err := p.next()
		switch {
		case err != nil:
			return err
		case f.Kind == tape.KindReset:
			err = p.reset()
		case f.Kind == tape.KindEnd:
			if f, err = p.next(); errors.Is(err, errEnds) {
				return nil
			}
			p.peeked = &f
		case p.sandbox.trapped && f.Kind == tape.KindCall:
			err = p.bad("a call after a trap")
		default:
			err = p.host(f)
		}
		if err != nil {
			return err
		}
	}
}

func (p *player) next() (tape.Frame, error) {
	if f := p.peeked; f != nil {
		p.peeked = nil
		return *f, nil
	}
	f, err := p.reader.Next()
	if err == io.EOF {
		return f, &RecordingError{fmt.Errorf("%w (%d calls, %d bytes)", errEnds, p.calls, p.reader.Offset())}
	}
	if err != nil {
		err = &RecordingError{err}
	}
	return f, err
}

// bad is the error for a frame that no Recorder writes there.
func (p *player) bad(format string, args ...any) error {
	return &RecordingError{&tape.Error{Offset: p.reader.Offset(), Text: fmt.Sprintf(format, args...)}}
}

// host does what a frame of the host's says.
func (p *player) host(f tape.Frame) error {
	switch f.Kind {
	case tape.KindMain:
		p.main, p.mainSum = f.Text, f.Sum
		if src := p.config.Source; src != nil && sha256.Sum256([]byte(*src)) != f.Sum {
			p.edited = true
		}
	case tape.KindPut:
		text := string(f.Data)
		p.recorded = len(text)
		if p.main != "" && sha256.Sum256(f.Data) == p.mainSum {
			if p.config.Source != nil {
				text = *p.config.Source
			}
			p.sandbox.modules.recorded[p.main] = text
		}
		p.putting = &text
	case tape.KindPoke:
		if !p.sandbox.mod.Memory().Write(f.Addr, f.Data) {
			return p.bad("%d bytes for the address %d", len(f.Data), f.Addr)
		}
	case tape.KindCall:
		return p.call(f)
	case tape.KindOutcome:
		p.outcome = outcomeError(f.Outcome, p.thrown)
	case tape.KindMemory:
		if p.edited || p.header.Arch != runtime.GOARCH {
			return nil
		}
		if sum := p.sandbox.memorySum(); sum != f.Sum {
			return p.diverged(fmt.Sprintf("memory with the SHA-256 %.8x at the end", f.Sum), fmt.Sprintf("%.8x", sum))
		}
	default:
		return p.bad("a frame of kind %d out of place", f.Kind)
	}
	return nil
}

// call calls an export.
func (p *player) call(f tape.Frame) error {
	if f.Index >= len(p.exports) {
		return p.bad("export %d of %d", f.Index, len(p.exports))
	}
	if p.depth > maxNesting+1 {
		return p.bad("calls that are nested too deep")
	}
	name := p.exports[f.Index]
	fn := p.find(name)
	var stack [4]uint64
	if len(f.Args) != len(fn.Definition().ParamTypes()) || len(f.Args) > len(stack) {
		return p.bad("%d arguments for %s", len(f.Args), name)
	}
	copy(stack[:], f.Args)
	p.relocate(name, stack[:])
	p.depth++
	err := fn.CallWithStack(p.ctx, stack[:])
	p.depth--
	if p.failed != nil {
		return p.failed
	}
	if cause := p.sandbox.guest.Interrupted(); cause != nil {
		return &InterruptError{cause}
	}
	end, readErr := p.next()
	if readErr == nil && p.edited {
		end, readErr = p.skipTicks(end)
	}
	switch {
	case readErr != nil:
		return readErr
	case end.Kind == tape.KindTrap && err != nil:
		p.sandbox.trapped = true
		return nil
	case end.Kind == tape.KindTrap:
		return p.diverged("a trap: "+end.Text, "the return of "+name)
	case err != nil:
		return p.diverged(p.describe(end), "a trap: "+err.Error())
	case end.Kind == tape.KindReturn:
		return p.returned(name, end.Result, p.sandbox.engine.exports[name].result(stack[0]))
	case end.Kind == tape.KindImport:
		p.calls++
		return p.diverged(p.describe(end), p.ended(name, stack[0]))
	}
	return p.bad("a frame of kind %d at the end of %s", end.Kind, name)
}

// find is an export for a call at the present depth.
func (p *player) find(name string) api.Function {
	for len(p.found) <= p.depth {
		p.found = append(p.found, map[string]api.Function{})
	}
	fn := p.found[p.depth][name]
	if fn == nil {
		fn = p.sandbox.mod.ExportedFunction(name)
		p.found[p.depth][name] = fn
	}
	return fn
}

// relocate changes the arguments of an export that point to what an edited
// source has moved.
func (p *player) relocate(name string, args []uint64) {
	if name == "wqjs_alloc" && p.putting != nil {
		args[0] = uint64(len(*p.putting) + 1)
	}
	at := map[string][]int{"wqjs_eval": {0, 2}, "wqjs_op": {2}, "wqjs_free": {0}, "wqjs_set_cwd": {0}, "wqjs_set_environ": {0}}
	for _, i := range at[name] {
		m, ok := p.moved[uint32(args[i])]
		if !ok {
			continue
		}
		args[i] = uint64(m.addr)
		if name == "wqjs_eval" && i == 0 && args[1] == uint64(m.was) {
			args[1] = uint64(m.now)
		}
	}
}

// returned compares what an export returned.
func (p *player) returned(name string, want, got uint64) error {
	same := want == got
	switch {
	case name == "wqjs_alloc" && p.putting != nil:
		text := *p.putting
		p.putting = nil
		if (want == 0) != (got == 0) || !same && !p.edited {
			return p.diverged(fmt.Sprintf("memory at %d", want), fmt.Sprintf("%d", got))
		}
		if got == 0 {
			return nil
		}
		mem, at := p.sandbox.mod.Memory(), uint32(got)
		if !mem.WriteString(at, text) || !mem.WriteByte(at+uint32(len(text)), 0) {
			return p.bad("%d bytes of text for the address %d", len(text), at)
		}
		if p.edited {
			p.moved[uint32(want)] = move{at, p.recorded, len(text)}
		}
		return nil
	case name == "wqjs_error":
		p.errorAt = uint32(got)
		same = same || p.edited
	case name == "wqjs_error_len":
		p.thrown = p.sandbox.readError(p.errorAt, uint32(got))
		same = same || p.edited
	case name == "wqjs_op" && p.edited: // the rest are addresses
		same = want>>60 == got>>60
	}
	if !same {
		return p.diverged(fmt.Sprintf("%d as the result of %s", want, name), p.ended(name, got))
	}
	return nil
}

// errUnwind ends an import that never returned.
var errUnwind = errors.New("the recorded import did not return")

// Import implements imports.Tap.
func (p *player) Import(f *imports.Func, m imports.Memory, stack []uint64, do func()) {
	switch {
	case p.tracing:
		if f.String() == "wqjs_core.sample" {
			if b, err := m.Bytes(uint32(stack[0]), int32(stack[1])); err == nil {
				p.trace = append(p.trace, b...)
			}
		}
		stack[0] = 0
		return
	case p.depth == 0:
		do()
		return
	}
	if err := p.play(f, m, stack); err != nil {
		if err != errUnwind {
			p.failed = err
		}
		panic(err)
	}
}

// play does what the recorded import did.
func (p *player) play(f *imports.Func, m imports.Memory, stack []uint64) error {
	if p.failed != nil {
		return p.failed
	}
	if cause := p.sandbox.guest.Interrupted(); cause != nil {
		return &InterruptError{cause}
	}
	if p.edited && f.String() == tickName {
		if ok, err := p.atTick(); err != nil || !ok {
			stack[0] = 0
			return err
		}
	}
	p.calls++
	want, err := p.next()
	if err == nil && p.edited && f.String() != tickName {
		want, err = p.skipTicks(want)
	}
	if err != nil {
		return err
	}
	args := f.Args(make([]uint64, 0, len(f.Params)), stack)
	inputs := inputsOf(nil, f, m, args)
	if !p.same(f, args, inputs, want) {
		return p.diverged(p.describe(want), describeCall(f, args, inputs))
	}
	for {
		r, err := p.next()
		switch {
		case err != nil:
			return err
		case r.Kind == tape.KindResult:
			return p.result(f, m, args, stack, r)
		case r.Kind == tape.KindTrap:
			p.peeked = &r
			return errUnwind
		case r.Kind == tape.KindMemory || p.sandbox.trapped:
			err = p.bad("a frame of kind %d within an import", r.Kind)
		default:
			err = p.host(r) // it called the guest
		}
		if err != nil {
			return err
		}
	}
}

// An edited script takes other times to let the host in.
const tickName = "wqjs_core.tick"

func (p *player) isTick(f tape.Frame) bool {
	return f.Kind == tape.KindImport && f.Index < len(p.imports) && p.imports[f.Index].String() == tickName
}

// atTick reports whether the recording has a tick next.
func (p *player) atTick() (bool, error) {
	f, err := p.next()
	if err != nil {
		return false, err
	}
	p.peeked = &f
	return p.isTick(f), nil
}

// skipTicks gives the frame after f and those of ticks that did nothing.
func (p *player) skipTicks(f tape.Frame) (tape.Frame, error) {
	for p.isTick(f) {
		r, err := p.next()
		if err != nil {
			return r, err
		}
		if r.Kind != tape.KindResult || r.Result != 0 || r.Raised {
			return f, nil // which is no call that the script makes
		}
		if f, err = p.next(); err != nil {
			return f, err
		}
	}
	return f, nil
}

// same reports whether a call is the recorded one. Addresses are compared while
// they must be the same.
func (p *player) same(f *imports.Func, args []uint64, inputs []tape.Input, want tape.Frame) bool {
	if want.Kind != tape.KindImport || want.Index >= len(p.imports) || p.imports[want.Index] != f ||
		len(want.Args) != len(args) || len(want.Inputs) != len(inputs) {
		return false
	}
	for i, a := range args {
		if a != want.Args[i] && !(p.edited && f.Pointer(i)) {
			return false
		}
	}
	for i, in := range inputs {
		if !in.Same(want.Inputs[i]) {
			return false
		}
	}
	return true
}

// result gives the guest what the recorded import gave it.
func (p *player) result(f *imports.Func, m imports.Memory, args, stack []uint64, r tape.Frame) error {
	if len(r.Outputs) > len(f.Out) {
		return p.bad("%d outputs of %s", len(r.Outputs), f)
	}
	if err := p.effects(f, m, args, r); err != nil {
		return err
	}
	for i, data := range r.Outputs {
		if !f.Out[i].Write(m, args, data) {
			return p.bad("%d bytes that %s has no room for", len(data), f)
		}
	}
	if r.Raised {
		p.sandbox.slot.Store32(p.sandbox.layout.flag, 1)
	}
	if len(stack) > 0 {
		stack[0] = uint64(uint32(r.Result))
	}
	return nil
}

// effects are what a replay does of imports: output, and remembering sources for
// messages.
func (p *player) effects(f *imports.Func, m imports.Memory, args []uint64, r tape.Frame) error {
	if f.Failed(int32(uint32(r.Result))) {
		return nil
	}
	switch f.String() {
	case "wasi_snapshot_preview1.fd_close":
		if fd := args[0]; fd < uint64(len(p.closed)) {
			p.closed[fd] = true
		}
	case "wasi_snapshot_preview1.fd_write":
		if fd := args[0]; (fd == 1 || fd == 2) && !p.closed[fd] && len(r.Outputs) == 1 && len(r.Outputs[0]) == 4 {
			read, _ := f.In[0].Views(nil, m, args, 0)
			return p.print(fd, read, binary.LittleEndian.Uint32(r.Outputs[0]))
		}
	case "wqjs_core.module_load":
		if name, err := m.String(uint32(args[0]), int32(args[1])); err == nil && !strings.HasPrefix(name, js.Prefix) {
			p.loading = name
		}
	case "wqjs_core.take":
		if p.loading != "" && len(r.Outputs) == 1 {
			p.sandbox.modules.recorded[p.loading] = string(r.Outputs[0])
			p.loading = ""
		}
	}
	return nil
}

// print writes the first n bytes of parts to standard output or error.
func (p *player) print(fd uint64, parts [][]byte, n uint32) error {
	w := p.config.Stdout
	if fd == 2 {
		w = p.config.Stderr
	}
	for _, b := range parts {
		b = b[:min(len(b), int(n))]
		n -= uint32(len(b))
		if w == nil {
			continue
		}
		if _, err := w.Write(b); err != nil {
			return fmt.Errorf("write what the script has written: %w", err)
		}
	}
	return nil
}
