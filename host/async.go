package host

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"math/big"
	"reflect"

	"github.com/wqjs/wqjs/imports"
)

// Asynchronous Go functions: what they take and give is counted while it waits.

// ErrQueued: too many bytes wait in Go for the sandbox.
var ErrQueued = errors.New("too many bytes wait in Go for the sandbox (Limits.Queued)")

// asyncCall is an asynchronous function with its arguments, which hold bytes of
// a queue.
type asyncCall struct {
	work  func(context.Context) (any, error)
	holds int64
	queue *imports.Quota
}

func (a *asyncCall) drop() {
	if a.work != nil {
		a.queue.Give(a.holds)
	}
	*a = asyncCall{}
}

// prepareAsync reads the arguments of a call that Start is to follow.
func (b *bridge) prepareAsync(f *function, c *invocation) error {
	b.started.drop() // a guest may leave one there
	q, n := b.sandbox.guest.Queue(), int64(len(c.b))
	if !q.Take(n) {
		return ErrQueued
	}
	work, err := f.prepare(c)
	if err != nil {
		q.Give(n)
		return err
	}
	b.started = asyncCall{work, n, q}
	return nil
}

// outcome is what an asynchronous function returned.
type outcome struct {
	value any
	err   error
	holds int64
}

// Start implements imports.Calls.
func (b *bridge) Start() (run func(context.Context) any, holds int64, err error) {
	call := b.started
	b.started = asyncCall{}
	if call.work == nil {
		return nil, 0, fs.ErrInvalid
	}
	values := context.WithoutCancel(b.ctx)
	return func(ctx context.Context) any {
		o := outcome{err: errors.New("runtime.Goexit in an asynchronous Go function")}
		done := make(chan struct{})
		go func() { // Goexit must not keep the operation from completing
			defer close(done)
			o = perform(call, &asyncContext{ctx, values, b.sandbox})
		}()
		<-done
		return o
	}, call.holds, nil
}

func perform(call asyncCall, ctx context.Context) (o outcome) {
	defer protect(&o.err)
	v, err := call.work(ctx)
	if err != nil {
		return outcome{err: err}
	}
	n := sizeOf(v)
	if !call.queue.Take(n) {
		return outcome{err: ErrQueued}
	}
	return outcome{value: v, holds: n}
}

// Result implements imports.Calls.
func (b *bridge) Result(v any) ([]byte, error) {
	o, ok := v.(outcome)
	if !ok {
		return nil, fs.ErrInvalid
	}
	b.sandbox.guest.Queue().Give(o.holds)
	e := &encoder{bridge: b}
	e.reset(replyValue)
	if o.err == nil {
		o.err = protected(e, o.value)
	}
	if o.err != nil {
		return e.throw(o.err), nil
	}
	return e.buf, nil
}

// protected writes a value whose own methods may panic.
func protected(e *encoder, v any) (err error) {
	defer protect(&err)
	return e.value(v)
}

// sizeOf is about how many bytes a value takes until it is encoded.
func sizeOf(v any) int64 {
	switch v := v.(type) {
	case string:
		return int64(len(v))
	case []byte:
		return int64(len(v))
	case wireValue:
		return int64(len(v))
	case step:
		return sizeOf(v.Value)
	case nil, int, float64, bool:
		return smallValue
	}
	m := measure{left: maxValueCount}
	m.add(reflect.ValueOf(v), 0)
	return m.size
}

// smallValue is what a value counts, in bytes, besides what it refers to.
const smallValue = 16

// measure adds up the sizes of what the encoder would write, as far as that is in
// the values themselves; left is how many more there may be.
type measure struct {
	size int64
	left int
}

func (m *measure) add(v reflect.Value, depth int) {
	m.size += smallValue
	if m.left--; m.left < 0 || depth > maxValueDepth || isNil(v) {
		return // too many, or a cycle: the encoder tells
	}
	t := typeOf(v.Type())
	if t.special && v.CanInterface() {
		switch x := v.Interface().(type) {
		case Value:
			m.size += int64(len(x.str))
		case *big.Int:
			m.size += int64(x.BitLen() / 8)
		case json.RawMessage:
			m.size += int64(len(x))
		}
		return
	}
	switch v.Kind() {
	case reflect.String:
		m.size += int64(v.Len())
	case reflect.Pointer, reflect.Interface:
		m.add(v.Elem(), depth+1)
	case reflect.Slice, reflect.Array:
		if elem := v.Type().Elem(); flat(elem.Kind()) {
			m.size += int64(v.Len()) * int64(elem.Size())
			return
		}
		for i := 0; i < v.Len() && m.left >= 0; i++ {
			m.add(v.Index(i), depth+1)
		}
	case reflect.Map:
		for it := v.MapRange(); m.left >= 0 && it.Next(); {
			m.add(it.Key(), depth+1)
			m.add(it.Value(), depth+1)
		}
	case reflect.Struct:
		for i := range t.fields {
			if fv, ok := t.fields[i].find(v); ok {
				m.add(fv, depth+1)
			}
		}
	}
}

// flat reports whether values of a kind refer to nothing.
func flat(k reflect.Kind) bool { return k > reflect.Invalid && k <= reflect.Complex128 }
