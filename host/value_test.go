package host

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"net/netip"
	"reflect"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"
)

// eval is the value of a script.
func eval(t testing.TB, s *Sandbox, source string) Value {
	t.Helper()
	v, err := s.EvalValue(t.Context(), "test.js", source)
	if err != nil {
		t.Fatalf("%s: %v", source, err)
	}
	return v
}

// evalAs is the value of a script as a T.
func evalAs[T any](t testing.TB, s *Sandbox, source string) T {
	t.Helper()
	v, err := As[T](t.Context(), eval(t, s, source))
	if err != nil {
		t.Fatalf("%s: %v", source, err)
	}
	return v
}

func TestValueKinds(t *testing.T) {
	s, _ := sandbox(t, SandboxConfig{})
	for _, c := range []struct {
		source string
		kind   Kind
		text   string
	}{
		{"undefined", KindUndefined, "undefined"},
		{"null", KindNull, "null"},
		{"true", KindBool, "true"},
		{"-0.5", KindNumber, "-0.5"},
		{"'smile \u263a \U0001f600'", KindString, "smile \u263a \U0001f600"},
		{"'\\ud800x'", KindString, "\ufffdx"},
		{"123456789012345678901234567890n", KindBigInt, "123456789012345678901234567890"},
		{"-5n", KindBigInt, "-5"},
		{"new Uint8Array([1, 2, 3]).subarray(1)", KindBytes, "[bytes]"},
		{"new ArrayBuffer(3)", KindBytes, "[bytes]"},
		{"new Date(1e12)", KindTime, "2001-09-09T01:46:40Z"},
		{"({})", KindObject, "[object]"},
		{"new Float64Array(2)", KindObject, "[object]"},
		{"[1]", KindArray, "[array]"},
		{"() => 1", KindFunction, "[function]"},
		{"new Map", KindMap, "[Map]"},
		{"new Set", KindSet, "[Set]"},
		{"Symbol('a')", KindSymbol, "[symbol]"},
		{"new RangeError('far')", KindError, "RangeError: far"},
		{"Promise.resolve(7)", KindNumber, "7"},
	} {
		if v := eval(t, s, c.source); v.Kind() != c.kind || v.String() != c.text {
			t.Errorf("%s is a %v %q, want a %v %q", c.source, v.Kind(), v, c.kind, c.text)
		}
	}
}

func TestValueAccessors(t *testing.T) {
	s, _ := sandbox(t, SandboxConfig{})
	ctx := t.Context()
	if v := eval(t, s, "2 ** 40 + 0.5"); v.Int64() != 1<<40 || v.Float64() != 1<<40+0.5 || v.Bool() || v.Bytes() != nil {
		t.Error(v, v.Int64())
	}
	if v := eval(t, s, "Infinity"); v.Int64() != 0 || !math.IsInf(v.Float64(), 1) {
		t.Error(v)
	}
	if v := eval(t, s, "-(2n ** 63n)"); v.Int64() != math.MinInt64 || v.BigInt().Cmp(big.NewInt(math.MinInt64)) != 0 {
		t.Error(v)
	}
	if v := eval(t, s, "2n ** 63n"); v.Int64() != 0 {
		t.Error(v.Int64())
	}
	if v := eval(t, s, "new Date(NaN)"); !v.Time().IsZero() {
		t.Error(v.Time())
	}
	v := eval(t, s, "var o = { a: [10, 20], f(x) { return this.a[0] + x }, get g() { throw new Error('getter') } }; o")
	defer v.Release()
	keys, err := v.Keys(ctx)
	if err != nil || strings.Join(keys, " ") != "a f g" {
		t.Error(keys, err)
	}
	a, err := v.Get(ctx, "a")
	if err != nil {
		t.Fatal(err)
	}
	if n, err := a.Len(ctx); n != 2 || err != nil {
		t.Error(n, err)
	}
	if x, err := a.Index(ctx, 1); x.Int64() != 20 || err != nil {
		t.Error(x, err)
	}
	if err := a.Set(ctx, 0, 5); err != nil {
		t.Error(err)
	}
	if x, err := v.Invoke(ctx, "f", 2); x.Int64() != 7 || err != nil {
		t.Error(x, err)
	}
	if _, err := v.Get(ctx, "g"); jsError(t, err).Message != "getter" {
		t.Error(err)
	}
	if _, err := v.Invoke(ctx, "a"); jsError(t, err).Name != "TypeError" {
		t.Error(err)
	}
	if x, err := eval(t, s, "(class { constructor(x) { this.x = x } })").New(ctx, 3); err != nil {
		t.Error(err)
	} else if x, err := x.Get(ctx, "x"); x.Int64() != 3 || err != nil {
		t.Error(x, err)
	}
	if _, err := eval(t, s, "1").Get(ctx, "a"); err == nil {
		t.Error("a number has a property")
	}
}

