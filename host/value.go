package host

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"runtime"
	"strconv"
	"sync/atomic"
	"time"
)

// Kind is what a Value is.
type Kind uint8

// The kinds of values. Those up to KindTime are copies; the others stay in
// their sandbox, where the Value refers to them.
const (
	KindUndefined Kind = iota
	KindNull
	KindBool
	KindNumber
	KindString
	KindBigInt
	KindBytes // ArrayBuffer, Uint8Array, DataView
	KindTime  // Date
	KindObject
	KindArray
	KindFunction
	KindPromise
	KindMap
	KindSet
	KindSymbol
	KindError
)

var kindNames = [...]string{
	"undefined", "null", "boolean", "number", "string", "bigint", "bytes", "Date",
	"object", "array", "function", "promise", "Map", "Set", "symbol", "Error",
}

func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("Kind(%d)", uint8(k))
}

// Value is a JavaScript value. Its zero value is undefined. What Go has a type
// for is a copy: booleans, numbers, strings, BigInts, bytes and Dates. All else
// is a handle on an object, which the sandbox keeps until Release, or until the
// garbage collector finds the Value unused; Limits.Handles bounds how many there
// are.
//
// Methods without a context may be called at any time, by any goroutine. Those
// with one run JavaScript or wait for their turn, as those of Sandbox do.
type Value struct {
	kind Kind
	num  uint64 // bool; bits of a number or of a Date's milliseconds
	str  string // text; bytes; a BigInt's hexadecimal digits
	ref  *ref   // of what stays in the sandbox
}

// ref is a handle on a guest's value.
type ref struct {
	bridge *bridge
	id     uint32
	epoch  uint64
	err    *JSError // of an Error
	gone   atomic.Bool

	cleanup runtime.Cleanup // gives up what nobody released
}

// newRef takes over a handle that the guest made.
func (b *bridge) newRef(id uint32) *ref {
	r := &ref{bridge: b, id: id, epoch: b.epoch}
	r.cleanup = runtime.AddCleanup(r, func(d droppedHandle) { d.bridge.drop(d.id, d.epoch) }, droppedHandle{b, id, r.epoch})
	return r
}

type droppedHandle struct {
	bridge *bridge
	id     uint32
	epoch  uint64
}

// use is the id of the handle for a sandbox.
func (r *ref) use(b *bridge) (uint32, error) {
	switch {
	case r.bridge != b:
		return 0, ErrForeign
	case r.gone.Load() || r.epoch != b.epoch:
		return 0, ErrReleased
	}
	return r.id, nil
}

// Release lets the sandbox free what the value refers to. Copies of the Value
// are released as well; more calls do nothing.
func (v Value) Release() {
	if v.ref != nil && !v.ref.gone.Swap(true) {
		v.ref.cleanup.Stop() // else it would give up the id again, whoever has it then
		v.ref.bridge.drop(v.ref.id, v.ref.epoch)
		runtime.KeepAlive(v.ref)
	}
}

// Kind is what the value is.
func (v Value) Kind() Kind { return v.kind }

// IsUndefined, IsNull and IsNullish tell about the values that are nothing.
func (v Value) IsUndefined() bool { return v.kind == KindUndefined }

// IsNull reports whether the value is null.
func (v Value) IsNull() bool { return v.kind == KindNull }

// IsNullish reports whether the value is undefined or null.
func (v Value) IsNullish() bool { return v.kind <= KindNull }

// Bool is the value of a boolean; false for other kinds.
func (v Value) Bool() bool { return v.kind == KindBool && v.num != 0 }

// Float64 is the value of a number; 0 for other kinds.
func (v Value) Float64() float64 {
	if v.kind != KindNumber {
		return 0
	}
	return math.Float64frombits(v.num)
}

