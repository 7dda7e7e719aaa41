package host

import (
	"context"
	"errors"
	"io/fs"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
)

// bridge is what a sandbox holds for calls between Go and JavaScript. It
// implements imports.Calls. Fields are guarded by the turn, but for those below
// mu.
type bridge struct {
	sandbox *Sandbox
	ctx     context.Context // of the call in progress
	limit   int             // of handles, and of entries

	limited bool // the guest knows the limit

	writers []*encoder // by depth
	entries []entry    // Go functions and errors that JavaScript holds, by id - 1
	free    []uint32
	started asyncCall // called, and to be started next

	depth   int           // Go functions on the stack that called JavaScript
	calls   []*invocation // of Go functions, one for each on the stack
	running int           // how many of these
	current *callContext  // of the innermost that has one

	nested atomic.Int32 // contexts that calls within the call in progress may use
	inGo   atomic.Int32 // Go functions on the stack

	// Guarded by Sandbox.mu:
	waiting map[*callContext]struct{} // to be cancelled by an interrupt
	stopped error                     // why the call in progress is interrupted

	mu      sync.Mutex
	epoch   uint64   // changes when all handles die
	dropped []uint32 // handles to be released with the next call
	tasks   []*task
	pokes   int32
}

// entry is a Go function or error that JavaScript holds.
type entry struct {
	fn  *function
	err error
}

// errTrapped unwinds the wasm stack below a Go function whose sandbox is gone.
var errTrapped = errors.New("the sandbox trapped in a nested call")

func newBridge(s *Sandbox, handles int) *bridge {
	return &bridge{sandbox: s, limit: handles}
}

// writer is the encoder for a message to the guest.
func (b *bridge) writer() *encoder {
	if b.depth == len(b.writers) {
		b.writers = append(b.writers, &encoder{bridge: b})
	}
	e := b.writers[b.depth]
	e.reset()
	return e
}

// interrupted cancels the contexts of Go functions; Sandbox.mu is held.
func (b *bridge) interrupted(cause error) {
	if _, nested := cause.(*nestedCause); !nested && b.stopped == nil {
		b.stopped = cause
	}
	for c := range b.waiting {
		c.cancel(cause)
	}
}

// errGoexit is why a sandbox is gone whose Go function never returned.
var errGoexit = errors.New("runtime.Goexit in a Go function that JavaScript called")

// reset forgets everything: the guest's memory starts anew, or is gone.
func (b *bridge) reset() {
	b.entries, b.free, b.started, b.limited = nil, nil, asyncCall{}, false
	b.depth, b.running, b.current = 0, 0, nil
	b.nested.Store(0)
	b.inGo.Store(0)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.epoch++
	b.dropped = nil
}

// seal gives up all handles, for an image, and returns the functions that the
// guest still has.
func (b *bridge) seal(ctx context.Context) ([]entry, error) {
	if _, _, _, err := b.request(ctx, opRelease, allHandles, nil); err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.epoch++
	b.dropped = nil
	return b.entries, nil
}

// adopt makes the functions of an image known.
func (b *bridge) adopt(functions []entry) {
	b.entries, b.free = slices.Clone(functions), nil
	for i, en := range b.entries {
		if en.fn == nil && en.err == nil {
			b.free = append(b.free, uint32(i+1))
		}
	}
}

// drop notes a handle that is no longer used; any goroutine may call it.
func (b *bridge) drop(id uint32, epoch uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if epoch == b.epoch {
		b.dropped = append(b.dropped, id)
	}
}

// errorReserve is how many errors there is room for when functions have taken
// all: one has to tell of that.
const errorReserve = 16

// register gives an entry a number for the guest.
func (b *bridge) register(en entry) (uint32, error) {
	if n := len(b.free); n > 0 {
		id := b.free[n-1]
		b.free = b.free[:n-1]
		b.entries[id-1] = en
		return id, nil
	}
	limit := b.limit
	if en.err != nil {
		limit += errorReserve
	}
	if len(b.entries) >= limit {
		return 0, ErrHandles
	}
	b.entries = append(b.entries, en)
	return uint32(len(b.entries)), nil
}

func (b *bridge) entry(id uint32) entry {
	if id == 0 || id > uint32(len(b.entries)) {
		return entry{}
	}
	return b.entries[id-1]
}

// goError is the Go error that a JavaScript one was made of, or nil.
func (b *bridge) goError(id uint32) error { return b.entry(id).err }

// Release implements imports.Calls.
func (b *bridge) Release(id uint32) {
	if en := b.entry(id); en.fn != nil || en.err != nil {
		b.entries[id-1] = entry{}
		b.free = append(b.free, id)
	}
}

// function writes a Go function.
func (e *encoder) function(f *function) error {
	if f == nil {
		e.buf = append(e.buf, tagNull)
		return nil
	}
	if e.bridge == nil {
		return errors.New("a function cannot stand here")
	}
	id, err := e.bridge.register(entry{fn: f})
	if err != nil {
		return err
	}
	e.made = append(e.made, id)
	e.buf = append(appendU32(append(e.buf, tagFunc), int(id)), byte(f.params), byte(f.length))
	e.buf = appendText(appendU32(e.buf, int(f.handles)), f.name)
	return nil
}