// TestRoundTrip sends Go values and gets the same back, and what JavaScript saw.
func TestRoundTrip(t *testing.T) {
	s, _ := sandbox(t, SandboxConfig{})
	ctx := t.Context()
	if err := s.Eval(ctx, "a.js", `function id(x) { return x }
		function show(x) { return Object.prototype.toString.call(x) + JSON.stringify(x, (k, v) =>
			typeof v === 'bigint' ? v + 'n' : v instanceof Map || v instanceof Set ? [...v] : v) }`); err != nil {
		t.Fatal(err)
	}
	type inner struct {
		B string `json:"b"`
		C *int   `js:"c,omitempty"`
	}
	type outer struct {
		inner
		A     int `js:"a" json:"not"`
		Plain bool
		Skip  int `js:"-"`
		L     []inner
		M     map[int]float64
		When  time.Time
		Any   any
		IP    netip.Addr
	}
	seven := 7
	huge, _ := new(big.Int).SetString("-ffffffffffffffffffffffff", 16)
	type empty = struct{}
	for _, c := range []struct {
		in   any
		show string
	}{
		{true, "[object Boolean]true"},
		{int8(-3), "[object Number]-3"},
		{uint32(math.MaxUint32), "[object Number]4294967295"},
		{int64(1) << 53, `[object BigInt]"9007199254740992n"`},
		{uint64(math.MaxUint64), `[object BigInt]"18446744073709551615n"`},
		{1.5, "[object Number]1.5"},
		{"a\x00\u00e9\u263a\U0001f600", `[object String]"a\u0000` + "\u00e9\u263a\U0001f600\""},
		{strings.Repeat("long", 100_000), ""},
		{[]byte{0, 255}, `[object Uint8Array]{"0":0,"1":255}`},
		{time.UnixMilli(1234567890123).UTC(), `[object Date]"2009-02-13T23:31:30.123Z"`},
		{huge, fmt.Sprintf(`[object BigInt]"%vn"`, huge)},
		{[]int{1, 2}, "[object Array][1,2]"},
		{[2]string{"a", "b"}, `[object Array]["a","b"]`},
		{map[string][]int{"b": {1}, "a": {}}, `[object Object]{"a":[],"b":[1]}`},
		{map[int]bool{1: true}, `[object Object]{"1":true}`},
		{map[float64]string{1.5: "x"}, `[object Map][[1.5,"x"]]`},
		{map[string]empty{"x": {}}, `[object Set]["x"]`},
		{outer{
			inner: inner{B: "b"}, A: 1, L: []inner{{"x", &seven}}, M: map[int]float64{-1: 2},
			When: time.UnixMilli(0).UTC(), Any: []any{"s", 1.5, nil, map[string]any{}}, IP: netip.MustParseAddr("::1"),
		}, `[object Object]{"b":"b","a":1,"Plain":false,"L":[{"b":"x","c":7}],"M":{"-1":2},` +
			`"When":"1970-01-01T00:00:00.000Z","Any":["s",1.5,null,{}],"IP":"::1"}`},
	} {
		if c.show != "" {
			if v, err := s.Call(ctx, "show", c.in); err != nil || v.String() != c.show {
				t.Errorf("%T: JavaScript sees %v, want %s (%v)", c.in, v, c.show, err)
			}
		}
		out := reflect.New(reflect.TypeOf(c.in))
		if err := s.callInto(ctx, opDeep, "id", []any{c.in}, out.Interface()); err != nil {
			t.Errorf("%T: %v", c.in, err)
		} else if got := out.Elem().Interface(); !reflect.DeepEqual(got, c.in) {
			t.Errorf("sent %#v, got %#v", c.in, got)
		}
	}
	if v, err := s.Call(ctx, "show", json.RawMessage(`{"a":[1,{"b":null}]}`)); v.String() != `[object Object]{"a":[1,{"b":null}]}` {
		t.Error(v, err)
	}
	for _, nothing := range []any{nil, (*int)(nil), (func())(nil), error(nil)} {
		if v, err := s.Call(ctx, "id", nothing); !v.IsNull() || err != nil {
			t.Errorf("%T: %v, %v", nothing, v, err)
		}
	}
	if v, err := s.Call(ctx, "show", []int(nil)); v.String() != "[object Array][]" {
		t.Error(v, err)
	}
	for _, bad := range []any{make(chan<- int), 1i, json.RawMessage("{")} {
		if _, err := s.Call(ctx, "id", bad); err == nil {
			t.Errorf("%T was sent", bad)
		}
	}
}