// Int64 is the value of a number or BigInt without its fraction; 0 for other
// kinds and what does not fit.
func (v Value) Int64() int64 {
	if v.kind == KindBigInt {
		if n := v.BigInt(); n.IsInt64() {
			return n.Int64()
		}
		return 0
	}
	if f := v.Float64(); f >= -1<<63 && f < 1<<63 {
		return int64(f)
	}
	return 0
}

// BigInt is the value of a BigInt; nil for other kinds.
func (v Value) BigInt() *big.Int {
	if v.kind != KindBigInt {
		return nil
	}
	n, _ := new(big.Int).SetString(v.str, 16)
	return n
}

// Bytes is a copy of bytes; nil for other kinds.
func (v Value) Bytes() []byte {
	if v.kind != KindBytes {
		return nil
	}
	return []byte(v.str)
}

// Time is the value of a Date, in UTC; the zero time for other kinds and
// invalid Dates.
func (v Value) Time() time.Time {
	if v.kind != KindTime {
		return time.Time{}
	}
	t, _ := timeOf(math.Float64frombits(v.num))
	return t
}

// timeOf converts a Date's milliseconds.
func timeOf(ms float64) (time.Time, bool) {
	if !(math.Abs(ms) <= 8.64e15) { // ECMA-262, 21.4.1.1
		return time.Time{}, false
	}
	return time.UnixMilli(int64(ms)).UTC(), true
}

// Err is the error that an Error is, a *JSError or what Go made it of; nil for
// other kinds.
func (v Value) Err() error {
	if v.kind != KindError || v.ref == nil {
		return nil
	}
	return v.ref.err
}

// String is a string's text. Of other values it is one that helps people: for
// objects just the kind.
func (v Value) String() string {
	switch v.kind {
	case KindString:
		return v.str
	case KindBool:
		return strconv.FormatBool(v.Bool())
	case KindNumber:
		return strconv.FormatFloat(v.Float64(), 'g', -1, 64)
	case KindBigInt:
		return v.BigInt().String()
	case KindTime:
		return v.Time().Format(time.RFC3339Nano)
	case KindError:
		return v.Err().Error()
	case KindUndefined, KindNull:
		return v.kind.String()
	}
	return "[" + v.kind.String() + "]"
}

// MarshalJSON is JSON.stringify of the value; undefined and functions are null.
// It waits for its turn, as Value.JSON does with a context that never ends.
func (v Value) MarshalJSON() ([]byte, error) { return v.JSON(context.Background()) }

var _ json.Marshaler = Value{}

// object is the sandbox and handle of a value that stays in it.
func (v Value) object(op string) (*Sandbox, error) {
	if v.ref == nil {
		return nil, fmt.Errorf("%s of %s, which is no object", op, v.kind)
	}
	return v.ref.bridge.sandbox, nil
}

// Get is a property: key is a string, an int, or a Value that is a symbol.
func (v Value) Get(ctx context.Context, key any) (Value, error) {
	s, err := v.object("Get")
	if err != nil {
		return Value{}, err
	}
	return s.operate(ctx, opGet, v, message{write: func(e *encoder) error { return e.value(key) }})
}

// Index is element i of an array, or of anything with such a property.
func (v Value) Index(ctx context.Context, i int) (Value, error) { return v.Get(ctx, i) }

// Set sets a property; key is as for Get.
func (v Value) Set(ctx context.Context, key, value any) error {
	s, err := v.object("Set")
	if err != nil {
		return err
	}
	_, err = s.operate(ctx, opSet, v, message{write: func(e *encoder) error {
		if err := e.value(key); err != nil {
			return err
		}
		return e.value(value)
	}})
	return err
}

// Len is the length of a string in bytes, of bytes, of an array or another
// object with a length, or the size of a Map or Set.
func (v Value) Len(ctx context.Context) (int, error) {
	if v.kind == KindString || v.kind == KindBytes {
		return len(v.str), nil
	}
	s, err := v.object("Len")
	if err != nil {
		return 0, err
	}
	n, err := s.operate(ctx, opLength, v, message{})
	return int(n.Int64()), err
}

