package host

import (
	"bytes"
	"encoding"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"math/big"
	"reflect"
	"slices"
	"strconv"
	"time"
	"unsafe"
)

// encoder writes Go values for the guest. Without a bridge it knows no
// functions and handles.
type encoder struct {
	bridge *bridge
	buf    []byte
	made   []uint32 // entries of this message
	depth  int
	path   [maxValueDepth]unsafe.Pointer // what is being written, for cycles
}

// maxSafeInteger is the largest number up to which every integer has a float64.
const maxSafeInteger = 1<<53 - 1

func (e *encoder) int(n int64) error {
	switch {
	case n == int64(int32(n)):
		e.buf = appendInt(e.buf, int32(n))
	case -maxSafeInteger <= n && n <= maxSafeInteger:
		e.buf = appendFloat(e.buf, float64(n))
	default:
		e.buf = appendText(append(e.buf, tagBigInt), strconv.FormatInt(n, 16))
	}
	return nil
}

func (e *encoder) uint(n uint64) error {
	if n <= math.MaxInt64 {
		return e.int(int64(n))
	}
	e.buf = appendText(append(e.buf, tagBigInt), strconv.FormatUint(n, 16))
	return nil
}

func (e *encoder) float(f float64) error {
	e.buf = appendFloat(e.buf, f)
	return nil
}

func (e *encoder) bool(b bool) error {
	if b {
		e.buf = append(e.buf, tagTrue)
	} else {
		e.buf = append(e.buf, tagFalse)
	}
	return nil
}

func (e *encoder) string(s string) error {
	if len(s) > maxValueMessage {
		return ErrTooLarge
	}
	e.buf = appendString(e.buf, s)
	return nil
}

func (e *encoder) bytes(b []byte) error {
	if len(b) > maxValueMessage {
		return ErrTooLarge
	}
	e.buf = append(appendU32(append(e.buf, tagBytes), len(b)), b...)
	return nil
}

func (e *encoder) time(t time.Time) error {
	e.buf = binary.LittleEndian.AppendUint64(append(e.buf, tagDate), math.Float64bits(float64(t.UnixMilli())))
	return nil
}

func (e *encoder) bigInt(n *big.Int) error {
	if n == nil {
		e.buf = append(e.buf, tagNull)
		return nil
	}
	e.buf = appendText(append(e.buf, tagBigInt), n.Text(16))
	return nil
}

func (e *encoder) json(text []byte) error {
	if !json.Valid(text) {
		return fmt.Errorf("not JSON: %.40q", text)
	}
	e.buf = append(append(appendU32(append(e.buf, tagJSON), len(text)), text...), 0)
	return nil
}

// jsValue writes a Value.
func (e *encoder) jsValue(v Value) error {
	switch v.kind {
	case KindUndefined, KindNull:
		e.buf = append(e.buf, byte(v.kind))
	case KindBool:
		return e.bool(v.Bool())
	case KindNumber:
		return e.float(v.Float64())
	case KindString:
		return e.string(v.str)
	case KindBytes:
		return e.bytes([]byte(v.str))
	case KindBigInt:
		e.buf = appendText(append(e.buf, tagBigInt), v.str)
	case KindTime:
		e.buf = binary.LittleEndian.AppendUint64(append(e.buf, tagDate), v.num)
	default:
		id, err := v.ref.use(e.bridge)
		if err != nil {
			return err
		}
		e.buf = append(appendU32(append(e.buf, tagRef), int(id)), 0)
	}
	return nil
}

// call writes what opCall reads.
func (e *encoder) call(path string, args []any) error {
	e.buf = appendU32(appendText(e.buf, path), len(args))
	for _, a := range args {
		if err := e.value(a); err != nil {
			return err
		}
	}
	return nil
}

