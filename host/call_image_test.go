package host

import (
	"context"
	"errors"
	"testing"
	"time"
)

// TestImageFunctions: Go functions and values that an image holds work in all
// of its sandboxes; handles of one life do not reach into another.
func TestImageFunctions(t *testing.T) {
	var kept Value
	img, err := engine.NewImage(t.Context(), ImageConfig{Init: func(ctx context.Context, s *Sandbox) (err error) {
		if err := s.Set(ctx, "double", func(n int) int { return 2 * n }); err != nil {
			return err
		}
		if err := s.Eval(ctx, "init.js", "function twice(n) { return double(n) } var o = { a: 1 }"); err != nil {
			return err
		}
		kept, err = s.Get(ctx, "o")
		return err
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer img.Close()
	ctx := t.Context()
	for range 3 {
		s, err := img.NewSandbox(ctx, SandboxConfig{Limits: Limits{Handles: 5}})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		for life := range 2 {
			if v, err := s.Call(ctx, "twice", 21); v.Int64() != 42 || err != nil {
				t.Fatal(life, v, err)
			}
			if _, err := s.Call(ctx, "String", kept); !errors.Is(err, ErrForeign) {
				t.Error(err)
			}
			v, err := s.Get(ctx, "o")
			if err != nil {
				t.Fatal(err)
			}
			set(t, s, "own", func() int { return life })
			ended := make(chan struct{})
			set(t, s, "forever", Async(func(ctx context.Context) { <-ctx.Done(); close(ended) }))
			if err := s.Eval(ctx, "f.js", "forever()"); err != nil {
				t.Fatal(err)
			}
			if err := s.Reset(ctx); err != nil {
				t.Fatal(err)
			}
			select {
			case <-ended:
			case <-time.After(10 * time.Second):
				t.Fatal("an asynchronous function outlived Reset")
			}
			if _, err := v.Get(ctx, "a"); !errors.Is(err, ErrReleased) {
				t.Error(err)
			}
			v.Release()
			if v := eval(t, s, "typeof own"); v.String() != "undefined" {
				t.Error("a function survived Reset:", v)
			}
		}
	}
}
