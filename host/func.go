package host

import (
	"context"
	"fmt"
	"reflect"
	"runtime"
	"runtime/debug"
	"strings"
	"time"
)

// Function is a Go function for JavaScript. Func0 to Func6 make those whose
// calls need no reflection; a plain func value in an argument, a result or a
// field becomes one as well. See Sandbox.Set for what functions may look like.
type Function struct{ f *function }

// function is how to call a Go function.
type function struct {
	name    string // in stack traces and messages
	params  int    // how many arguments it looks at; anyParams for all
	length  int    // what JavaScript sees as its length
	handles uint32 // bit i: argument i is not copied; bit 31 is for the rest
	fn      any    // what it was made of
	// call reads the arguments, calls the function and writes its result.
	call func(*invocation) error
	// prepare reads the arguments of an asynchronous function.
	prepare func(*invocation) (work func(context.Context) (any, error), err error)
}

const anyParams = 255

// invocation is one call of a Go function.
type invocation struct {
	decoder
	encoder *encoder
	argc    int   // arguments not yet read
	err     error // of reading them, by a param
}

// context is what the function gets: it ends with the call in progress, when
// that is interrupted, and when the function returns. Calls of the same sandbox
// with it are part of the call in progress.
func (c *invocation) context() *callContext { return c.bridge.nest() }

// PanicError is a panic in a Go function that JavaScript called.
type PanicError struct {
	Value any
	Stack []byte
}

func (e *PanicError) Error() string { return fmt.Sprintf("panic in Go: %v", e.Value) }

// Unwrap is the value of the panic, if it is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// protect turns a panic into an error.
func protect(err *error) {
	if r := recover(); r != nil {
		*err = &PanicError{r, debug.Stack()}
	}
}

// argOf is how to read an argument of type A.
func argOf[A any]() func(*invocation) (A, error) {
	var f any
	switch any((*A)(nil)).(type) {
	case *int:
		f = func(c *invocation) (int, error) { n, err := c.int64Of("int"); return int(n), err }
	case *int64:
		f = func(c *invocation) (int64, error) { return c.int64Of("int64") }
	case *float64:
		f = func(c *invocation) (float64, error) { return c.floatOf() }
	case *string:
		f = func(c *invocation) (string, error) { return c.stringOf() }
	case *bool:
		f = func(c *invocation) (bool, error) { return c.boolOf() }
	case *[]byte:
		f = func(c *invocation) ([]byte, error) { return c.bytesOf() }
	case *time.Time:
		f = func(c *invocation) (time.Time, error) { return c.timeOf() }
	case *Value:
		f = func(c *invocation) (Value, error) { return c.jsValue() }
	case *any:
		f = func(c *invocation) (any, error) { return c.anyOf() }
	default:
		return func(c *invocation) (A, error) {
			p := new(A)
			err := c.decoder.reflect(reflect.ValueOf(p).Elem())
			return *p, err
		}
	}
	return f.(func(*invocation) (A, error))
}

// arg reads argument i; one that was not given is undefined, which is the zero
// value of any type.
func arg[A any](c *invocation, read func(*invocation) (A, error), i int) (a A, err error) {
	if c.argc <= 0 || c.b[0] == tagUndefined {
		if c.argc > 0 {
			c.b = c.b[1:]
		}
		c.argc--
		return a, nil
	}
	c.argc--
	if a, err = read(c); err != nil {
		return a, badArgument(err, i)
	}
	return a, nil
}

// argumentError is a TypeError in JavaScript.
type argumentError struct{ err error }

func (e *argumentError) Error() string { return e.err.Error() }
func (e *argumentError) Unwrap() error { return e.err }

func badArgument(err error, i int) error {
	return &argumentError{fmt.Errorf("argument %d: %w", i+1, err)}
}

