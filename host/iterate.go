package host

import (
	"context"
	"fmt"
	"iter"
	"math"
)

// Iter iterates over what for await does: what an array, Map, Set, generator,
// stream or any other object with Symbol.asyncIterator or Symbol.iterator gives.
// Promises are waited for, handling events. An error, of the iterator or the
// context, is the last pair. Leaving the loop early calls the iterator's return,
// whose errors are lost. Each range over the Seq2 asks the object for a new
// iterator; each Value is the loop's to Release.
//
//	for v, err := range list.Iter(ctx) {
func (v Value) Iter(ctx context.Context) iter.Seq2[Value, error] {
	return func(yield func(Value, error) bool) {
		it, err := v.iterator(ctx)
		if err != nil {
			yield(Value{}, err)
			return
		}
		defer it.Release()
		ended := false
		defer func() {
			if !ended {
				it.leave(ctx)
			}
		}()
		for {
			x, done, err := it.next(ctx)
			if err != nil || done {
				ended = true
			}
			if err != nil {
				yield(Value{}, err)
			}
			if ended || !yield(x, nil) {
				return
			}
		}
	}
}

// iterator is an object of JavaScript's with next and perhaps return.
type iterator struct{ Value }

func (v Value) iterator(ctx context.Context) (iterator, error) {
	s, err := v.object("Iter")
	if err != nil {
		return iterator{}, err
	}
	it, err := s.operate(ctx, opIterate, v, message{})
	if err == nil && it.ref == nil {
		err = fmt.Errorf("the iterator is %s, which is no object", it.kind)
	}
	return iterator{it}, err
}

func (it iterator) next(ctx context.Context) (v Value, done bool, err error) {
	r, err := it.Invoke(ctx, "next")
	if err != nil {
		return Value{}, false, err
	}
	defer r.Release()
	if r.ref == nil {
		return Value{}, false, fmt.Errorf("the iterator gave %s, which is no object", r.kind)
	}
	over, err := r.Get(ctx, "done")
	if err != nil {
		return Value{}, false, err
	}
	defer over.Release()
	if over.truthy() {
		return Value{}, true, nil
	}
	v, err = r.Get(ctx, "value")
	if err != nil || v.kind != KindPromise {
		return v, false, err
	}
	defer v.Release()
	settled, err := v.Await(ctx)
	return settled, false, err
}

// leave calls return, if there is one.
func (it iterator) leave(ctx context.Context) {
	f, err := it.Get(ctx, "return")
	f.Release()
	if err == nil && f.kind == KindFunction {
		r, _ := it.Invoke(ctx, "return")
		r.Release()
	}
}

// truthy is ECMA-262's ToBoolean.
func (v Value) truthy() bool {
	switch v.kind {
	case KindUndefined, KindNull:
		return false
	case KindBool:
		return v.Bool()
	case KindNumber:
		return v.Float64() != 0 && !math.IsNaN(v.Float64())
	case KindString:
		return v.str != ""
	case KindBigInt:
		return v.BigInt().Sign() != 0
	}
	return true
}
