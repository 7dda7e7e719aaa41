package host

import (
	"encoding"
	"fmt"
	"math"
	"math/big"
	"reflect"
	"strconv"
)

// into reads a value into what out points to.
func (d *decoder) into(out any) (err error) {
	switch p := out.(type) {
	case *int:
		var n int64
		n, err = d.int64Of("int")
		*p = int(n)
	case *int64:
		*p, err = d.int64Of("int64")
	case *float64:
		*p, err = d.floatOf()
	case *string:
		*p, err = d.stringOf()
	case *bool:
		*p, err = d.boolOf()
	case *[]byte:
		*p, err = d.bytesOf()
	case *Value:
		*p, err = d.jsValue()
	case *any:
		*p, err = d.anyOf()
	case *wireValue:
		*p, err = d.wireValue()
	default:
		v := reflect.ValueOf(out)
		if v.Kind() != reflect.Pointer || v.IsNil() {
			return fmt.Errorf("decode into %T, which is no pointer to anything", out)
		}
		return d.reflect(v.Elem())
	}
	return err
}

func (d *decoder) reflect(v reflect.Value) error {
	if len(d.b) == 0 {
		return errWire
	}
	t, tag := v.Type(), d.b[0]
	switch t {
	case valueType:
		x, err := d.jsValue()
		v.Set(reflect.ValueOf(x))
		return err
	case timeType:
		x, err := d.timeOf()
		v.Set(reflect.ValueOf(x))
		return err
	case bigIntType:
		return d.bigInto(v.Addr().Interface().(*big.Int))
	case errorType:
		return d.errorInto(v)
	}
	if tag <= tagNull {
		switch t.Kind() {
		case reflect.Pointer, reflect.Interface, reflect.Slice, reflect.Map, reflect.Func:
			d.b = d.b[1:]
			v.SetZero()
			return nil
		}
	}
	if tag == tagString && v.CanAddr() && typeOf(t).text {
		s, err := d.stringOf()
		if err != nil {
			return err
		}
		if err := v.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(s)); err != nil {
			return &DecodeError{Message: err.Error()}
		}
		return nil
	}
	switch t.Kind() {
	case reflect.Bool:
		b, err := d.boolOf()
		v.SetBool(b)
		return err
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		n, err := d.int64Of(t.String())
		if err == nil && v.OverflowInt(n) {
			return doesNotFit(n, t.String())
		}
		v.SetInt(n)
		return err
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		n, err := d.uint64Of(t.String())
		if err == nil && v.OverflowUint(n) {
			return doesNotFit(n, t.String())
		}
		v.SetUint(n)
		return err
	case reflect.Float32, reflect.Float64:
		f, err := d.floatOf()
		v.SetFloat(f)
		return err
	case reflect.String:
		s, err := d.stringOf()
		v.SetString(s)
		return err
	case reflect.Pointer:
		if v.IsNil() {
			v.Set(reflect.New(t.Elem()))
		}
		return d.reflect(v.Elem())
	case reflect.Interface:
		return d.interfaceInto(v)
	case reflect.Slice:
		return d.slice(v)
	case reflect.Array:
		return d.array(v)
	case reflect.Map:
		return d.mapping(v)
	case reflect.Struct:
		return d.structure(v)
	case reflect.Func:
		return d.function(v)
	}
	d.b = d.b[1:]
	return d.mismatch(tag, t.String())
}

func (d *decoder) interfaceInto(v reflect.Value) error {
	x, err := d.anyOf()
	if err != nil {
		return err
	}
	if x == nil {
		v.SetZero()
		return nil
	}
	if !reflect.TypeOf(x).AssignableTo(v.Type()) {
		return &DecodeError{Message: fmt.Sprintf("cannot use a %T as %s", x, v.Type())}
	}
	v.Set(reflect.ValueOf(x))
	return nil
}

func (d *decoder) bigInto(p *big.Int) error {
	tag, err := d.u8()
	if err != nil {
		return err
	}
	switch tag {
	case tagBigInt:
		n, err := d.bigInt()
		if err == nil {
			p.Set(n)
		}
		return err
	case tagInt, tagFloat:
		f, err := d.number(tag)
		if err == nil && (f != math.Trunc(f) || math.IsInf(f, 0)) {
			return doesNotFit(f, "big.Int")
		}
		if err == nil {
			big.NewFloat(f).Int(p)
		}
		return err
	}
	return d.mismatch(tag, "big.Int")
}

// errorInto reads an Error; what Go made is what it was.
func (d *decoder) errorInto(v reflect.Value) error {
	x, err := d.anyOf()
	if err != nil {
		return err
	}
	switch x := x.(type) {
	case nil:
		v.SetZero()
	case error:
		v.Set(reflect.ValueOf(x))
	default:
		return &DecodeError{Message: fmt.Sprintf("cannot use a %T as error", x)}
	}
	return nil
}