// resultOf is how to write a result of type R.
func resultOf[R any]() func(*encoder, R) error {
	var f any
	switch any((*R)(nil)).(type) {
	case *int:
		f = func(e *encoder, n int) error { return e.int(int64(n)) }
	case *int64:
		f = func(e *encoder, n int64) error { return e.int(n) }
	case *float64:
		f = func(e *encoder, n float64) error { return e.float(n) }
	case *string:
		f = func(e *encoder, s string) error { return e.string(s) }
	case *bool:
		f = func(e *encoder, b bool) error { return e.bool(b) }
	case *Value:
		f = func(e *encoder, v Value) error { return e.jsValue(v) }
	case *struct{}:
		f = func(e *encoder, _ struct{}) error { e.buf = append(e.buf, tagUndefined); return nil }
	default:
		return func(e *encoder, r R) error { return e.value(r) }
	}
	return f.(func(*encoder, R) error)
}

// wantsHandle is bit i if a parameter of type A takes a value as it is.
func wantsHandle[A any](i int) uint32 {
	if keepsHandle(reflect.TypeFor[A]()) {
		return 1 << min(i, 31)
	}
	return 0
}

func keepsHandle(t reflect.Type) bool { return t == valueType || t.Kind() == reflect.Func }

// newFunction fills in what all functions have.
func newFunction(fn any, params int, handles uint32, call func(*invocation) error) *function {
	return &function{name: funcName(reflect.ValueOf(fn)), params: params, length: params, handles: handles, fn: fn, call: call}
}

// funcName is the name of a Go function without its package: "" for closures.
func funcName(fn reflect.Value) string {
	f := runtime.FuncForPC(fn.Pointer())
	if f == nil {
		return ""
	}
	name := f.Name()
	name = strings.TrimSuffix(name[strings.LastIndexByte(name, '.')+1:], "-fm")
	if strings.HasPrefix(name, "func") && strings.Trim(name[4:], "0123456789") == "" {
		return ""
	}
	return name
}

// pure1 and pure2 are for the common signatures without a context.
func pure1[A, R any](f func(A) R) *function {
	readA, write := argOf[A](), resultOf[R]()
	return newFunction(f, 1, wantsHandle[A](0), func(c *invocation) error {
		a, err := arg(c, readA, 0)
		if err != nil {
			return err
		}
		return write(c.encoder, f(a))
	})
}

func pure2[A, B, R any](f func(A, B) R) *function {
	readA, readB, write := argOf[A](), argOf[B](), resultOf[R]()
	return newFunction(f, 2, wantsHandle[A](0)|wantsHandle[B](1), func(c *invocation) error {
		a, err := arg(c, readA, 0)
		if err != nil {
			return err
		}
		b, err := arg(c, readB, 1)
		if err != nil {
			return err
		}
		return write(c.encoder, f(a, b))
	})
}

// functionOf makes a function of a Go func value.
func functionOf(v reflect.Value) (*function, error) {
	switch f := v.Interface().(type) {
	case func(int) int:
		return pure1(f), nil
	case func(float64) float64:
		return pure1(f), nil
	case func(string) string:
		return pure1(f), nil
	case func(int, int) int:
		return pure2(f), nil
	case func(float64, float64) float64:
		return pure2(f), nil
	case func(string, string) string:
		return pure2(f), nil
	}
	return reflected(v)
}

// signature is what a func type takes and gives.
type signature struct {
	t        reflect.Type
	context  bool // first parameter
	params   int  // without the context
	variadic bool
	results  int  // without the error
	failing  bool // the last result is an error
}

func signatureOf(t reflect.Type) signature {
	s := signature{t: t, params: t.NumIn(), results: t.NumOut(), variadic: t.IsVariadic()}
	if s.params > 0 && t.In(0) == contextType {
		s.context = true
		s.params--
	}
	if s.results > 0 && t.Out(s.results-1) == errorType {
		s.failing = true
		s.results--
	}
	return s
}

var contextType = reflect.TypeFor[context.Context]()

func (s *signature) in(i int) reflect.Type {
	if s.context {
		i++
	}
	return s.t.In(i)
}