// error writes a Go error; one of JavaScript's is the same object again.
func (e *encoder) error(err error) error {
	if e.bridge == nil {
		return errors.New("an error cannot stand here")
	}
	if js, ok := err.(*JSError); ok && js.ref != nil {
		if id, err := js.ref.use(e.bridge); err == nil {
			e.buf = append(appendU32(append(e.buf, tagRef), int(id)), 0)
			return nil
		}
	}
	id, full := e.bridge.register(entry{err: err})
	if full != nil {
		return full
	}
	e.made = append(e.made, id)
	name := "Error"
	if bad := (*argumentError)(nil); errors.As(err, &bad) {
		name = "TypeError"
	}
	e.errorRecord(name, errorText(err), errorCode(err), id)
	return nil
}

// errorRecord writes an error that is none of JavaScript's yet.
func (e *encoder) errorRecord(name, text, code string, id uint32) {
	e.buf = appendText(append(e.buf, tagError), name)
	e.buf = appendText(appendText(appendText(e.buf, text), ""), code)
	e.buf = appendU32(appendU32(e.buf, 0), int(id))
}

const maxErrorText = 64 << 10

func errorText(err error) string {
	s := err.Error()
	return s[:min(len(s), maxErrorText)]
}

// errorCode is the code of a JavaScript error for a Go error: what a method
// Code() string says, one of the system's for the errors that package fs and
// context know, else ERR_GO.
func errorCode(err error) string {
	var coder interface{ Code() string }
	var js *JSError
	var panicked *PanicError
	var bad *argumentError
	switch {
	case errors.As(err, &coder):
		return coder.Code()
	case errors.Is(err, ErrQueued):
		return "ENOBUFS"
	case errors.As(err, &js) && js.Code != "":
		return js.Code
	case errors.As(err, &panicked):
		return "ERR_GO_PANIC"
	case errors.As(err, &bad):
		return "ERR_INVALID_ARG"
	case errors.Is(err, fs.ErrNotExist):
		return "ENOENT"
	case errors.Is(err, fs.ErrExist):
		return "EEXIST"
	case errors.Is(err, fs.ErrPermission):
		return "EACCES"
	case errors.Is(err, context.DeadlineExceeded):
		return "ETIMEDOUT"
	case errors.Is(err, context.Canceled):
		return "ECANCELED"
	}
	return "ERR_GO"
}

// Kinds of replies to the guest: wasm/shim/call.c.
const (
	replyValue byte = iota
	replyThrow
	replyAsync
)

// Call implements imports.Calls.
func (b *bridge) Call(fn uint32, argc int, args []byte) ([]byte, error) {
	if b.running == len(b.calls) {
		c := &invocation{decoder: decoder{bridge: b}, encoder: &encoder{bridge: b}}
		b.calls = append(b.calls, c)
	}
	c := b.calls[b.running]
	c.decoder.wireReader = wireReader{b: args}
	c.argc, c.err = argc, nil
	c.encoder.reset(replyValue)
	b.running++
	b.inGo.Add(1)
	err := b.invoke(fn, c)
	b.inGo.Add(-1)
	b.running--
	if b.sandbox.trapped {
		panic(errTrapped)
	}
	if err != nil {
		return c.encoder.throw(err), nil
	}
	return c.encoder.buf, nil
}

func (b *bridge) invoke(fn uint32, c *invocation) (err error) {
	outer, returned := b.current, false
	defer func() {
		if b.current != outer {
			b.current.end(nil)
			b.current = outer
		}
		if !returned {
			if r := recover(); r != nil {
				err = &PanicError{r, debug.Stack()}
			} else {
				_ = b.sandbox.trap(errGoexit) // the guest never returns
			}
		}
	}()
	f := b.entry(fn).fn
	switch {
	case f == nil:
		err = errors.New("no such function")
	case f.call != nil:
		err = f.call(c)
	default:
		if err = b.prepareAsync(f, c); err == nil {
			c.encoder.buf[0] = replyAsync
		}
	}
	returned = true
	return err
}

// reset starts a message with a byte.
func (e *encoder) reset(first ...byte) {
	e.buf, e.made, e.depth = append(e.buf[:0], first...), e.made[:0], 0
	if cap(e.buf) > maxKept {
		e.buf = slices.Clip(append([]byte(nil), first...))
	}
}

// maxKept bounds the buffers that are kept for the next message.
const maxKept = 64 << 10

// abandon gives up what the message that is not sent made.
func (e *encoder) abandon() {
	for _, id := range e.made {
		e.bridge.Release(id)
	}
	e.made = e.made[:0]
}

// throw replaces the message by an error.
func (e *encoder) throw(err error) []byte {
	e.abandon()
	e.reset(replyThrow)
	if failed := e.error(err); failed != nil {
		e.reset(replyThrow)
		e.errorRecord("Error", errorText(err), errorCode(err), 0)
	}
	return e.buf
}
