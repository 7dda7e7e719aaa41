package host

import (
	"fmt"
	"math"
	"math/big"
	"time"
)

// DecodeError reports a JavaScript value that a Go type cannot hold.
type DecodeError struct {
	// Path leads to it: ".items[3].price"; "" is the value itself.
	Path string
	// Message says what was wrong: "cannot use a string as int".
	Message string
}

func (e *DecodeError) Error() string {
	if e.Path == "" {
		return e.Message
	}
	return e.Path + ": " + e.Message
}

// within adds where an error was found.
func within(err error, step string) error {
	if d, ok := err.(*DecodeError); ok {
		return &DecodeError{step + d.Path, d.Message}
	}
	return err
}

// decoder reads what the guest sent. Without a bridge there are no handles.
type decoder struct {
	wireReader
	bridge *bridge
	copies bool // values that stay in the sandbox are errors
}

var tagNames = [...]string{
	"undefined", "null", "boolean", "boolean", "number", "number", "string", "bytes", "Date", "bigint",
	"array", "object", "Map", "Set", "Error", "reference", "function", "iterator", "JSON",
}

// mismatch reports a value that t cannot hold, after reading past it.
func (d *decoder) mismatch(tag byte, t string) error {
	name := "value"
	if int(tag) < len(tagNames) {
		name = tagNames[tag]
	}
	if tag == tagRef && len(d.b) > 4 {
		name = refKind(d.b[4]).String()
	}
	if err := d.skip(tag); err != nil {
		return err
	}
	return &DecodeError{Message: fmt.Sprintf("cannot use %s as %s", article(name), t)}
}

func article(name string) string {
	switch name {
	case "undefined", "null", "bytes":
		return name
	case "array", "object", "Error":
		return "an " + name
	}
	return "a " + name
}

// refKind is the Kind of wasm/shim/value.h's wq_ref_kind.
func refKind(n byte) Kind {
	if k := KindObject + Kind(n); k <= KindSymbol {
		return k
	}
	return KindObject
}

// skip reads past a value and gives up the handles in it.
func (d *decoder) skip(tag byte) (err error) {
	switch tag {
	case tagUndefined, tagNull, tagFalse, tagTrue:
	case tagInt:
		_, err = d.u32()
	case tagFloat, tagDate:
		_, err = d.f64()
	case tagString, tagBytes, tagBigInt:
		_, err = d.text()
	case tagArray, tagSet, tagObject, tagMap:
		var n int
		if n, err = d.open(); err != nil {
			return err
		}
		for range n {
			if tag == tagObject {
				_, err = d.text()
			} else if tag == tagMap {
				err = d.skipNext()
			}
			if err == nil {
				err = d.skipNext()
			}
			if err != nil {
				return err
			}
		}
		d.close()
	case tagError:
		var v Value
		if v, err = d.errorValue(); err == nil {
			v.Release()
		}
	case tagRef:
		var v Value
		if v, err = d.reference(); err == nil {
			v.Release()
		}
	default:
		err = errWire
	}
	return err
}

func (d *decoder) skipNext() error {
	tag, err := d.u8()
	if err != nil {
		return err
	}
	return d.skip(tag)
}

func (d *decoder) reference() (Value, error) {
	id, err := d.u32()
	if err != nil {
		return Value{}, err
	}
	kind, err := d.u8()
	if err != nil || d.bridge == nil {
		return Value{}, errWire
	}
	v := Value{kind: refKind(kind), ref: d.bridge.newRef(id)}
	if d.copies {
		v.Release()
		return Value{}, &DecodeError{Message: article(v.kind.String()) + " cannot leave its sandbox"}
	}
	return v, nil
}

