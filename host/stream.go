package host

import (
	"context"
	"errors"
	"io"
	"iter"
	"reflect"
	"sync"
)

// step is what an iterator's next gives.
type step struct {
	Value any  `js:"value"`
	Done  bool `js:"done"`
}

// source is a Go iterable behind an asynchronous iterator.
type source struct {
	next func(context.Context) (v any, ok bool, err error)
	stop func() error // may be nil

	mu   sync.Mutex
	last chan struct{} // closed when the step before is done
	over bool
}

// turn waits until the steps asked for before are done; release ends this one.
func (s *source) turn(ctx context.Context) (release func(), err error) {
	s.mu.Lock()
	before, mine := s.last, make(chan struct{})
	s.last = mine
	s.mu.Unlock()
	if before != nil {
		select {
		case <-before:
		case <-ctx.Done():
			go func() { <-before; close(mine) }()
			return nil, context.Cause(ctx)
		}
	}
	return func() { close(mine) }, nil
}

func (s *source) step(ctx context.Context) (any, error) {
	release, err := s.turn(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	if s.over {
		return step{Value: Value{}, Done: true}, nil
	}
	v, ok, err := s.next(ctx)
	if err == nil && ok {
		return step{Value: v}, nil
	}
	s.over = true
	return step{Value: Value{}, Done: true}, errors.Join(err, s.finish())
}

func (s *source) finish() error {
	stop := s.stop
	s.stop = nil
	if stop == nil {
		return nil
	}
	return stop()
}

// leave is the iterator's return: the loop over it ended early.
func (s *source) leave(ctx context.Context) (any, error) {
	release, err := s.turn(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	s.over = true
	return step{Value: Value{}, Done: true}, s.finish()
}

type method struct {
	name string
	f    *function
}

func (s *source) methods() []method {
	return []method{{"next", asyncFunction("next", s.step)}, {"return", asyncFunction("return", s.leave)}}
}

// iterator writes an object that is its own asynchronous iterator.
func (e *encoder) iterator(methods []method) error {
	e.buf = appendU32(append(e.buf, tagIter), len(methods))
	for _, m := range methods {
		e.buf = appendText(e.buf, m.name)
		if err := e.function(m.f); err != nil {
			return err
		}
	}
	return nil
}

// channel writes a channel: it ends when it is closed.
func (e *encoder) channel(v reflect.Value) error {
	if v.Type().ChanDir()&reflect.RecvDir == 0 {
		return errors.New("a channel that is only sent to has no form in JavaScript")
	}
	s := &source{next: func(ctx context.Context) (any, bool, error) {
		i, x, ok := reflect.Select([]reflect.SelectCase{
			{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(ctx.Done())},
			{Dir: reflect.SelectRecv, Chan: v},
		})
		if i == 0 {
			return nil, false, context.Cause(ctx)
		}
		if !ok {
			return nil, false, nil
		}
		return x.Interface(), true, nil
	}}
	return e.iterator(s.methods())
}

// isSeq reports whether a func type is an iter.Seq or iter.Seq2.
func isSeq(t reflect.Type) bool {
	if t.NumIn() != 1 || t.NumOut() != 0 || t.IsVariadic() {
		return false
	}
	yield := t.In(0)
	return yield.Kind() == reflect.Func && (yield.NumIn() == 1 || yield.NumIn() == 2) && !yield.IsVariadic() &&
		yield.NumOut() == 1 && yield.Out(0).Kind() == reflect.Bool
}

// seq writes an iter.Seq, or an iter.Seq2 as one of pairs. The second of a pair
// that is an error is thrown.
func (e *encoder) seq(v reflect.Value) error {
	type pair struct {
		v   any
		err error
	}
	yield := v.Type().In(0)
	failing := yield.NumIn() == 2 && yield.In(1) == errorType
	all := func(each func(pair) bool) {
		v.Call([]reflect.Value{reflect.MakeFunc(yield, func(in []reflect.Value) []reflect.Value {
			var p pair
			switch {
			case failing:
				p.v = in[0].Interface()
				p.err, _ = in[1].Interface().(error)
			case len(in) == 2:
				p.v = []any{in[0].Interface(), in[1].Interface()}
			default:
				p.v = in[0].Interface()
			}
			return []reflect.Value{reflect.ValueOf(each(p)).Convert(yield.Out(0))}
		})})
	}
	// Pulled from the first step on, so that one that is never used costs nothing.
	var next func() (pair, bool)
	var stop func()
	s := &source{}
	s.next = func(context.Context) (any, bool, error) {
		if next == nil {
			next, stop = iter.Pull(iter.Seq[pair](all))
		}
		p, ok := next()
		return p.v, ok, p.err
	}
	s.stop = func() error {
		if stop != nil {
			stop()
		}
		return nil
	}
	return e.iterator(s.methods())
}

// readSize is how many bytes a step of a reader gives at most.
const readSize = 64 << 10

// stream writes an io.Reader as an asynchronous iterator of Uint8Arrays, an
// io.Writer as an object with write and close, and what is both as both. They
// are closed if they can be: the reader at its end or when the loop over it ends,
// the writer by close, what is both by close.
func (e *encoder) stream(r io.Reader, w io.Writer) error {
	var closer func() error
	if c, ok := r.(io.Closer); ok {
		closer = c.Close
	} else if c, ok := w.(io.Closer); ok {
		closer = c.Close
	}
	var methods []method
	if r != nil {
		s := &source{next: func(context.Context) (any, bool, error) {
			buf := make([]byte, readSize)
			n, err := r.Read(buf)
			if n > 0 {
				return buf[:n], true, nil // an error comes again
			}
			if errors.Is(err, io.EOF) {
				err = nil
				return nil, false, nil
			}
			return buf[:0], err == nil, err
		}}
		if w == nil {
			s.stop = closer
		}
		methods = s.methods()
	}
	if w != nil {
		write := Async(func(b []byte) (int, error) { return w.Write(b) })
		shut := asyncFunction("close", func(context.Context) (any, error) {
			if closer == nil {
				return Value{}, nil
			}
			return Value{}, closer()
		})
		methods = append(methods, method{"write", write.f}, method{"close", shut})
	}
	if r != nil {
		return e.iterator(methods)
	}
	e.buf = appendU32(append(e.buf, tagObject), len(methods))
	for _, m := range methods {
		e.buf = appendText(e.buf, m.name)
		if err := e.function(m.f); err != nil {
			return err
		}
	}
	return nil
}
