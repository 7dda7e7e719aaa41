package host

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental/sys"

	"github.com/wqjs/wqjs/imports"
)

// instance is a wazero instance of the engine and all that is bound to it for
// its life. It serves one sandbox after the other: instantiating takes 200 µs.
type instance struct {
	slot  *imports.Slot
	mod   api.Module
	stack api.MutableGlobal // the pointer into the C stack
	user  *Sandbox          // whom it serves; nil: nobody

	fnEval, fnJobs, fnDispatch, fnPending, fnAlloc, fnFree, fnResume, fnError, fnErrorLen, fnExit api.Function
	fnOp                                                                                          api.Function
	nested                                                                                        []nestedExports // by depth
	fnStart, fnRecycle                                                                            api.Function
}

// layout are addresses in guest memory, the same in all instances.
type layout struct {
	flag      uint32 // the interrupt flag
	ring      uint32 // the event ring
	ringCap   uint32 // how many events it holds
	memoryEnd uint32 // a count of the wasm pages in use
	inbox     uint32 // room for a small message of wqjs_op
	inboxSize uint32
}

// instantiate makes an instance whose memory may grow to limit bytes. Only one
// that is to make an image runs the C library's start.
func (e *Engine) instantiate(ctx context.Context, limit uint64, start bool) (*instance, error) {
	slot, err := imports.NewSlot(limit)
	if err != nil {
		return nil, err
	}
	in := &instance{slot: slot}
	mc := wazero.NewModuleConfig().WithName("").WithStartFunctions().
		WithStdin((*inlet)(in)).WithStdout(&outlet{in, false}).WithStderr(&outlet{in, true}).
		WithRandSource(rand.Reader).
		WithWalltime(in.walltime, clockResolution).WithNanotime(in.nanotime, clockResolution)
	if start {
		mc = mc.WithStartFunctions("_initialize")
	}
	ctx, mc = slot.ModuleConfig(ctx, mc)
	if in.mod, err = e.runtime.InstantiateModule(ctx, e.compiled, mc); err != nil {
		slot.Free()
		return nil, fmt.Errorf("instantiate the engine: %w", err)
	}
	in.stack, _ = in.mod.ExportedGlobal("__stack_pointer").(api.MutableGlobal)
	in.find()
	return in, nil
}

// export is a function of an instance that is looked up when it is first called:
// each holds a stack, which starts at 10 KiB and never shrinks.
type export struct {
	api.Function // nil until then
	mod          api.Module
	name         string
}

func (e *export) Call(ctx context.Context, args ...uint64) ([]uint64, error) {
	e.find()
	return e.Function.Call(ctx, args...)
}

func (e *export) CallWithStack(ctx context.Context, stack []uint64) error {
	e.find()
	return e.Function.CallWithStack(ctx, stack)
}

func (e *export) find() {
	if e.Function == nil {
		e.Function = e.mod.ExportedFunction(e.name)
	}
}

// find forgets the exports' stacks.
func (in *instance) find() {
	in.nested = nil
	for name, fn := range map[string]*api.Function{
		"wqjs_eval": &in.fnEval, "wqjs_jobs": &in.fnJobs, "wqjs_dispatch": &in.fnDispatch,
		"wqjs_pending": &in.fnPending, "wqjs_alloc": &in.fnAlloc, "wqjs_free": &in.fnFree,
		"wqjs_resume": &in.fnResume, "wqjs_error": &in.fnError, "wqjs_error_len": &in.fnErrorLen,
		"wqjs_exit_code": &in.fnExit, "wqjs_start": &in.fnStart, "wqjs_recycle": &in.fnRecycle,
		"wqjs_op": &in.fnOp,
	} {
		*fn = &export{mod: in.mod, name: name}
	}
}

func (in *instance) readLayout(ctx context.Context) (l layout, err error) {
	res, err := in.mod.ExportedFunction("wqjs_layout").Call(ctx)
	if err != nil {
		return l, err
	}
	words, ok := in.mod.Memory().Read(uint32(res[0]), 24)
	if !ok {
		return l, errors.New("the engine's layout lies outside of its memory")
	}
	for i, w := range []*uint32{&l.flag, &l.ring, &l.ringCap, &l.memoryEnd, &l.inbox, &l.inboxSize} {
		*w = binary.LittleEndian.Uint32(words[4*i:])
	}
	return l, nil
}

// close frees the instance and its memory.
func (in *instance) close() error {
	err := in.mod.Close(context.Background())
	in.slot.Free()
	return err
}

const clockResolution = 1 // nanosecond

// clockStart is what the monotonic clock counts from.
var clockStart = time.Now()

func (in *instance) now() time.Time {
	if in.user == nil || in.user.config.Clock == nil {
		return time.Now()
	}
	return in.user.config.Clock()
}

func (in *instance) walltime() (sec int64, nsec int32) {
	t := in.now()
	return t.Unix(), int32(t.Nanosecond())
}

func (in *instance) nanotime() int64 { return int64(in.now().Sub(clockStart)) }

// inlet is an instance as the reader that its guest has as standard input.
type inlet instance

func (in *inlet) stdin() *stdin {
	if in.user == nil {
		return nil
	}
	return in.user.stdio.in
}

func (in *inlet) Read(p []byte) (int, error) {
	if s := in.stdin(); s != nil {
		return s.Read(p)
	}
	return 0, nil // the end
}

// Poll implements sys.Pollable.
func (in *inlet) Poll(flag sys.Pflag, timeoutMillis int32) (bool, sys.Errno) {
	if s := in.stdin(); s != nil {
		return s.Poll(flag, timeoutMillis)
	}
	if flag != sys.POLLIN {
		return false, sys.ENOTSUP
	}
	return true, 0
}

// outlet is the writer that an instance's guest has as standard output or error.
type outlet struct {
	in  *instance
	err bool
}

func (o *outlet) Write(p []byte) (int, error) {
	s := o.in.user
	switch {
	case s == nil:
		return len(p), nil
	case o.err:
		return s.stdio.write(s.stdio.err, p)
	}
	return s.stdio.write(s.stdio.out, p)
}