func (d *decoder) errorValue() (Value, error) {
	var text [4]string
	for i := range text {
		b, err := d.text()
		if err != nil {
			return Value{}, err
		}
		text[i] = string(b)
	}
	id, err := d.u32()
	if err != nil {
		return Value{}, err
	}
	cause, err := d.u32()
	if err != nil || d.bridge == nil {
		return Value{}, errWire
	}
	v := Value{kind: KindError, ref: d.bridge.newRef(id)}
	v.ref.err = &JSError{
		Name: text[0], Message: text[1], Stack: text[2], Code: text[3],
		cause: d.bridge.goError(cause), ref: v.ref,
	}
	return v, nil
}

// jsValue reads a Value.
func (d *decoder) jsValue() (v Value, err error) {
	tag, err := d.u8()
	if err != nil {
		return v, err
	}
	switch tag {
	case tagUndefined, tagNull:
		return Value{kind: Kind(tag)}, nil
	case tagFalse, tagTrue:
		return Value{kind: KindBool, num: uint64(tag - tagFalse)}, nil
	case tagInt, tagFloat:
		f, err := d.number(tag)
		return Value{kind: KindNumber, num: math.Float64bits(f)}, err
	case tagDate:
		f, err := d.f64()
		return Value{kind: KindTime, num: math.Float64bits(f)}, err
	case tagString, tagBytes:
		b, err := d.text()
		return Value{kind: KindString + Kind(tag-tagString)*(KindBytes-KindString), str: string(b)}, err
	case tagBigInt:
		n, err := d.bigInt()
		if err != nil {
			return v, err
		}
		return Value{kind: KindBigInt, str: n.Text(16)}, nil
	case tagError:
		return d.errorValue()
	case tagRef:
		return d.reference()
	}
	return v, d.mismatch(tag, "Value")
}

// bigInt reads the digits of a BigInt.
func (d *decoder) bigInt() (*big.Int, error) {
	b, err := d.text()
	if err != nil {
		return nil, err
	}
	n, ok := new(big.Int).SetString(string(b), 16)
	if !ok {
		return nil, errWire
	}
	return n, nil
}

// Typed readers, without reflection.

func (d *decoder) int64Of(t string) (int64, error) {
	tag, err := d.u8()
	if err != nil {
		return 0, err
	}
	switch tag {
	case tagInt:
		n, err := d.u32()
		return int64(int32(n)), err
	case tagFloat:
		f, err := d.f64()
		if err == nil && (f != math.Trunc(f) || f < -1<<63 || f >= 1<<63) {
			err = doesNotFit(f, t)
		}
		return int64(f), err
	case tagBigInt:
		n, err := d.bigInt()
		if err == nil && !n.IsInt64() {
			err = doesNotFit(n, t)
		}
		if err != nil {
			return 0, err
		}
		return n.Int64(), nil
	}
	return 0, d.mismatch(tag, t)
}

func doesNotFit(n any, t string) error {
	return &DecodeError{Message: fmt.Sprintf("%v does not fit into %s", n, t)}
}

func (d *decoder) uint64Of(t string) (uint64, error) {
	tag, err := d.u8()
	if err != nil {
		return 0, err
	}
	switch tag {
	case tagInt, tagFloat:
		f, err := d.number(tag)
		if err == nil && (f != math.Trunc(f) || f < 0 || f >= 1<<64) {
			err = doesNotFit(f, t)
		}
		return uint64(f), err
	case tagBigInt:
		n, err := d.bigInt()
		if err == nil && !n.IsUint64() {
			err = doesNotFit(n, t)
		}
		if err != nil {
			return 0, err
		}
		return n.Uint64(), nil
	}
	return 0, d.mismatch(tag, t)
}

func (d *decoder) floatOf() (float64, error) {
	tag, err := d.u8()
	if err != nil {
		return 0, err
	}
	switch tag {
	case tagInt, tagFloat:
		return d.number(tag)
	}
	return 0, d.mismatch(tag, "float64")
}

func (d *decoder) boolOf() (bool, error) {
	tag, err := d.u8()
	if err != nil {
		return false, err
	}
	if tag == tagTrue || tag == tagFalse {
		return tag == tagTrue, nil
	}
	return false, d.mismatch(tag, "bool")
}

