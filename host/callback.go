package host

import (
	"context"
	"fmt"
	"reflect"
)

// function makes a Go function of a JavaScript one.
func (d *decoder) function(v reflect.Value) error {
	s := signatureOf(v.Type())
	if !s.callable() {
		return s.uncallable()
	}
	f, err := d.jsValue()
	if err != nil {
		return err
	}
	if f.kind != KindFunction {
		f.Release()
		return &DecodeError{Message: fmt.Sprintf("cannot use %s as a function", article(f.kind.String()))}
	}
	v.Set(s.makeFunc(func(ctx context.Context, args []any, out any) error {
		if out == nil {
			r, err := f.Call(ctx, args...)
			r.Release()
			return err
		}
		op := opCall | opPath | opAwait
		if s.t.Out(0) != valueType {
			op |= opDeep
		}
		return f.ref.bridge.sandbox.operateInto(ctx, op, f, message{call: true, args: args}, out)
	}))
	return nil
}

// callable reports whether a func of this type can call JavaScript.
func (s *signature) callable() bool { return s.context && s.failing && s.results <= 1 }

func (s *signature) uncallable() error {
	return fmt.Errorf("a JavaScript function becomes a func(context.Context, …) (T, error), not a %s", s.t)
}

// makeFunc makes a func that calls call, whose out points to where the result
// goes: nil when there is none.
func (s *signature) makeFunc(call func(ctx context.Context, args []any, out any) error) reflect.Value {
	return reflect.MakeFunc(s.t, func(in []reflect.Value) []reflect.Value {
		ctx := in[0].Interface().(context.Context)
		args := make([]any, 0, len(in))
		for i, a := range in[1:] {
			if s.variadic && i == s.params-1 {
				for j := range a.Len() {
					args = append(args, a.Index(j).Interface())
				}
				break
			}
			args = append(args, a.Interface())
		}
		out := make([]reflect.Value, s.t.NumOut())
		failed := reflect.New(errorType).Elem()
		out[s.results] = failed
		var p any
		if s.results > 0 {
			r := reflect.New(s.t.Out(0))
			out[0], p = r.Elem(), r.Interface()
		}
		if err := call(ctx, args, p); err != nil {
			failed.Set(reflect.ValueOf(err))
		}
		return out
	})
}
