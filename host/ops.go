package host

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Operations of the guest's wqjs_op and their flags: wasm/shim/call.c.
const (
	opCall uint32 = iota + 1
	opNew
	opGet
	opSet
	opKeys
	opLength
	opRead
	opJSON
	opImport
	opSettle
	opEval
	opRelease
	opIterate
	opLimit

	opDeep  uint32 = 0x100 // copy the result, with all in it
	opPath  uint32 = 0x200 // the name is a path
	opAwait uint32 = 0x400 // a promise is waited for
)

// statusFault: the result of wqjs_op cannot cross.
const statusFault = 5

// Call calls a function by name and waits for its promise, if it returns one,
// handling events meanwhile. The name is one of a global, perhaps a path
// ("app.handlers.get", called as a method), or of an export of a module:
// "/app/main.js#handle", which is imported first. For the arguments see Set.
//
// What the result refers to lives until Value.Release; CallAs gives a copy.
func (s *Sandbox) Call(ctx context.Context, name string, args ...any) (Value, error) {
	if strings.IndexByte(name, '#') >= 0 {
		var v Value
		err := s.callInto(ctx, 0, name, args, &v)
		return v, err
	}
	return s.operate(ctx, opCall|opPath|opAwait, Value{}, message{path: name, args: args, call: true})
}

// Caller is what has functions of JavaScript to call: a Sandbox, or a Plugin.
type Caller interface {
	callInto(ctx context.Context, flags uint32, name string, args []any, out any) error
}

// CallAs is Sandbox.Call, or Plugin.Call, with the result as a T, as As converts
// it, in one step.
func CallAs[T any](ctx context.Context, c Caller, name string, args ...any) (T, error) {
	var out T
	flags := opDeep
	if _, ok := any(out).(Value); ok {
		flags = 0
	}
	err := c.callInto(ctx, flags, name, args, &out)
	return out, err
}

// callInto makes Sandbox a Caller.
func (s *Sandbox) callInto(ctx context.Context, flags uint32, name string, args []any, out any) error {
	target := Value{}
	if module, export, ok := strings.Cut(name, "#"); ok {
		ns, err := s.Import(ctx, module)
		if err != nil {
			return err
		}
		defer ns.Release()
		target, name = ns, export
	}
	return s.operateInto(ctx, opCall|opPath|opAwait|flags, target, message{path: name, args: args, call: true}, out)
}

// Get is a global, or what a path ("config.limits") leads to from one;
// undefined when it is not there.
func (s *Sandbox) Get(ctx context.Context, path string) (Value, error) {
	return s.operate(ctx, opGet|opPath, Value{}, message{write: func(e *encoder) error { e.buf = appendText(e.buf, path); return nil }})
}

// Set sets a global, or a property of an object that a path leads to. Go values
// become, as everywhere:
//
//   - booleans, numbers, strings; integers beyond 2^53 BigInts; *big.Int a
//     BigInt; []byte a Uint8Array; time.Time a Date; nil null; a nil slice or map
//     is empty;
//   - slices arrays, structs objects (for tags see As), maps objects or, when
//     keys are neither text nor integers, a Map; map[T]struct{} a Set;
//   - errors Errors with the code that their method Code() string tells, or a
//     system's (ENOENT, …) or ERR_GO; a *JSError its own Error again;
//   - functions functions. They take what As converts to, perhaps a
//     context.Context first, and return nothing, values, and an error last, which
//     is thrown. See Func1 for contexts and Async for promises;
//   - channels, iter.Seq and iter.Seq2 asynchronous iterables, Seq2's of pairs;
//     io.Reader one of Uint8Arrays; io.Writer an object with write and close;
//   - json.RawMessage and json.Marshaler what the JSON says, TextMarshaler text;
//   - a Value itself.
func (s *Sandbox) Set(ctx context.Context, path string, value any) error {
	_, err := s.operate(ctx, opSet|opPath, Value{}, message{write: func(e *encoder) error {
		e.buf = appendText(e.buf, path)
		return e.value(value)
	}})
	return err
}

// Import gives the namespace of a module, loaded and evaluated if it was not: a
// library module ("wqjs:net") or a file, as in an import of a script in
// SandboxConfig.Dir. Modules given to EvalModule are found by their names.
func (s *Sandbox) Import(ctx context.Context, specifier string) (Value, error) {
	return s.operate(ctx, opImport|opAwait, Value{}, message{write: func(e *encoder) error {
		if strings.IndexByte(specifier, 0) >= 0 {
			return fmt.Errorf("import %q: a name has no NUL", specifier)
		}
		e.buf = append(appendText(e.buf, specifier), 0)
		return nil
	}})
}

// EvalValue is Eval with the value of the last expression, waiting for it if it
// is a promise.
func (s *Sandbox) EvalValue(ctx context.Context, name, source string) (Value, error) {
	return s.operate(ctx, opEval|opAwait, Value{}, message{write: func(e *encoder) error {
		s.modules.remember(name, source)
		e.buf = append(appendText(e.buf, strings.ReplaceAll(name, "\x00", "")), 0)
		e.buf = append(appendText(e.buf, source), 0)
		return nil
	}})
}

// message is what an operation is told: a path and arguments, or what write
// writes, or nothing.
type message struct {
	call  bool
	path  string
	args  []any
	write func(*encoder) error
	// copies refuses results that refer to objects of the sandbox.
	copies bool
}

func (m *message) encode(e *encoder) (err error) {
	defer protect(&err)
	switch {
	case m.call:
		return e.call(m.path, m.args)
	case m.write != nil:
		return m.write(e)
	}
	return nil
}

