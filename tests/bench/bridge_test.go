package bench

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/dop251/goja"
	"modernc.org/quickjs"

	"github.com/wqjs/wqjs/host"
)

const bridgeScript = `
function add(a, b) { return a + b }
function loop(n) { let x = 0; for (let i = 0; i < n; i++) x = plus(x, 1); return x }
function order() { return { id: 7, customer: "Ada", total: 12.5, paid: true, lines: [{ sku: "a", n: 1 }, { sku: "b", n: 2 }] } }`

// bridged is an engine with bridgeScript and a Go function plus.
type bridged struct {
	name   string
	callJS func(n int) error // n calls of add
	callGo func(n int) error // a call of loop
	decode func(n int) error // n calls of order; nil: no such thing
}

type bridgeOrder struct {
	ID       int     `json:"id"`
	Customer string  `json:"customer"`
	Total    float64 `json:"total"`
	Paid     bool    `json:"paid"`
	Lines    []struct {
		SKU string `json:"sku"`
		N   int    `json:"n"`
	} `json:"lines"`
}

func plus(a, b int) int { return a + b }

func times(n int, f func(int) error) error {
	for i := range n {
		if err := f(i); err != nil {
			return err
		}
	}
	return nil
}

func wrong(got, want any) error {
	if got != want {
		return fmt.Errorf("%v, want %v", got, want)
	}
	return nil
}

func wqjsBridge(b *testing.B) bridged {
	ctx := context.Background()
	s, err := newEngine(b).NewSandbox(ctx, host.SandboxConfig{})
	if err != nil {
		b.Fatal(err)
	}
	if err := s.Set(ctx, "plus", plus); err != nil {
		b.Fatal(err)
	}
	if err := s.Eval(ctx, "bridge.js", bridgeScript); err != nil {
		b.Fatal(err)
	}
	return bridged{"wqjs", func(n int) error {
		return times(n, func(i int) error {
			v, err := s.Call(ctx, "add", i, 2)
			if err != nil {
				return err
			}
			return wrong(v.Int64(), int64(i)+2)
		})
	}, func(n int) error {
		v, err := s.Call(ctx, "loop", n)
		if err != nil {
			return err
		}
		return wrong(v.Int64(), int64(n))
	}, func(n int) error {
		return times(n, func(int) error {
			o, err := host.CallAs[bridgeOrder](ctx, s, "order")
			if err != nil {
				return err
			}
			return wrong(o.Lines[1].N, 2)
		})
	}}
}

func gojaBridge(b *testing.B) bridged {
	vm := goja.New()
	vm.SetFieldNameMapper(goja.TagFieldNameMapper("json", true))
	if err := vm.Set("plus", plus); err != nil {
		b.Fatal(err)
	}
	if _, err := vm.RunString(bridgeScript); err != nil {
		b.Fatal(err)
	}
	fn := func(name string) goja.Callable {
		f, ok := goja.AssertFunction(vm.Get(name))
		if !ok {
			b.Fatal(name)
		}
		return f
	}
	add, loop, order := fn("add"), fn("loop"), fn("order")
	return bridged{"goja", func(n int) error {
		return times(n, func(i int) error {
			v, err := add(goja.Undefined(), vm.ToValue(i), vm.ToValue(2))
			if err != nil {
				return err
			}
			return wrong(v.ToInteger(), int64(i)+2)
		})
	}, func(n int) error {
		v, err := loop(goja.Undefined(), vm.ToValue(n))
		if err != nil {
			return err
		}
		return wrong(v.ToInteger(), int64(n))
	}, func(n int) error {
		return times(n, func(int) error {
			v, err := order(goja.Undefined())
			if err != nil {
				return err
			}
			var o bridgeOrder
			if err := vm.ExportTo(v, &o); err != nil {
				return err
			}
			return wrong(o.Lines[1].N, 2)
		})
	}}
}

func moderncBridge(b *testing.B) bridged {
	vm, err := quickjs.NewVM()
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { vm.Close() })
	if err := vm.RegisterFunc("plus", plus, false); err != nil {
		b.Fatal(err)
	}
	if _, err := vm.Eval(bridgeScript, quickjs.EvalGlobal); err != nil {
		b.Fatal(err)
	}
	return bridged{"modernc", func(n int) error {
		return times(n, func(i int) error {
			v, err := vm.Call("add", i, 2)
			if err != nil {
				return err
			}
			return wrong(fmt.Sprint(v), fmt.Sprint(i+2))
		})
	}, func(n int) error {
		v, err := vm.Call("loop", n)
		if err != nil {
			return err
		}
		return wrong(fmt.Sprint(v), fmt.Sprint(n))
	}, nil}
}

// BenchmarkBridge compares calls in both directions, two ints each, and an
// object decoded into a struct, in rounds of all engines in turn: medians in
// nanoseconds a call.
func BenchmarkBridge(b *testing.B) {
	engines := []bridged{wqjsBridge(b), gojaBridge(b), moderncBridge(b)}
	const calls, rounds = 500, 15
	for b.Loop() {
		for _, kind := range []string{"callJS", "callGo", "decode"} {
			took := map[string][]time.Duration{}
			for range rounds {
				for _, e := range engines {
					f := map[string]func(int) error{"callJS": e.callJS, "callGo": e.callGo, "decode": e.decode}[kind]
					if f == nil {
						continue
					}
					start := time.Now()
					if err := f(calls); err != nil {
						b.Fatalf("%s %s: %v", e.name, kind, err)
					}
					took[e.name] = append(took[e.name], time.Since(start))
				}
			}
			for name, t := range took {
				slices.Sort(t)
				b.ReportMetric(float64(t[len(t)/2].Nanoseconds())/calls, name+"-"+kind+"-ns")
			}
		}
	}
	b.ReportMetric(0, "ns/op")
}