// TestProto: a name that is special in JavaScript is one like all others.
func TestProto(t *testing.T) {
	s, _ := sandbox(t, SandboxConfig{})
	if err := s.Set(t.Context(), "o", map[string]any{"__proto__": map[string]any{"evil": true}, "constructor": 1}); err != nil {
		t.Fatal(err)
	}
	if v := eval(t, s, "o.evil === undefined && Object.keys(o).join()"); v.String() != "__proto__,constructor" {
		t.Error(v)
	}
}

func TestDecode(t *testing.T) {
	s, _ := sandbox(t, SandboxConfig{})
	type item struct{ Price float64 }
	type order struct {
		Items []item
		Note  *string
		At    time.Time
	}
	if o := evalAs[order](t, s, "({ Items: [{ Price: 1, x: () => 1 }, { Price: 2.5 }], Note: 'n', At: new Date(5), more: {} })"); len(o.Items) != 2 || o.Items[1].Price != 2.5 || *o.Note != "n" || o.At.UnixMilli() != 5 {
		t.Errorf("%+v", o)
	}
	if m := evalAs[map[string]bool](t, s, "new Set(['a', 'b'])"); !m["a"] || !m["b"] || len(m) != 2 {
		t.Error(m)
	}
	if l := evalAs[[]float32](t, s, "new Float32Array([1, 0.5])"); len(l) != 2 || l[1] != 0.5 {
		t.Error(l)
	}
	want := map[string]any{
		"n": 1.0, "s": "x", "l": []any{true, nil}, "m": map[string]any{"k": 1.0}, "p": [][2]any{{1.0, "x"}},
		"b": []byte{1}, "g": big.NewInt(5), "d": time.UnixMilli(0).UTC(),
	}
	if a := evalAs[any](t, s, "({ n: 1, s: 'x', l: [true, undefined], m: new Map([['k', 1]]), p: new Map([[1, 'x']]), b: new Uint8Array([1]), g: 5n, d: new Date(0) })"); !reflect.DeepEqual(a, want) {
		t.Errorf("%#v", a)
	}
	if a := evalAs[any](t, s, "2"); a != 2.0 {
		t.Error(a)
	}
	for _, c := range []struct {
		out    any
		source string
		want   string
	}{
		{new(int), "1.5", "1.5 does not fit into int"},
		{new(int8), "128", "128 does not fit into int8"},
		{new(uint), "-1", "-1 does not fit into uint"},
		{new(int64), "2n ** 64n", "18446744073709551616 does not fit into int64"},
		{new(string), "1", "cannot use a number as string"},
		{new(string), "({ toString() { return 'x' } })", "cannot use an object as string"},
		{new(bool), "null", "cannot use null as bool"},
		{new(order), "({ Items: [{ Price: 1 }, { Price: 'x' }] })", ".Items[1].Price: cannot use a string as float64"},
		{new(map[string]int), "({ a: new Date })", "[a]: cannot use a Date as int"},
		{new(map[int]int), "({ a: 1 })", `cannot use the name "a" as int`},
		{new([1]int), "[1, 2]", "2 elements do not fit into [1]int"},
		{new(time.Time), "new Date(NaN)", "cannot use an invalid Date as time.Time"},
		{new([]int), "() => 1", "cannot use a function as []int"},
		{new(netip.Addr), "'x'", `ParseAddr("x"): unable to parse IP`},
	} {
		err := eval(t, s, c.source).Decode(t.Context(), c.out)
		var d *DecodeError
		if !errors.As(err, &d) || err.Error() != c.want {
			t.Errorf("%s as %T: %v, want %s", c.source, c.out, err, c.want)
		}
	}
	if err := eval(t, s, "1").Decode(t.Context(), 5); err == nil {
		t.Error("decoded into an int")
	}
}

