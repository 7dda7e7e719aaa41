package host

import (
	"context"
	"fmt"
	"reflect"
)

// PluginExports is the interface that T, a struct of functions, declares, for
// PluginManifest.Exports: an export for each exported field, by the name in its
// `js` or `json` tag or else its own. The fields are funcs that take a context
// and return at most one value, and an error; a variadic one stands for any
// number of parameters. It panics when T is anything else: that is a mistake in
// the program.
//
//	type Rules struct {
//		Decide func(context.Context, Order) (Decision, error) `js:"decide"`
//	}
func PluginExports[T any]() []PluginExport {
	var exports []PluginExport
	for _, f := range bindings[T]() {
		e := PluginExport{Name: f.name, Params: f.params}
		if f.variadic {
			e.Params = AnyParams
		}
		exports = append(exports, e)
	}
	return exports
}

// BindPlugin gives a T whose functions call those of a plugin, its current
// version each time; see PluginExports for what T is. It panics as that does.
func BindPlugin[T any](p *Plugin) T {
	var t T
	v := reflect.ValueOf(&t).Elem()
	for _, f := range bindings[T]() {
		v.FieldByIndex(f.index).Set(f.makeFunc(func(ctx context.Context, args []any, out any) error {
			if out == nil {
				out = new(any)
			}
			return p.callInto(ctx, 0, f.name, args, out)
		}))
	}
	return t
}

// binding is a field of a struct of functions.
type binding struct {
	signature
	name  string
	index []int
}

func bindings[T any]() []binding {
	t := reflect.TypeFor[T]()
	if t.Kind() != reflect.Struct {
		panic(fmt.Sprintf("host: %s is no struct of functions", t))
	}
	var all []binding
	for _, f := range typeOf(t).fields {
		ft := t.FieldByIndex(f.index).Type
		b := binding{name: f.name, index: f.index}
		if ft.Kind() == reflect.Func {
			b.signature = signatureOf(ft)
		}
		if !b.callable() {
			panic(fmt.Sprintf("host: %s.%s is a %s, not a func(context.Context, …) (T, error)", t, f.name, ft))
		}
		all = append(all, b)
	}
	return all
}
