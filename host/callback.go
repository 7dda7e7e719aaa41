package host

import (
	"context"
	"fmt"
	"reflect"
)

// function makes a Go function of a JavaScript one.
func (d *decoder) function(v reflect.Value) error {
	t := v.Type()
	s := signatureOf(t)
	if !s.context || !s.failing || s.results > 1 {
		return fmt.Errorf("a JavaScript function becomes a func(context.Context, …) (T, error), not a %s", t)
	}
	f, err := d.jsValue()
	if err != nil {
		return err
	}
	if f.kind != KindFunction {
		f.Release()
		return &DecodeError{Message: fmt.Sprintf("cannot use %s as a function", article(f.kind.String()))}
	}
	v.Set(reflect.MakeFunc(t, func(in []reflect.Value) []reflect.Value {
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
		return s.callback(ctx, f, args)
	}))
	return nil
}

// callback calls f and gives what a func of this signature returns.
func (s *signature) callback(ctx context.Context, f Value, args []any) []reflect.Value {
	out := make([]reflect.Value, s.t.NumOut())
	failed := reflect.New(errorType).Elem()
	out[s.results] = failed
	var err error
	if s.results == 0 {
		var r Value
		r, err = f.Call(ctx, args...)
		r.Release()
	} else {
		r := reflect.New(s.t.Out(0))
		out[0] = r.Elem()
		op := opCall | opPath | opAwait
		if s.t.Out(0) != valueType {
			op |= opDeep
		}
		err = f.ref.bridge.sandbox.operateInto(ctx, op, f, message{call: true, args: args}, r.Interface())
	}
	if err != nil {
		failed.Set(reflect.ValueOf(err))
	}
	return out
}