// operate does an operation whose result is a Value.
func (s *Sandbox) operate(ctx context.Context, op uint32, target Value, m message) (v Value, err error) {
	inner, ok, err := s.tryEnter(ctx)
	if !ok && err == nil {
		err = s.operateLater(ctx, op, target, m, &v)
		return v, err
	}
	if err != nil {
		return v, err
	}
	defer s.leave()
	d, err := s.bridge.do(inner, op, target, &m)
	s.config.Record.outcome(err)
	if err != nil {
		return v, err
	}
	return d.jsValue()
}

// operateInto does an operation with target, or the global object for undefined,
// and reads the result into what out points to.
func (s *Sandbox) operateInto(ctx context.Context, op uint32, target Value, m message, out any) error {
	inner, ok, err := s.tryEnter(ctx)
	if !ok && err == nil {
		return s.operateLater(ctx, op, target, m, out)
	}
	if err != nil {
		return err
	}
	defer s.leave()
	d, err := s.bridge.do(inner, op, target, &m)
	s.config.Record.outcome(err)
	if err != nil {
		return err
	}
	return d.into(out)
}

// operateLater is for a sandbox that is busy, or to be entered from within.
func (s *Sandbox) operateLater(ctx context.Context, op uint32, target Value, m message, out any) error {
	return s.enter(ctx, func(ctx context.Context) error {
		d, err := s.bridge.do(ctx, op, target, &m)
		if err != nil {
			return err
		}
		return d.into(out)
	})
}

// allHandles as the target of opRelease are all.
const allHandles = 1<<32 - 1

// prepare tells the guest its limit, once.
func (b *bridge) prepare(ctx context.Context) error {
	if b.limited {
		return nil
	}
	b.limited = true
	_, _, _, err := b.request(ctx, opLimit, uint32(b.limit), nil)
	return err
}

// request calls wqjs_op with a message.
func (b *bridge) request(ctx context.Context, op, target uint32, msg []byte) (status int32, n, p uint32, err error) {
	s := b.sandbox
	at := s.layout.inbox
	if len(msg) > int(s.layout.inboxSize) {
		if at, err = s.put(ctx, string(msg)); err != nil {
			return 0, 0, 0, err
		}
		defer s.free(ctx, at)
	} else if !s.mod.Memory().Write(at, msg) {
		return 0, 0, 0, errors.New("the engine's inbox lies outside of its memory")
	} else {
		s.config.Record.poke(at, msg)
	}
	r, err := s.call(ctx, s.fnOp, uint64(op), uint64(target), uint64(at), uint64(len(msg)))
	return int32(r >> 60), uint32(r>>32) & (1<<28 - 1), uint32(r), err
}

// do does an operation; the result is to be read before anything else.
func (b *bridge) do(ctx context.Context, op uint32, target Value, m *message) (d decoder, err error) {
	if err := b.prepare(ctx); err != nil {
		return d, err
	}
	if err := b.flush(ctx); err != nil {
		return d, err
	}
	id := uint32(0)
	if target.ref != nil {
		if id, err = target.ref.use(b); err != nil {
			return d, err
		}
	}
	e := b.writer()
	if err = m.encode(e); err == nil && len(e.buf) > maxValueMessage {
		err = ErrTooLarge
	}
	if err != nil {
		e.abandon()
		return d, err
	}
	status, n, p, err := b.request(ctx, op, id, e.buf)
	if err == nil && status == statusPending {
		status, n, p, err = b.settle(ctx, op, p)
	}
	if err != nil {
		return d, err
	}
	switch status {
	case statusOK:
		msg, ok := b.sandbox.mod.Memory().Read(p, n)
		if !ok {
			return d, errWire
		}
		return decoder{wireReader{b: msg}, b, m.copies}, nil
	case statusFault:
		return d, faultError(p)
	case statusException:
		return d, b.thrown(ctx, p)
	}
	return d, b.sandbox.status(ctx, status)
}

// thrown is the error of an operation; handle is that of the thrown value, or 0.
func (b *bridge) thrown(ctx context.Context, handle uint32) error {
	err := b.sandbox.jsError(ctx)
	if handle == 0 {
		return err
	}
	r := b.newRef(handle)
	if js, ok := err.(*JSError); ok {
		js.ref = r
		r.err = js
	} else {
		Value{ref: r}.Release()
	}
	return err
}

// settle waits for the promise with a handle.
func (b *bridge) settle(ctx context.Context, op, handle uint32) (status int32, n, p uint32, err error) {
	status, p = statusPending, handle
	err = b.sandbox.loop(ctx, func() (bool, error) {
		if status, n, p, err = b.request(ctx, opSettle|opAwait|op&opDeep, handle, nil); err != nil {
			return false, err
		}
		return status == statusPending, nil
	})
	if status == statusPending {
		b.drop(handle, b.epoch)
		if err == nil {
			err = ErrUnsettled
		}
	}
	return status, n, p, err
}

// flush releases the handles that are no longer used.
func (b *bridge) flush(ctx context.Context) error {
	b.mu.Lock()
	dropped := b.dropped
	b.dropped = nil
	b.mu.Unlock()
	for len(dropped) > 0 {
		part := dropped[:min(len(dropped), int(b.sandbox.layout.inboxSize)/4)]
		dropped = dropped[len(part):]
		var msg []byte
		for _, id := range part {
			msg = appendU32(msg, int(id))
		}
		if _, _, _, err := b.request(ctx, opRelease, 0, msg); err != nil {
			return err
		}
	}
	return nil
}