// reflected calls v by reflection.
func reflected(v reflect.Value) (*function, error) {
	s := signatureOf(v.Type())
	if s.params > 32 {
		return nil, fmt.Errorf("a %s has more than 32 parameters", v.Type())
	}
	f := newFunction(v.Interface(), s.params, 0, nil)
	for i := range s.params {
		t := s.in(i)
		if s.variadic && i == s.params-1 {
			t = t.Elem()
			f.params, f.length = anyParams, i
			if keepsHandle(t) {
				f.handles |= ^uint32(0) << i
			}
		} else if keepsHandle(t) {
			f.handles |= 1 << min(i, 31)
		}
	}
	f.call = func(c *invocation) error {
		args, err := s.read(c)
		if err != nil {
			return err
		}
		if !s.context {
			return s.write(c.encoder, v.Call(args), nil)
		}
		ctx := c.context()
		args[0] = reflect.ValueOf(ctx)
		return s.write(c.encoder, v.Call(args), ctx)
	}
	f.prepare = func(c *invocation) (func(context.Context) (any, error), error) {
		args, err := s.read(c)
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context) (any, error) {
			if s.context {
				args[0] = reflect.ValueOf(ctx)
			}
			return s.result(v.Call(args))
		}, nil
	}
	return f, nil
}

// read reads the arguments, leaving room for the context.
func (s *signature) read(c *invocation) ([]reflect.Value, error) {
	n := s.params
	if s.variadic {
		n = max(n-1, c.argc)
	}
	args := make([]reflect.Value, 0, n+1)
	if s.context {
		args = append(args, reflect.Value{})
	}
	for i := range n {
		var t reflect.Type
		if s.variadic && i >= s.params-1 {
			t = s.in(s.params - 1).Elem()
		} else {
			t = s.in(i)
		}
		v := reflect.New(t).Elem()
		if c.argc > 0 {
			if len(c.b) > 0 && c.b[0] == tagUndefined && t != valueType {
				c.b = c.b[1:]
			} else if err := c.decoder.reflect(v); err != nil {
				return nil, badArgument(err, i)
			}
			c.argc--
		}
		args = append(args, v)
	}
	return args, nil
}

// write writes what a function returned: nothing, a value, or several as an array.
func (s *signature) write(e *encoder, out []reflect.Value, ctx *callContext) error {
	var err error
	if s.failing {
		err, _ = out[s.results].Interface().(error)
	}
	if ctx != nil {
		err = ctx.end(err)
	}
	if err != nil {
		return err
	}
	switch s.results {
	case 0:
		e.buf = append(e.buf, tagUndefined)
		return nil
	case 1:
		return e.reflect(out[0])
	}
	e.buf = appendU32(append(e.buf, tagArray), s.results)
	for _, v := range out[:s.results] {
		if err := e.reflect(v); err != nil {
			return err
		}
	}
	return nil
}

// result is write for a value that is written later.
func (s *signature) result(out []reflect.Value) (any, error) {
	if s.failing {
		if err, _ := out[s.results].Interface().(error); err != nil {
			return nil, err
		}
	}
	switch s.results {
	case 0:
		return Value{}, nil
	case 1:
		return out[0].Interface(), nil
	}
	list := make([]any, s.results)
	for i := range list {
		list[i] = out[i].Interface()
	}
	return list, nil
}

// Async makes a Function of a Go function, or another Function, that gives
// JavaScript a promise and runs in a goroutine of its own. Its context ends with
// the sandbox: when that is closed or reset. An error rejects the promise.
//
// A call of the same sandbox from there waits until the loop of the call in
// progress is idle, so that a callback may be called; a promise must be waited
// for by JavaScript.
func Async(f any) Function {
	if inner, ok := f.(Function); ok {
		f = inner.f.fn
	}
	v := reflect.ValueOf(f)
	if v.Kind() != reflect.Func || v.IsNil() {
		panic(fmt.Sprintf("host.Async: %T is no function", f))
	}
	fn, err := reflected(v)
	if err != nil {
		panic("host.Async: " + err.Error())
	}
	fn.call = nil
	return Function{fn}
}

// asyncFunction is an asynchronous function without arguments.
func asyncFunction(name string, work func(context.Context) (any, error)) *function {
	return &function{name: name, prepare: func(*invocation) (func(context.Context) (any, error), error) { return work, nil }}
}
