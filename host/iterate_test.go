package host

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

func TestIter(t *testing.T) {
	s, out := sandbox(t, SandboxConfig{})
	for source, want := range map[string]string{
		"[1, 'two', null, undefined]": "1 two null undefined",
		"[]":                          "",
		"new Map([['a', 1]])":         "[array]",
		"new Set([1, 2])":             "1 2",
		"(function* () { yield 1; yield 2; return 3 })()":             "1 2",
		"(async function* () { yield 1; await 0; yield 2 })()":        "1 2",
		"[Promise.resolve(5), new Promise(f => setTimeout(f, 1, 6))]": "5 6",
		"new String('aé')": "a é",
		// done is what is true, and may be a getter.
		"({ [Symbol.iterator]() { let n = 0; return { next: () => ({ get done() { return n++ === 2 ? 'yes' : 0 }, value: n }) } } })": "0 1",
	} {
		v := eval(t, s, "globalThis.it = "+source)
		var got []string
		for x, err := range v.Iter(t.Context()) {
			if err != nil {
				t.Fatalf("%s: %v", source, err)
			}
			got = append(got, x.String())
			x.Release()
		}
		if text := strings.Join(got, " "); text != want {
			t.Errorf("%s: %q, want %q", source, text, want)
		}
		v.Release()
	}
	works(t, s, out)
}

// TestIterLeave: a loop that is left early, or panics, tells the iterator.
func TestIterLeave(t *testing.T) {
	s, out := sandbox(t, SandboxConfig{})
	const source = `({
		[Symbol.asyncIterator]() { return this }, n: 0,
		async next() { return { value: this.n++, done: false } },
		async return() { print('left at', this.n); throw new Error('lost') },
	})`
	for x, err := range eval(t, s, source).Iter(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if x.Int64() == 2 {
			break
		}
	}
	func() {
		defer func() { _ = recover() }()
		for range eval(t, s, source).Iter(t.Context()) {
			panic("out")
		}
	}()
	for range eval(t, s, "({ [Symbol.iterator]() { return { next: () => ({}) } } })").Iter(t.Context()) {
		break // without return
	}
	if out.String() != "left at 3\nleft at 1\n" {
		t.Errorf("%q", out)
	}
}

func TestIterErrors(t *testing.T) {
	s, _ := sandbox(t, SandboxConfig{})
	for source, want := range map[string]string{
		"({})":                                "TypeError: the value is not iterable",
		"5":                                   "Iter of number, which is no object",
		"({ [Symbol.iterator]: () => 5 })":    "the iterator is number, which is no object",
		"({ [Symbol.iterator]: () => ({}) })": "not a function",
		"({ [Symbol.iterator]: () => ({ next: () => 5 }) })":                                          "the iterator gave number, which is no object",
		"({ [Symbol.iterator]: () => ({ next: () => ({ get done() { throw new Error('d') } }) }) })":  "Error: d",
		"({ [Symbol.iterator]: () => ({ next: () => ({ get value() { throw new Error('v') } }) }) })": "Error: v",
		"(function* () { yield 1; throw new Error('torn') })()":                                       "Error: torn",
		"(async function* () { yield 1; throw new Error('torn') })()":                                 "Error: torn",
		"(function* () { yield 1; yield Promise.reject(new Error('no')) })()":                         "Error: no",
		"({ [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) })":                 ErrUnsettled.Error(),
	} {
		var errs []error
		for x, err := range eval(t, s, source).Iter(t.Context()) {
			if err != nil {
				errs = append(errs, err)
			} else if len(errs) > 0 || x.Int64() != 1 {
				t.Errorf("%s: %v after an error", source, x)
			}
		}
		if len(errs) != 1 || !strings.Contains(errs[0].Error(), want) {
			t.Errorf("%s: %v, want %q", source, errs, want)
		}
	}
	v := eval(t, s, "[1]")
	v.Release()
	for _, err := range v.Iter(t.Context()) {
		if !errors.Is(err, ErrReleased) {
			t.Error(err)
		}
	}
}

// TestIterContext ends a wait for the next value, and one that executes.
func TestIterContext(t *testing.T) {
	s, out := sandbox(t, SandboxConfig{})
	for _, source := range []string{
		"(async function* () { yield 1; await new Promise(f => setTimeout(f, 1e6)) })()",
		"(function* () { yield 1; for (;;); })()",
	} {
		ctx, cancel := context.WithCancel(t.Context())
		n := 0
		for _, err := range eval(t, s, source).Iter(ctx) {
			if n++; n == 1 {
				if err != nil {
					t.Fatal(err)
				}
				time.AfterFunc(5*time.Millisecond, cancel)
				continue
			}
			interrupted(t, err, context.Canceled)
		}
		if n != 2 {
			t.Errorf("%d steps", n)
		}
		cancel()
	}
	works(t, s, out)
}

// TestIterHandles: a loop that releases what it gets holds nothing.
func TestIterHandles(t *testing.T) {
	s, _ := sandbox(t, SandboxConfig{Limits: Limits{Handles: 8}})
	v := eval(t, s, "(function* () { for (let i = 0; i < 100; i++) yield { i } })()")
	n := 0
	for x, err := range v.Iter(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		n++
		x.Release()
	}
	if n != 100 {
		t.Error(n)
	}
}

// TestIterNested is a loop in a Go function that JavaScript called.
func TestIterNested(t *testing.T) {
	s, _ := sandbox(t, SandboxConfig{})
	set(t, s, "sum", func(ctx context.Context, list Value) (sum int64, err error) {
		for x, err := range list.Iter(ctx) {
			if err != nil {
				return 0, err
			}
			sum += x.Int64()
		}
		return sum, nil
	})
	if n := eval(t, s, "sum(new Set([1, 2, 3]))").Int64(); n != 6 {
		t.Error(n)
	}
	if _, err := s.EvalValue(t.Context(), "a.js", "sum((async function* () { yield new Promise(f => setTimeout(f, 1)) })())"); !errors.Is(err, ErrNestedWait) {
		t.Error(err)
	}
}