// value writes any Go value; the types without reflection come first.
func (e *encoder) value(v any) error {
	switch v := v.(type) {
	case nil:
		e.buf = append(e.buf, tagNull)
		return nil
	case int:
		return e.int(int64(v))
	case float64:
		return e.float(v)
	case string:
		return e.string(v)
	case bool:
		return e.bool(v)
	case int64:
		return e.int(v)
	case int32:
		return e.int(int64(v))
	case uint64:
		return e.uint(v)
	case uint32:
		return e.int(int64(v))
	case []byte:
		return e.bytes(v)
	case Value:
		return e.jsValue(v)
	case time.Time:
		return e.time(v)
	case *big.Int:
		return e.bigInt(v)
	case Function:
		return e.function(v.f)
	case json.RawMessage:
		return e.json(v)
	case []any:
		return e.list(v)
	case map[string]any:
		return e.object(v)
	case wireValue:
		e.buf = append(e.buf, v...)
		return nil
	}
	return e.reflect(reflect.ValueOf(v))
}

// enter counts a level of nesting, and finds what contains itself.
func (e *encoder) enter(p unsafe.Pointer) error {
	if p != nil && slices.Contains(e.path[:e.depth], p) {
		return ErrCycle
	}
	if e.depth == maxValueDepth {
		return ErrDepth
	}
	if len(e.buf) > maxValueMessage {
		return ErrTooLarge
	}
	e.path[e.depth] = p
	e.depth++
	return nil
}

func (e *encoder) leave() { e.depth-- }

func (e *encoder) list(list []any) error {
	if err := e.enter(unsafe.Pointer(unsafe.SliceData(list))); err != nil {
		return err
	}
	defer e.leave()
	e.buf = appendU32(append(e.buf, tagArray), len(list))
	for _, v := range list {
		if err := e.value(v); err != nil {
			return err
		}
	}
	return nil
}

func (e *encoder) object(m map[string]any) error {
	if err := e.enter(reflect.ValueOf(m).UnsafePointer()); err != nil {
		return err
	}
	defer e.leave()
	e.buf = appendU32(append(e.buf, tagObject), len(m))
	for _, k := range slices.Sorted(maps.Keys(m)) {
		e.buf = appendText(e.buf, k)
		if err := e.value(m[k]); err != nil {
			return err
		}
	}
	return nil
}

// special writes what a type says about itself; it reports whether it did.
func (e *encoder) special(v reflect.Value) (bool, error) {
	if !v.CanInterface() {
		return false, nil
	}
	switch x := v.Interface().(type) {
	case Value:
		return true, e.jsValue(x)
	case time.Time:
		return true, e.time(x)
	case *big.Int:
		return true, e.bigInt(x)
	case Function:
		return true, e.function(x.f)
	case json.RawMessage:
		return true, e.json(x)
	case error:
		return true, e.error(x)
	case io.Reader:
		w, _ := x.(io.Writer)
		return true, e.stream(x, w)
	case io.Writer:
		return true, e.stream(nil, x)
	case json.Marshaler:
		text, err := x.MarshalJSON()
		if err != nil {
			return true, err
		}
		return true, e.json(text)
	case encoding.TextMarshaler:
		text, err := x.MarshalText()
		if err != nil {
			return true, err
		}
		return true, e.string(string(text))
	}
	return false, nil
}

func isNil(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface, reflect.Func, reflect.Chan:
		return v.IsNil()
	}
	return false
}

func (e *encoder) reflect(v reflect.Value) error {
	if isNil(v) {
		e.buf = append(e.buf, tagNull)
		return nil
	}
	if t := typeOf(v.Type()); t.special {
		if done, err := e.special(v); done {
			return err
		}
	}
	switch v.Kind() {
	case reflect.Bool:
		return e.bool(v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return e.int(v.Int())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return e.uint(v.Uint())
	case reflect.Float32, reflect.Float64:
		return e.float(v.Float())
	case reflect.String:
		return e.string(v.String())
	case reflect.Interface:
		return e.value(v.Elem().Interface())
	case reflect.Pointer:
		if err := e.enter(v.UnsafePointer()); err != nil {
			return err
		}
		defer e.leave()
		return e.reflect(v.Elem())
	case reflect.Slice, reflect.Array:
		return e.sequence(v)
	case reflect.Map:
		return e.mapping(v)
	case reflect.Struct:
		return e.structure(v)
	case reflect.Func:
		if isSeq(v.Type()) {
			return e.seq(v)
		}
		f, err := functionOf(v)
		if err != nil {
			return err
		}
		return e.function(f)
	case reflect.Chan:
		return e.channel(v)
	}
	return fmt.Errorf("a %s has no form in JavaScript", v.Type())
}

func (e *encoder) sequence(v reflect.Value) error {
	var p unsafe.Pointer
	if v.Kind() == reflect.Slice {
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return e.bytes(v.Bytes())
		}
		p = v.UnsafePointer()
		if v.Len() == 0 {
			p = nil
		}
	}
	if err := e.enter(p); err != nil {
		return err
	}
	defer e.leave()
	e.buf = appendU32(append(e.buf, tagArray), v.Len())
	for i := range v.Len() {
		if err := e.reflect(v.Index(i)); err != nil {
			return err
		}
	}
	return nil
}