// TestLimitsOfValues: what cannot cross says why, in both directions.
func TestLimitsOfValues(t *testing.T) {
	s, out := sandbox(t, SandboxConfig{Limits: Limits{CPUTime: time.Minute}})
	ctx := t.Context()
	for source, want := range map[string]error{
		"const o = {}; o.o = [o]; o":                              ErrCycle,
		"const m = new Map; m.set(1, m); m":                       ErrCycle,
		"let d = 1; for (let i = 0; i < 200; i++) d = [d]; d":     ErrDepth,
		"new Array(2 ** 32 - 1)":                                  ErrTooLarge,
		"let a = [1]; for (let i = 0; i < 40; i++) a = [a, a]; a": ErrTooLarge,
		"const b = new Uint8Array(2 ** 23); new Array(9).fill(b)": ErrTooLarge,
		"({ b: new ArrayBuffer(2 ** 26) })":                       ErrTooLarge,
	} {
		v := eval(t, s, "{ "+source+" }")
		if _, err := As[any](ctx, v); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", source, err, want)
		}
		v.Release()
	}
	type node struct{ Next *node }
	loop := &node{}
	loop.Next = loop
	list := []any{nil}
	list[0] = list
	m := map[string]any{}
	m["m"] = m
	for _, v := range []any{loop, list, m, node{loop}} {
		if err := s.Set(ctx, "x", v); !errors.Is(err, ErrCycle) {
			t.Errorf("%T: %v", v, err)
		}
	}
	var deep any = 1
	for range 200 {
		deep = []any{deep}
	}
	if err := s.Set(ctx, "x", deep); !errors.Is(err, ErrDepth) {
		t.Error(err)
	}
	if err := s.Set(ctx, "x", make([]byte, maxValueMessage+1)); !errors.Is(err, ErrTooLarge) {
		t.Error(err)
	}
	works(t, s, out)
}

func TestHandles(t *testing.T) {
	s, out := sandbox(t, SandboxConfig{Limits: Limits{Handles: 50}})
	ctx := t.Context()
	if err := s.Eval(ctx, "a.js", "function make() { return {} }"); err != nil {
		t.Fatal(err)
	}
	var held []Value
	for range 60 {
		v, err := s.Call(ctx, "make")
		if err != nil {
			if !errors.Is(err, ErrHandles) || len(held) != 50 {
				t.Fatalf("after %d: %v", len(held), err)
			}
			break
		}
		held = append(held, v)
	}
	if len(held) != 50 {
		t.Fatalf("%d live values", len(held))
	}
	for _, v := range held {
		v.Release()
		v.Release()
	}
	for range 200 {
		v, err := s.Call(ctx, "make")
		if err != nil {
			t.Fatal(err)
		}
		v.Release()
		if _, err := v.Get(ctx, "a"); !errors.Is(err, ErrReleased) {
			t.Fatal(err)
		}
	}
	for range 200 { // found unused by the garbage collector
		if _, err := s.Call(ctx, "make"); errors.Is(err, ErrHandles) {
			runtime.GC()
			time.Sleep(time.Millisecond)
		} else if err != nil {
			t.Fatal(err)
		}
	}
	other, _ := sandbox(t, SandboxConfig{})
	if _, err := other.Call(ctx, "String", eval(t, s, "({})")); !errors.Is(err, ErrForeign) {
		t.Error(err)
	}
	works(t, s, out)
}