// elements starts to read a list.
func (d *decoder) elements(t reflect.Type) (int, error) {
	tag, err := d.u8()
	if err != nil {
		return 0, err
	}
	if tag != tagArray && tag != tagSet {
		return 0, d.mismatch(tag, t.String())
	}
	return d.open()
}

func (d *decoder) slice(v reflect.Value) error {
	t := v.Type()
	if t.Elem().Kind() == reflect.Uint8 && d.b[0] == tagBytes {
		b, err := d.bytesOf()
		v.SetBytes(b)
		return err
	}
	n, err := d.elements(t)
	if err != nil {
		return err
	}
	v.Set(reflect.MakeSlice(t, 0, min(n, maxPromised)))
	for i := range n {
		if i == v.Cap() {
			v.Grow(1)
		}
		v.SetLen(i + 1)
		if err := d.reflect(v.Index(i)); err != nil {
			return within(err, "["+strconv.Itoa(i)+"]")
		}
	}
	d.close()
	return nil
}

func (d *decoder) array(v reflect.Value) error {
	n, err := d.elements(v.Type())
	if err != nil {
		return err
	}
	v.SetZero()
	for i := range n {
		if i >= v.Len() {
			return &DecodeError{Message: fmt.Sprintf("%d elements do not fit into %s", n, v.Type())}
		}
		if err := d.reflect(v.Index(i)); err != nil {
			return within(err, "["+strconv.Itoa(i)+"]")
		}
	}
	d.close()
	return nil
}

func (d *decoder) structure(v reflect.Value) error {
	t := typeOf(v.Type())
	if t.err != nil {
		return t.err
	}
	tag, _ := d.u8()
	if tag != tagObject {
		return d.mismatch(tag, v.Type().String())
	}
	n, err := d.open()
	if err != nil {
		return err
	}
	for range n {
		key, err := d.text()
		if err != nil {
			return err
		}
		f := t.byName[string(key)]
		if f == nil {
			if err := d.skipNext(); err != nil {
				return err
			}
			continue
		}
		if len(d.b) > 0 && d.b[0] == tagUndefined {
			d.b = d.b[1:]
			continue
		}
		fv, err := f.settle(v)
		if err == nil {
			err = d.reflect(fv)
		}
		if err != nil {
			return within(err, "."+f.name)
		}
	}
	d.close()
	return nil
}

// mapping reads an object, a Map, or a Set into map[T]struct{} and map[T]bool.
func (d *decoder) mapping(v reflect.Value) error {
	t := v.Type()
	tag, _ := d.u8()
	elem := t.Elem()
	isSet := tag == tagSet && (elem.Kind() == reflect.Bool || elem.Kind() == reflect.Struct && elem.NumField() == 0)
	if tag != tagObject && tag != tagMap && !isSet {
		return d.mismatch(tag, t.String())
	}
	n, err := d.open()
	if err != nil {
		return err
	}
	m := reflect.MakeMapWithSize(t, min(n, maxPromised))
	for range n {
		k, e := reflect.New(t.Key()).Elem(), reflect.New(elem).Elem()
		if tag == tagObject {
			err = d.key(k)
		} else {
			err = d.reflect(k)
		}
		switch {
		case err != nil:
		case !k.Comparable():
			err = &DecodeError{Message: fmt.Sprintf("a key of %s cannot be compared", t)}
		case isSet:
			if elem.Kind() == reflect.Bool {
				e.SetBool(true)
			}
		default:
			if err = d.reflect(e); err != nil {
				err = within(err, fmt.Sprintf("[%v]", k))
			}
		}
		if err != nil {
			return err
		}
		m.SetMapIndex(k, e)
	}
	v.Set(m)
	d.close()
	return nil
}

// key reads the name of a property as a map's key.
func (d *decoder) key(k reflect.Value) error {
	b, err := d.text()
	if err != nil {
		return err
	}
	s := string(b)
	bad := &DecodeError{Message: fmt.Sprintf("cannot use the name %q as %s", s, k.Type())}
	switch {
	case typeOf(k.Type()).text:
		if err := k.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText(b); err != nil {
			return bad
		}
	case k.Kind() == reflect.String:
		k.SetString(s)
	case k.CanInt():
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil || k.OverflowInt(n) {
			return bad
		}
		k.SetInt(n)
	case k.CanUint():
		n, err := strconv.ParseUint(s, 10, 64)
		if err != nil || k.OverflowUint(n) {
			return bad
		}
		k.SetUint(n)
	case k.Kind() == reflect.Interface && reflect.TypeFor[string]().AssignableTo(k.Type()):
		k.Set(reflect.ValueOf(s))
	default:
		return bad
	}
	return nil
}