// structure writes a struct. A field's pointer is no way into a cycle that is
// not found otherwise: what points back is a pointer, slice or map.
func (e *encoder) structure(v reflect.Value) error {
	if v.Type() == bigIntType {
		n := v.Interface().(big.Int)
		return e.bigInt(&n)
	}
	if err := e.enter(nil); err != nil {
		return err
	}
	defer e.leave()
	t := typeOf(v.Type())
	if t.err != nil {
		return t.err
	}
	at, n := len(e.buf)+1, 0
	e.buf = appendU32(append(e.buf, tagObject), 0)
	for i := range t.fields {
		f := &t.fields[i]
		fv, ok := f.find(v)
		if !ok || f.omitEmpty && isEmpty(fv) || f.omitZero && fv.IsZero() {
			continue
		}
		n++
		e.buf = append(e.buf, f.wire...)
		if err := e.reflect(fv); err != nil {
			return err
		}
	}
	binary.LittleEndian.PutUint32(e.buf[at:], uint32(n))
	return nil
}

// isEmpty is encoding/json's idea of it.
func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Array, reflect.Map, reflect.Slice, reflect.String:
		return v.Len() == 0
	case reflect.Struct:
		return false
	}
	return v.IsZero()
}

// mapping writes a map: an object when its keys are text or integers, a Set when
// its values are struct{}, else a Map.
func (e *encoder) mapping(v reflect.Value) error {
	if err := e.enter(v.UnsafePointer()); err != nil {
		return err
	}
	defer e.leave()
	type entry struct {
		key   string
		value reflect.Value
	}
	set := v.Type().Elem() == reflect.TypeFor[struct{}]()
	if !set {
		var entries []entry
		text := true
		for it := v.MapRange(); text && it.Next(); {
			var key string
			if key, text = keyText(it.Key()); text {
				entries = append(entries, entry{key, it.Value()})
			}
		}
		if text {
			slices.SortFunc(entries, func(a, b entry) int { return bytes.Compare([]byte(a.key), []byte(b.key)) })
			e.buf = appendU32(append(e.buf, tagObject), len(entries))
			for _, en := range entries {
				e.buf = appendText(e.buf, en.key)
				if err := e.reflect(en.value); err != nil {
					return err
				}
			}
			return nil
		}
	}
	tag := byte(tagMap)
	if set {
		tag = tagSet
	}
	e.buf = appendU32(append(e.buf, tag), v.Len())
	for it := v.MapRange(); it.Next(); {
		if err := e.reflect(it.Key()); err != nil {
			return err
		}
		if set {
			continue
		}
		if err := e.reflect(it.Value()); err != nil {
			return err
		}
	}
	return nil
}

func keyText(k reflect.Value) (string, bool) {
	if m, ok := k.Interface().(encoding.TextMarshaler); ok && k.Kind() != reflect.String {
		text, err := m.MarshalText()
		return string(text), err == nil
	}
	switch {
	case k.Kind() == reflect.String:
		return k.String(), true
	case k.CanInt():
		return strconv.FormatInt(k.Int(), 10), true
	case k.CanUint():
		return strconv.FormatUint(k.Uint(), 10), true
	}
	return "", false
}
