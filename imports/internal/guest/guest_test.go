package guest_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/wqjs/wqjs/imports/internal/abi"
	"github.com/wqjs/wqjs/imports/internal/guest"
	"github.com/wqjs/wqjs/imports/internal/guesttest"
	"github.com/wqjs/wqjs/imports/internal/policy"
)

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestContext(t *testing.T) {
	g := &guest.Guest{}
	type key struct{}
	inner := context.WithValue(context.Background(), key{}, "inner")
	ctx := guest.With(inner, g)
	if guest.From(ctx) != g {
		t.Error("not found at once")
	}
	// wazero may put values and cancellation around it.
	deep, cancel := context.WithCancel(context.WithValue(ctx, key{}, "outer"))
	if guest.From(deep) != g {
		t.Error("not found beneath other values")
	}
	if ctx.Value(key{}) != "inner" || deep.Value(key{}) != "outer" {
		t.Error("it hides other values")
	}
	other := &guest.Guest{}
	if guest.From(guest.With(deep, other)) != other {
		t.Error("the innermost guest wins")
	}
	cancel()
	if guest.From(deep) != g || ctx.Err() != nil {
		t.Error("lost with the context")
	}
}

// caller is a module that exports "g", which calls the import "f" of "test"
// with its own arguments: i32, f64, i32 to i32.
var caller = []byte{
	0, 'a', 's', 'm', 1, 0, 0, 0,
	1, 8, 1, 0x60, 3, 0x7f, 0x7c, 0x7f, 1, 0x7f, // type section
	2, 10, 1, 4, 't', 'e', 's', 't', 1, 'f', 0, 0, // import section
	3, 2, 1, 0, // function section
	7, 5, 1, 1, 'g', 0, 1, // export section
	10, 12, 1, 10, 0, 0x20, 0, 0x20, 1, 0x20, 2, 0x10, 0, 0x0b, // code section
}

// TestBinding calls a function from wasm.
func TestBinding(t *testing.T) {
	g := guesttest.New(t, guesttest.Config{})
	cause := errors.New("stop")
	var answer error
	var got []uint64
	f := guest.Func{Name: "f", Params: "iFi", Call: func(from *guest.Guest, _ guest.Memory, args []uint64) (int32, error) {
		if from != g.Guest {
			t.Error("called for another guest")
		}
		got = slices.Clone(args)
		return 7, answer
	}}
	if want := []api.ValueType{api.ValueTypeI32, api.ValueTypeF64, api.ValueTypeI32}; !slices.Equal(f.ParamTypes(), want) {
		t.Errorf("types %v", f.ParamTypes())
	}
	ctx := guest.With(context.Background(), g.Guest)
	r := wazero.NewRuntime(ctx)
	defer r.Close(ctx)
	check(t, guest.Instantiate(ctx, r, "test", []guest.Func{f}))
	mod, err := r.Instantiate(ctx, caller)
	check(t, err)
	fn := mod.ExportedFunction("g")

	for _, c := range []struct {
		err    error
		want   int32
		detail string
	}{
		{nil, 7, "left from before"},
		{abi.ENOTSOCK, -int32(abi.ENOTSOCK), ""},
		{abi.Detailed(abi.EINVAL, "what is wrong"), -int32(abi.EINVAL), "what is wrong"},
		{errors.New("something"), -int32(abi.EIO), "something"},
		{&policy.Denied{Op: policy.OpRaw, Flag: "--allow-raw", Reason: "not granted"}, -int32(abi.EACCES), "raw socket denied: not granted (allow it with --allow-raw)"},
		{context.DeadlineExceeded, -int32(abi.ETIMEDOUT), "context deadline exceeded"},
		{cause, -int32(abi.ECANCELED), "stop"},
		{fmt.Errorf("wait: %w", cause), -int32(abi.ECANCELED), "wait: stop"},
	} {
		g.TakeDetail()
		if errors.Is(c.err, cause) {
			g.Loop.Interrupt(cause)
		}
		if c.err == nil {
			answer = errors.New("left from before")
			_, err := fn.Call(ctx, 0, 0, 0)
			check(t, err)
		}
		answer = c.err
		res, err := fn.Call(ctx, api.EncodeI32(-2), api.EncodeF64(0.5), api.EncodeI32(3))
		check(t, err)
		if n := api.DecodeI32(res[0]); n != c.want {
			t.Errorf("%v became %d, want %d", c.err, n, c.want)
		}
		if guest.I32(got[0]) != -2 || api.DecodeF64(got[1]) != 0.5 || guest.Ptr(got[2]) != 3 {
			t.Errorf("arguments %x", got)
		}
		if d := g.TakeDetail(); d != c.detail {
			t.Errorf("%v left the detail %q, want %q", c.err, d, c.detail)
		}
		if d := g.TakeDetail(); d != "" {
			t.Errorf("the detail can be taken twice: %q", d)
		}
		g.Loop.Resume()
	}
}

func TestHalfSlots(t *testing.T) {
	const garbage = 0xffff_ffff_0000_0000
	if guest.I32(garbage|0xffff_fffe) != -2 || guest.I32(garbage) != 0 || guest.Ptr(garbage|5) != 5 {
		t.Error("the upper half of a slot counts")
	}
}

func TestOfferTake(t *testing.T) {
	g := guesttest.New(t, guesttest.Config{})
	small, exact, large := make([]byte, 2), make([]byte, 5), make([]byte, 9)
	if n := g.Take(large); n != 0 {
		t.Errorf("took %d bytes of nothing", n)
	}
	for _, into := range [][]byte{exact, large, small, nil} {
		n, err := g.Offer([]byte("hello"))
		check(t, err)
		if n != 5 {
			t.Errorf("offered %d", n)
		}
		want := "hello"[:min(5, len(into))]
		if n := g.Take(into); int(n) != len(want) || string(into[:n]) != want {
			t.Errorf("took %q", into[:n])
		}
		if n := g.Take(large); n != 0 { // also what did not fit
			t.Errorf("%d bytes can be taken twice", n)
		}
	}
	// A new offer replaces the old: there is never more than one.
	for _, s := range []string{"first", "second", ""} {
		_, err := g.Offer([]byte(s))
		check(t, err)
	}
	if n := g.Take(large); n != 0 {
		t.Errorf("took %d bytes of an empty offer", n)
	}
}
