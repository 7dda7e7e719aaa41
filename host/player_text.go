package host

import (
	"fmt"
	"strings"

	"github.com/tetratelabs/wazero/api"

	"github.com/wqjs/wqjs/host/internal/tape"
	"github.com/wqjs/wqjs/imports"
	"github.com/wqjs/wqjs/js"
)

// ended tells how a call of an export has ended: with what JavaScript threw, or
// what it returned.
func (p *player) ended(name string, result uint64) string {
	status := result
	switch name {
	case "wqjs_eval", "wqjs_jobs":
	case "wqjs_op":
		status = result >> 60
	case "wqjs_dispatch":
		status = uint64(uint32(result) >> 16)
	default:
		return fmt.Sprintf("the return of %s: %d", name, int32(result))
	}
	if status == statusException {
		if err := p.sandbox.jsError(p.ctx); err != nil {
			return "an error: " + err.Error()
		}
	}
	return fmt.Sprintf("the return of %s: %d", name, int32(result))
}

// diverged is the error for what differs; within an import, it says where.
func (p *player) diverged(want, got string) error {
	e := &DivergenceError{Call: p.calls, Want: want, Got: got, Offset: p.reader.Offset()}
	if p.depth > 0 {
		e.Position = p.position()
	}
	return e
}

// position is the line of the script that runs, or "".
func (p *player) position() string {
	p.tracing = true
	defer func() { p.tracing = false }()
	fn := p.sandbox.mod.ExportedFunction("wqjs_trace")
	if err := fn.CallWithStack(p.ctx, make([]uint64, 1)); err != nil {
		return ""
	}
	for _, f := range decode(string(p.trace)) { // innermost first
		if f.file != "" && f.line > 0 && !strings.HasPrefix(f.file, js.Prefix) {
			return fmt.Sprintf("%s:%d", f.file, f.line)
		}
	}
	return ""
}

// describe tells what a frame is, for people.
func (p *player) describe(f tape.Frame) string {
	switch {
	case f.Kind == tape.KindImport && f.Index < len(p.imports):
		return describeCall(p.imports[f.Index], f.Args, f.Inputs)
	case f.Kind == tape.KindReturn:
		return "no further call here"
	case f.Kind == tape.KindTrap:
		return "a trap: " + f.Text
	}
	return fmt.Sprintf("a frame of kind %d", f.Kind)
}

// describeCall is a call as in "wqjs_socket.send(1000, "hello", 5, 0)".
func describeCall(f *imports.Func, args []uint64, inputs []tape.Input) string {
	text := map[int]string{}
	for i, span := range f.In {
		if i < len(inputs) {
			text[span.Ptr] = describeInput(inputs[i])
		}
	}
	var b strings.Builder
	for i, a := range args {
		if i > 0 {
			b.WriteString(", ")
		}
		switch t, ok := text[i]; {
		case ok:
			b.WriteString(t)
		case f.Pointer(i):
			b.WriteString("…")
		case i < len(f.Params) && f.Params[i] == 'i':
			fmt.Fprint(&b, int32(uint32(a)))
		case i < len(f.Params) && f.Params[i] == 'F':
			fmt.Fprint(&b, api.DecodeF64(a))
		default:
			fmt.Fprint(&b, int64(a))
		}
	}
	return fmt.Sprintf("%s(%s)", f, b.String())
}

func describeInput(in tape.Input) string {
	switch {
	case in.Fault:
		return "(outside of the memory)"
	case in.Size > uint64(len(in.Head)):
		return fmt.Sprintf("%q… (sum %08x)", in.Head, in.Sum)
	}
	return fmt.Sprintf("%q", in.Head)
}