// Keys are the names of the enumerable properties of the object itself.
func (v Value) Keys(ctx context.Context) ([]string, error) {
	s, err := v.object("Keys")
	if err != nil {
		return nil, err
	}
	var keys []string
	err = s.operateInto(ctx, opKeys|opDeep, v, message{}, &keys)
	return keys, err
}

// Call calls a function with this undefined, and waits for its promise if it
// returns one.
func (v Value) Call(ctx context.Context, args ...any) (Value, error) {
	return v.Invoke(ctx, "", args...)
}

// Invoke calls the method of an object. A method's name may be a path:
// "view.render".
func (v Value) Invoke(ctx context.Context, method string, args ...any) (Value, error) {
	s, err := v.object("Call")
	if err != nil {
		return Value{}, err
	}
	return s.operate(ctx, opCall|opPath|opAwait, v, message{call: true, path: method, args: args})
}

// New calls a class or constructor with new.
func (v Value) New(ctx context.Context, args ...any) (Value, error) {
	s, err := v.object("New")
	if err != nil {
		return Value{}, err
	}
	return s.operate(ctx, opNew|opPath, v, message{call: true, args: args})
}

// Await waits for a promise, handling events; other values are their own result.
func (v Value) Await(ctx context.Context) (Value, error) {
	if v.kind != KindPromise {
		return v, nil
	}
	return v.ref.bridge.sandbox.operate(ctx, opRead|opAwait, v, message{})
}

// JSON is JSON.stringify of the value; undefined and functions are null.
func (v Value) JSON(ctx context.Context) ([]byte, error) {
	switch v.kind {
	case KindUndefined, KindNull, KindFunction, KindSymbol:
		return []byte("null"), nil
	case KindBool:
		return strconv.AppendBool(nil, v.Bool()), nil
	case KindString:
		return json.Marshal(v.str)
	case KindNumber:
		if f := v.Float64(); !math.IsInf(f, 0) && !math.IsNaN(f) {
			return json.Marshal(f)
		}
		return []byte("null"), nil
	case KindTime:
		return json.Marshal(v.Time().Format("2006-01-02T15:04:05.000Z"))
	case KindBytes:
		return json.Marshal(v.Bytes())
	case KindBigInt:
		return []byte(v.BigInt().String()), nil
	}
	s, err := v.object("JSON")
	if err != nil {
		return nil, err
	}
	text, err := s.operate(ctx, opJSON, v, message{})
	if err != nil || text.kind != KindString {
		return []byte("null"), err
	}
	return []byte(text.str), nil
}

// Decode copies the value into *out, as As does. It waits for a promise.
func (v Value) Decode(ctx context.Context, out any) error {
	if v.ref != nil {
		return v.ref.bridge.sandbox.operateInto(ctx, opRead|opDeep|opAwait, v, message{}, out)
	}
	var e encoder
	if err := e.value(v); err != nil {
		return err
	}
	d := decoder{wireReader: wireReader{b: e.buf}}
	return d.into(out)
}

// As converts a value to a Go type:
//
//   - bool, numbers (a number must fit), string, []byte, time.Time, *big.Int;
//   - structs by the names in `js` tags, else `json` tags, else the fields' own;
//     what has no field is left out;
//   - slices and arrays, of arrays, typed arrays and Sets; maps, of objects and Maps;
//   - pointers, which null and undefined make nil; error, of Errors;
//   - Value and any. In an any numbers are float64, objects map[string]any (Maps
//     too when their keys are strings, else [][2]any), arrays []any;
//   - functions: func(context.Context, …) (T, error) with types of this list;
//   - encoding.TextUnmarshaler, of strings.
//
// It waits for a promise.
func As[T any](ctx context.Context, v Value) (T, error) {
	var out T
	err := v.Decode(ctx, &out)
	return out, err
}
