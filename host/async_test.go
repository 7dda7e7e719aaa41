package host

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strings"
	"testing"
	"time"
)

// TestQueuedArguments: calls that wait hold their arguments.
func TestQueuedArguments(t *testing.T) {
	s, _ := sandbox(t, SandboxConfig{Limits: Limits{Queued: 1 << 20}})
	release := make(chan struct{})
	set(t, s, "take", Async(func(ctx context.Context, b []byte) (int, error) {
		select {
		case <-release:
		case <-ctx.Done():
		}
		return len(b), nil
	}))
	set(t, s, "release", func() { close(release) })
	err := s.Eval(t.Context(), "a.js", "globalThis.taken = []; for (;;) taken.push(take(new Uint8Array(100_000)))")
	if e := jsError(t, err); e.Code != "ENOBUFS" || !errors.Is(err, ErrQueued) || !strings.Contains(e.Message, "Limits.Queued") {
		t.Errorf("%+v", e)
	}
	if n := s.Stats().Queued; n < 1_000_000 || n > 1<<20 {
		t.Errorf("%d bytes wait", n)
	}
	if n := eval(t, s, "release(), Promise.all(taken).then(l => l.length)").Int64(); n != 10 {
		t.Errorf("%d calls", n)
	}
	if n := s.Stats().Queued; n != 0 {
		t.Errorf("%d bytes wait in the end", n)
	}
	if n := eval(t, s, "take(new Uint8Array(100_000))").Int64(); n != 100_000 { // there is room again
		t.Error(n)
	}
}

// TestQueuedResults: results that the script does not fetch, since it executes.
func TestQueuedResults(t *testing.T) {
	s, _ := sandbox(t, SandboxConfig{Limits: Limits{Queued: 1 << 20}})
	set(t, s, "give", Async(func(n int) []byte { return make([]byte, n) }))
	set(t, s, "stream", io.Reader(zeros{}))
	held := make(chan int64, 1)
	set(t, s, "wait", func() {
		for range 10_000 { // until all have ended
			if s.Stats().Queued > 1<<20-200_000 {
				break
			}
			time.Sleep(time.Millisecond)
		}
		time.Sleep(5 * time.Millisecond)
		held <- s.Stats().Queued
	})
	for _, call := range []string{"give(100_000)", "stream.next().then(r => r.value)"} {
		got := evalAs[map[string]int](t, s, `(async () => {
			const all = [];
			for (let i = 0; i < 40; i++) all.push(`+call+`.then((b) => b.length > 60_000 ? 'ok' : 'short', (e) => e.code));
			wait();
			return Object.fromEntries(Object.entries(Object.groupBy(await Promise.all(all), (x) => x)).map(([k, v]) => [k, v.length]));
		})()`)
		if n := <-held; n > 1<<20 {
			t.Errorf("%d bytes wait", n)
		}
		if got["ENOBUFS"] == 0 || got["ok"] < 5 || got["ENOBUFS"]+got["ok"] != 40 {
			t.Errorf("%s: %v", call, got)
		}
		if n := s.Stats().Queued; n != 0 {
			t.Errorf("%d bytes wait in the end", n)
		}
	}
}

// zeros is a reader of zeros.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// TestQueuedReset: what waited is forgotten with its sandbox.
func TestQueuedReset(t *testing.T) {
	s, out := sandbox(t, SandboxConfig{Limits: Limits{Queued: 1 << 20}})
	block := Async(func(ctx context.Context, _ []byte) error { <-ctx.Done(); return ctx.Err() })
	for range 3 {
		set(t, s, "block", block)
		for i := range 10 {
			if err := s.Eval(t.Context(), "a.js", "void block(new Uint8Array(100_000))"); err != nil {
				t.Fatal(i, err)
			}
		}
		if err := s.Reset(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := s.Stats().Queued; n != 0 {
			t.Errorf("%d bytes wait", n)
		}
	}
	works(t, s, out)
}

func TestSizeOf(t *testing.T) {
	type node struct {
		Text   string
		Next   *node
		hidden [1000]string
	}
	cycle := &node{Text: "0123456789"}
	cycle.Next = cycle
	for _, c := range []struct {
		v        any
		from, to int64
	}{
		{nil, 0, 16},
		{true, 1, 16},
		{strings.Repeat("x", 1000), 1000, 1000},
		{make([]byte, 1000), 1000, 1000},
		{make([]float64, 1000), 8000, 8100},
		{[]string{strings.Repeat("x", 1000), "y"}, 1001, 1100},
		{map[string]any{"k": [][]byte{make([]byte, 1000)}}, 1001, 1200},
		{step{Value: make([]byte, 1000)}, 1000, 1100},
		{node{Text: "0123456789"}, 10, 100},
		{cycle, 1000, 100_000},
		{big.NewInt(0).Lsh(big.NewInt(1), 8000), 1000, 1100},
		{json.RawMessage(make([]byte, 1000)), 1000, 1100},
		{Value{kind: KindString, str: strings.Repeat("x", 1000)}, 1000, 1100},
		{bytes.NewReader(make([]byte, 1000)), 1, 100}, // its bytes come in pieces
		{time.Now(), 1, 100},
		{fmt.Errorf("it"), 1, 100},
	} {
		if n := sizeOf(c.v); n < c.from || n > c.to {
			t.Errorf("%T: %d, want %d to %d", c.v, n, c.from, c.to)
		}
	}
}