func (d *decoder) textOf(want byte, t string) ([]byte, error) {
	tag, err := d.u8()
	if err != nil {
		return nil, err
	}
	if tag == want {
		return d.text()
	}
	return nil, d.mismatch(tag, t)
}

func (d *decoder) stringOf() (string, error) {
	b, err := d.textOf(tagString, "string")
	return string(b), err
}

func (d *decoder) bytesOf() ([]byte, error) {
	b, err := d.textOf(tagBytes, "[]byte")
	if err != nil {
		return nil, err
	}
	return append(make([]byte, 0, len(b)), b...), nil
}

func (d *decoder) timeOf() (time.Time, error) {
	tag, err := d.u8()
	if err != nil {
		return time.Time{}, err
	}
	if tag != tagDate {
		return time.Time{}, d.mismatch(tag, "time.Time")
	}
	ms, err := d.f64()
	t, ok := timeOf(ms)
	if err == nil && !ok {
		err = &DecodeError{Message: "cannot use an invalid Date as time.Time"}
	}
	return t, err
}

// anyOf reads what an any gets.
func (d *decoder) anyOf() (any, error) {
	if len(d.b) == 0 {
		return nil, errWire
	}
	switch tag := d.b[0]; tag {
	case tagUndefined, tagNull:
		d.b = d.b[1:]
		return nil, nil
	case tagFalse, tagTrue:
		return d.boolOf()
	case tagInt, tagFloat:
		return d.floatOf()
	case tagString:
		return d.stringOf()
	case tagBytes:
		return d.bytesOf()
	case tagDate:
		d.b = d.b[1:]
		ms, err := d.f64()
		t, _ := timeOf(ms)
		return t, err
	case tagBigInt:
		d.b = d.b[1:]
		return d.bigInt()
	case tagArray, tagSet:
		d.b = d.b[1:]
		return d.anyList()
	case tagObject:
		d.b = d.b[1:]
		return d.anyObject()
	case tagMap:
		d.b = d.b[1:]
		return d.anyMap()
	case tagError:
		v, err := d.jsValue()
		if err != nil {
			return nil, err
		}
		return v.Err(), nil
	}
	return d.jsValue()
}

// A slice or map is made for at most this many parts that were promised only.
const maxPromised = 1024

func (d *decoder) anyList() (any, error) {
	n, err := d.open()
	if err != nil {
		return nil, err
	}
	list := make([]any, 0, min(n, maxPromised))
	for i := range n {
		v, err := d.anyOf()
		if err != nil {
			return nil, within(err, fmt.Sprintf("[%d]", i))
		}
		list = append(list, v)
	}
	d.close()
	return list, nil
}

func (d *decoder) anyObject() (any, error) {
	n, err := d.open()
	if err != nil {
		return nil, err
	}
	m := make(map[string]any, min(n, maxPromised))
	for range n {
		key, err := d.text()
		if err != nil {
			return nil, err
		}
		name := string(key)
		if m[name], err = d.anyOf(); err != nil {
			return nil, within(err, "."+name)
		}
	}
	d.close()
	return m, nil
}

// anyMap is a map[string]any, or [][2]any when a key is no string.
func (d *decoder) anyMap() (any, error) {
	n, err := d.open()
	if err != nil {
		return nil, err
	}
	pairs := make([][2]any, 0, min(n, maxPromised))
	text := true
	for range n {
		var pair [2]any
		for i := range pair {
			if pair[i], err = d.anyOf(); err != nil {
				return nil, err
			}
		}
		_, ok := pair[0].(string)
		text = text && ok
		pairs = append(pairs, pair)
	}
	d.close()
	if !text {
		return pairs, nil
	}
	m := make(map[string]any, len(pairs))
	for _, p := range pairs {
		m[p[0].(string)] = p[1]
	}
	return m, nil
}