// TestReleaseOnce: what was released is not given up once more by the garbage
// collector, when another value has the same id.
func TestReleaseOnce(t *testing.T) {
	s, _ := sandbox(t, SandboxConfig{})
	ctx := t.Context()
	if err := s.Eval(ctx, "a.js", "function make(n) { return { n } }"); err != nil {
		t.Fatal(err)
	}
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	make := func(n int) Value {
		v, err := s.Call(ctx, "make", n)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for n := range 3000 { // ids come again sooner
		make(n).Release()
	}
	held := []Value{make(1), make(2)}
	for range 3 {
		runtime.GC()
		time.Sleep(10 * time.Millisecond)
		make(3).Release()
	}
	for i, v := range held {
		if n, err := v.Get(ctx, "n"); err != nil || n.Int64() != int64(i+1) {
			t.Errorf("%v, %v", n, err)
		}
	}
}

func TestJSON(t *testing.T) {
	s, _ := sandbox(t, SandboxConfig{})
	for source, want := range map[string]string{
		"({ a: [1, 'x', null], d: new Date(0), f() {} })": `{"a":[1,"x",null],"d":"1970-01-01T00:00:00.000Z"}`,
		"({ toJSON() { return 'custom' } })":              `"custom"`,
		"undefined":                                       "null",
		"NaN":                                             "null",
		"new Date(0)":                                     `"1970-01-01T00:00:00.000Z"`,
		"() => 1":                                         "null",
		"1e21":                                            "1e+21",
		"'\\u2028<'":                                      `"\u2028\u003c"`,
	} {
		if b, err := json.Marshal(eval(t, s, source)); err != nil || string(b) != want {
			t.Errorf("%s: %s, %v, want %s", source, b, err, want)
		}
	}
	if _, err := json.Marshal(eval(t, s, "({ toJSON() { throw new Error('no') } })")); err == nil {
		t.Error("an error of toJSON was lost")
	}
}

func TestGlobals(t *testing.T) {
	s, _ := sandbox(t, SandboxConfig{})
	ctx := t.Context()
	for _, path := range []string{"x", "app", "app.list"} {
		if err := s.Set(ctx, path, map[string]any{"n": 1}); err != nil {
			t.Fatal(path, err)
		}
	}
	if err := s.Eval(ctx, "a.js", "const fixed = { f(x) { return this === fixed && x } }; let v = 1; class C {}"); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"x.n": "1", "app.list.n": "1", "v": "1", "nothing": "undefined", "C": "[function]", "fixed": "[object]", "1+1": "undefined",
	} {
		if v, err := s.Get(ctx, path); err != nil || v.String() != want {
			t.Errorf("%s is %v, %v", path, v, err)
		}
	}
	if v, err := s.Call(ctx, "fixed.f", true); !v.Bool() || err != nil {
		t.Error(v, err)
	}
	for _, path := range []string{"nothing.x", "x.n.a.b", ""} {
		if err := s.Set(ctx, path, 1); err == nil {
			t.Errorf("%q was set", path)
		}
	}
	if _, err := s.Get(ctx, "nothing.x"); jsError(t, err).Name != "TypeError" {
		t.Error(err)
	}
}

func TestImport(t *testing.T) {
	s, _ := sandbox(t, SandboxConfig{})
	ctx := t.Context()
	if err := s.EvalModule(ctx, "/app/m.js", "export let n = 1; export function inc() { return ++n } export default 5"); err != nil {
		t.Fatal(err)
	}
	if v, err := s.Call(ctx, "/app/m.js#inc"); v.Int64() != 2 || err != nil {
		t.Error(v, err)
	}
	ns, err := s.Import(ctx, "/app/m.js")
	if err != nil {
		t.Fatal(err)
	}
	if v, err := ns.Get(ctx, "n"); v.Int64() != 2 || err != nil {
		t.Error(v, err)
	}
	if _, err := s.Import(ctx, "/app/none.js"); jsError(t, err).Code == "" {
		t.Error(err)
	}
	if _, err := s.Call(ctx, "/app/m.js#none"); jsError(t, err).Message != "none is not a function" {
		t.Error(err)
	}
	if ns, err := s.Import(ctx, "wqjs:net"); err != nil {
		t.Error(err)
	} else if f, err := ns.Get(ctx, "connect"); f.Kind() != KindFunction || err != nil {
		t.Error(f, err)
	}
}
