package host

import (
	"context"
	"testing"
)

// BenchmarkCallJS is Go→JavaScript→Go with two ints.
func BenchmarkCallJS(b *testing.B) {
	s, _ := sandbox(b, SandboxConfig{})
	ctx := b.Context()
	if err := s.Eval(ctx, "add.js", "function add(a, b) { return a + b }"); err != nil {
		b.Fatal(err)
	}
	add, err := s.Get(ctx, "add")
	if err != nil {
		b.Fatal(err)
	}
	calls := map[string]func(context.Context, int) (Value, error){
		"name":   func(ctx context.Context, i int) (Value, error) { return s.Call(ctx, "add", i, 2) },
		"handle": func(ctx context.Context, i int) (Value, error) { return add.Call(ctx, i, 2) },
	}
	for _, of := range []string{"name", "handle"} {
		for name, ctx := range map[string]context.Context{"background": context.Background(), "cancellable": ctx} {
			b.Run(of+"/"+name, func(b *testing.B) {
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					v, err := calls[of](ctx, i&0xff)
					if err != nil || v.Int64() != int64(i&0xff)+2 {
						b.Fatal(v, err)
					}
				}
			})
		}
	}
}

// BenchmarkCallGo is JavaScript→Go→JavaScript with two ints; one operation is
// one call, with the loop around it.
func BenchmarkCallGo(b *testing.B) {
	add := func(a, b int) int { return a + b }
	for _, f := range []struct {
		name string
		fn   any
	}{
		{"plain", add},
		{"context", Func2(func(_ context.Context, a, b int) (int, error) { return a + b, nil })},
		{"reflect", func(a, b int) (int, error) { return a + b, nil }},
	} {
		b.Run(f.name, func(b *testing.B) {
			s, _ := sandbox(b, SandboxConfig{})
			ctx := b.Context()
			if err := s.Set(ctx, "add", f.fn); err != nil {
				b.Fatal(err)
			}
			if err := s.Eval(ctx, "loop.js", "function loop(n) { let x = 0; for (let i = 0; i < n; i++) x = add(x, 1); return x }"); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			b.ResetTimer()
			if v, err := s.Call(ctx, "loop", b.N); err != nil || v.Int64() != int64(b.N) {
				b.Fatal(v, err)
			}
		})
	}
}

// BenchmarkDecodeStruct is a call that returns an object of eight properties,
// with an array of five such in it, decoded into structs.
func BenchmarkDecodeStruct(b *testing.B) {
	type item struct {
		ID    int     `js:"id"`
		Name  string  `js:"name"`
		Price float64 `js:"price"`
		Stock bool    `js:"stock"`
	}
	type order struct {
		ID       int            `js:"id"`
		Customer string         `js:"customer"`
		Total    float64        `js:"total"`
		Paid     bool           `js:"paid"`
		Tags     []string       `js:"tags"`
		Meta     map[string]int `js:"meta"`
		Note     *string        `js:"note"`
		Items    []item         `js:"items"`
	}
	s, _ := sandbox(b, SandboxConfig{})
	ctx := b.Context()
	err := s.Eval(ctx, "order.js", `const order = {
		id: 7, customer: "Ada", total: 12.5, paid: true, tags: ["a", "b"], meta: { x: 1, y: 2 }, note: null,
		items: Array.from({ length: 5 }, (_, i) => ({ id: i, name: "item " + i, price: i / 4, stock: true })),
	}; function get() { return order }`)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		o, err := CallAs[order](ctx, s, "get")
		if err != nil || len(o.Items) != 5 || o.Items[4].Price != 1 {
			b.Fatal(o, err)
		}
	}
}
