package host_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/wqjs/wqjs/host"
)

// newSandbox is a sandbox with a script in it.
func newSandbox(script string) (context.Context, *host.Sandbox, func()) {
	ctx := context.Background()
	var c host.Config
	if dir, err := os.UserCacheDir(); err == nil {
		c.CacheDir = filepath.Join(dir, "wqjs")
	}
	engine, err := host.NewEngine(ctx, c)
	if err != nil {
		log.Fatal(err)
	}
	sandbox, err := engine.NewSandbox(ctx, host.SandboxConfig{})
	if err != nil {
		log.Fatal(err)
	}
	if err := sandbox.Eval(ctx, "script.js", script); err != nil {
		log.Fatal(err)
	}
	return ctx, sandbox, func() { engine.Close(ctx) }
}

func ExampleSandbox_Call() {
	ctx, sandbox, done := newSandbox("const add = (a, b) => a + b")
	defer done()
	sum, err := sandbox.Call(ctx, "add", 40, 2)
	fmt.Println(sum.Int64(), err)
	// Output: 42 <nil>
}

func ExampleCallAs() {
	type line struct {
		SKU   string  `js:"sku"`
		Price float64 `js:"price"`
	}
	ctx, sandbox, done := newSandbox(`
		function discount(lines, percent) {
			return lines.map(l => ({ ...l, price: l.price * (100 - percent) / 100 }));
		}`)
	defer done()
	lines, err := host.CallAs[[]line](ctx, sandbox, "discount", []line{{"tea", 4}, {"pot", 20}}, 25)
	fmt.Println(lines, err)
	// Output: [{tea 3} {pot 15}] <nil>
}

func ExampleSandbox_Set() {
	ctx, sandbox, done := newSandbox("")
	defer done()
	errUnknown := errors.New("unknown product")
	err := sandbox.Set(ctx, "price", func(sku string) (float64, error) {
		if sku != "tea" {
			return 0, errUnknown
		}
		return 4.5, nil
	})
	if err != nil {
		log.Fatal(err)
	}
	v, _ := sandbox.EvalValue(ctx, "a.js", "price('tea') * 2")
	fmt.Println(v)
	v, _ = sandbox.EvalValue(ctx, "b.js", "try { price('ufo') } catch (e) { e.message }")
	fmt.Println(v)
	_, err = sandbox.EvalValue(ctx, "c.js", "price('ufo')")
	fmt.Println(errors.Is(err, errUnknown))
	// Output:
	// 9
	// unknown product
	// true
}

func ExampleAsync() {
	ctx, sandbox, done := newSandbox("async function both() { return await Promise.all([later(1), later(2)]) }")
	defer done()
	err := sandbox.Set(ctx, "later", host.Async(func(ctx context.Context, n int) (int, error) {
		select {
		case <-time.After(time.Millisecond): // a database, a service
			return n * 10, nil
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(host.CallAs[[]int](ctx, sandbox, "both"))
	// Output: [10 20] <nil>
}

func ExampleFunc1() {
	ctx, sandbox, done := newSandbox("const twice = () => visit(x => x * 2)")
	defer done()
	// The function calls back into its sandbox, with the context it was given.
	err := sandbox.Set(ctx, "visit", host.Func1(func(ctx context.Context, f func(context.Context, int) (int, error)) (int, error) {
		return f(ctx, 21)
	}))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(sandbox.Call(ctx, "twice"))
	// Output: 42 <nil>
}

func ExampleAs() {
	ctx, sandbox, done := newSandbox("")
	defer done()
	v, err := sandbox.EvalValue(ctx, "a.js", "({ at: new Date(0), tags: new Set(['a']), big: 2n ** 70n })")
	if err != nil {
		log.Fatal(err)
	}
	defer v.Release()
	m, err := host.As[map[string]any](ctx, v)
	fmt.Println(m["at"], m["tags"], m["big"], err)
	// Output: 1970-01-01 00:00:00 +0000 UTC [a] 1180591620717411303424 <nil>
}

// What a generator of JavaScript yields, each when it is asked for.
func ExampleValue_Iter() {
	type page struct {
		Number int   `js:"number"`
		Rows   []int `js:"rows"`
	}
	ctx, sandbox, done := newSandbox(`
		async function* pages() {
			for (let number = 1; ; number++) yield { number, rows: await Promise.resolve([number, number * 2]) };
		}`)
	defer done()
	pages, err := sandbox.Call(ctx, "pages")
	if err != nil {
		log.Fatal(err)
	}
	defer pages.Release()
	for v, err := range pages.Iter(ctx) {
		if err != nil {
			log.Fatal(err)
		}
		p, err := host.As[page](ctx, v)
		v.Release()
		fmt.Println(p, err)
		if p.Number == 3 {
			break // calls the generator's return
		}
	}
	// Output:
	// {1 [1 2]} <nil>
	// {2 [2 4]} <nil>
	// {3 [3 6]} <nil>
}
