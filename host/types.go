package host

import (
	"encoding"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"
)

// goType is what the codec knows of a Go type.
type goType struct {
	special bool // encoder.special may write it
	text    bool // a pointer to it is a TextUnmarshaler
	fields  []goField
	byName  map[string]*goField
	err     error // why its fields cannot be told apart
}

// goField is a field of a struct that JavaScript sees.
type goField struct {
	name      string
	wire      []byte // the name as it is sent
	index     []int
	omitEmpty bool
	omitZero  bool
}

var goTypes sync.Map // reflect.Type to *goType

var (
	errorType   = reflect.TypeFor[error]()
	valueType   = reflect.TypeFor[Value]()
	timeType    = reflect.TypeFor[time.Time]()
	bigIntType  = reflect.TypeFor[big.Int]()
	rawType     = reflect.TypeFor[json.RawMessage]()
	unmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()

	specials = []reflect.Type{
		errorType, reflect.TypeFor[io.Reader](), reflect.TypeFor[io.Writer](),
		reflect.TypeFor[json.Marshaler](), reflect.TypeFor[encoding.TextMarshaler](),
	}
)

func typeOf(t reflect.Type) *goType {
	if known, ok := goTypes.Load(t); ok {
		return known.(*goType)
	}
	g := &goType{text: reflect.PointerTo(t).Implements(unmarshaler)}
	g.special = t == valueType || t == reflect.TypeFor[Function]() || t == timeType ||
		slices.ContainsFunc(specials, t.Implements)
	if t.Kind() == reflect.Struct && t != timeType && t != bigIntType {
		g.addFields(t)
	}
	known, _ := goTypes.LoadOrStore(t, g)
	return known.(*goType)
}

// addFields finds the fields of a struct, with those of embedded structs, as
// encoding/json does; an outer field hides those of its name further in.
func (g *goType) addFields(t reflect.Type) {
	depth := map[string]int{}
	hidden := map[string]bool{} // embedded structs that a tag names or leaves out
	for _, f := range reflect.VisibleFields(t) {
		path := fmt.Sprint(f.Index)
		if parent := fmt.Sprint(f.Index[:len(f.Index)-1]); len(f.Index) > 1 && hidden[parent] {
			hidden[path] = true
			continue
		}
		tag, tagged := f.Tag.Lookup("js")
		if !tagged {
			tag, tagged = f.Tag.Lookup("json")
		}
		name, opts, _ := strings.Cut(tag, ",")
		if tag == "-" || f.Anonymous && name != "" {
			hidden[path] = true
		}
		ft := f.Type
		if ft.Kind() == reflect.Pointer {
			ft = ft.Elem()
		}
		if tag == "-" || f.Anonymous && name == "" && ft.Kind() == reflect.Struct || !f.IsExported() {
			continue
		}
		if name == "" {
			name = f.Name
		}
		if at, ok := depth[name]; ok {
			if at == len(f.Index) && g.err == nil {
				g.err = fmt.Errorf("%s has two fields for %q", t, name)
			}
			if at <= len(f.Index) {
				continue
			}
			g.fields = slices.DeleteFunc(g.fields, func(o goField) bool { return o.name == name })
		}
		depth[name] = len(f.Index)
		options := strings.Split(opts, ",")
		g.fields = append(g.fields, goField{
			name: name, wire: appendText(nil, name), index: f.Index,
			omitEmpty: slices.Contains(options, "omitempty"), omitZero: slices.Contains(options, "omitzero"),
		})
	}
	g.byName = make(map[string]*goField, len(g.fields))
	for i := range g.fields {
		g.byName[g.fields[i].name] = &g.fields[i]
	}
}

// find is the field of a struct; false when it is in an embedded struct that a
// nil pointer stands for.
func (f *goField) find(v reflect.Value) (reflect.Value, bool) {
	if len(f.index) == 1 {
		return v.Field(f.index[0]), true
	}
	v, err := v.FieldByIndexErr(f.index)
	return v, err == nil
}

// settle is find, making embedded structs that are not there.
func (f *goField) settle(v reflect.Value) (reflect.Value, error) {
	for _, i := range f.index[:len(f.index)-1] {
		v = v.Field(i)
		if v.Kind() == reflect.Pointer {
			if v.IsNil() {
				if !v.CanSet() {
					return v, fmt.Errorf("the embedded %s is nil and not exported", v.Type())
				}
				v.Set(reflect.New(v.Type().Elem()))
			}
			v = v.Elem()
		}
	}
	return v.Field(f.index[len(f.index)-1]), nil
}
