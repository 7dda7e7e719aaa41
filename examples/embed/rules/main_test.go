package main

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/wqjs/wqjs/host"
)

func TestRun(t *testing.T) {
	var out strings.Builder
	if err := run(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	const want = `1: approve true, discount 30.00, because [a good customer Friday]
2: approve false, discount 5.00, because [too much for a low score Friday]
3: Error: no customer Ned
`
	if out.String() != want {
		t.Errorf("printed\n%s", &out)
	}
}

// TestBadRules: rules that never end, or say nonsense, are errors.
func TestBadRules(t *testing.T) {
	score := func(context.Context, string) (int, error) { return 0, nil }
	for source, check := range map[string]func(error) bool{
		"export function decide() { for (;;); }": func(err error) bool { return errors.Is(err, context.DeadlineExceeded) },
		"export function decide() { return { discount: 'much' } }": func(err error) bool {
			var bad *host.DecodeError
			return errors.As(err, &bad) && bad.Path == ".discount"
		},
		"export const other = 1": func(err error) bool {
			var js *host.JSError
			return errors.As(err, &js) && js.Name == "TypeError"
		},
	} {
		e, err := New(t.Context(), source, score)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.Decide(t.Context(), Order{}); !check(err) {
			t.Errorf("%s: %v", source, err)
		}
		e.Close(t.Context())
	}
	if _, err := New(t.Context(), "export function", score); err == nil {
		t.Error("rules that do not parse were loaded")
	}
}
