package host

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

func pool(t testing.TB, c PoolConfig) *Pool {
	t.Helper()
	p, err := image(t, ImageConfig{}).NewPool(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error("close:", err)
		}
	})
	return p
}

func TestPool(t *testing.T) {
	ctx := t.Context()
	var out bytes.Buffer
	p := pool(t, PoolConfig{Size: 2, Warm: 1, Sandbox: SandboxConfig{Stdout: &out}})
	if st := p.Stats(); st != (PoolStats{Idle: 1, Made: 1}) {
		t.Errorf("%+v", st)
	}
	a, err := p.Get(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Eval(ctx, "x.js", "globalThis.secret = 1"); err != nil {
		t.Fatal(err)
	}
	b, err := p.Get(ctx)
	if err != nil || a == b {
		t.Fatal(b, err)
	}
	// Both are lent: the next waits, at most for its context.
	short, cancel := context.WithTimeout(ctx, 5*time.Millisecond)
	defer cancel()
	_, err = p.Get(short)
	interrupted(t, err, context.DeadlineExceeded)
	got := make(chan *Sandbox)
	go func() {
		s, err := p.Get(ctx)
		if err != nil {
			t.Error(err)
		}
		got <- s
	}()
	for p.Stats().Waiting == 0 {
		time.Sleep(time.Millisecond)
	}
	p.Put(a)
	p.Put(a) // twice is once
	c := <-got
	if err := c.Eval(ctx, "x.js", "print(typeof secret)"); err != nil || out.String() != "undefined\n" {
		t.Error(err, out.String())
	}
	p.Put(b)
	p.Put(c)
	if st := p.Stats(); st != (PoolStats{Idle: 2, Gets: 3, Waits: 2, Made: 2}) {
		t.Errorf("%+v", st)
	}
}

func TestPoolEvicts(t *testing.T) {
	ctx := t.Context()
	p := pool(t, PoolConfig{Size: 1, Sandbox: SandboxConfig{Limits: Limits{CPUTime: 20 * time.Millisecond, Output: 10}}})
	for i, source := range []string{
		"for (;;);",
		"print('more than ten bytes')",
		"1",
	} {
		err := p.Do(ctx, func(s *Sandbox) error { return s.Eval(ctx, "x.js", source) })
		if i < 2 {
			interrupted(t, err, []error{ErrCPUTime, ErrOutput}[i])
		} else if err != nil {
			t.Error(err)
		}
	}
	var trap *TrapError
	err := p.Do(ctx, func(s *Sandbox) error {
		return s.enter(ctx, func(ctx context.Context) error {
			_, err := s.call(ctx, s.fnFree, 0xfffffff0)
			return err
		})
	})
	if !errors.As(err, &trap) {
		t.Error(err)
	}
	if st := p.Stats(); st.Evicted != 3 || st.Made != 3 || st.InUse != 0 {
		t.Errorf("%+v", st)
	}
}

func TestPoolClose(t *testing.T) {
	ctx := t.Context()
	p := pool(t, PoolConfig{Size: 1})
	s, err := p.Get(ctx)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() {
		_, err := p.Get(ctx)
		done <- err
	}()
	for p.Stats().Waiting == 0 {
		time.Sleep(time.Millisecond)
	}
	for range 2 {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := <-done; err != ErrPoolClosed {
		t.Error(err)
	}
	if err := s.Eval(ctx, "x.js", "1"); err != ErrClosed {
		t.Error(err)
	}
	p.Put(s)
	if _, err := p.Get(ctx); err != ErrPoolClosed {
		t.Error(err)
	}
}

func TestPoolConfig(t *testing.T) {
	img := image(t, ImageConfig{})
	for _, c := range []struct {
		config PoolConfig
		text   string
	}{
		{PoolConfig{}, "PoolConfig.Size is 0"},
		{PoolConfig{Size: 1, Warm: 2}, "PoolConfig.Warm is 2"},
		{PoolConfig{Size: 1, Sandbox: SandboxConfig{Dir: "relative"}}, "relative"},
	} {
		before := holding(t)
		if _, err := img.NewPool(t.Context(), c.config); err == nil || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%v, want %q", err, c.text)
		}
		before.same(t, 8)
	}
}

// TestPoolStress: no sandbox is lent twice, none shows what another left.
func TestPoolStress(t *testing.T) {
	ctx := t.Context()
	p := pool(t, PoolConfig{Size: 3, Sandbox: SandboxConfig{Limits: Limits{Output: 1000}}})
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 15 {
				wait, cancel := context.WithTimeout(ctx, time.Duration(1+i)*10*time.Second)
				err := p.Do(wait, func(s *Sandbox) error {
					source := fmt.Sprintf("if (globalThis.own) throw new Error(own); own = '%d-%d'", g, i)
					if i%5 == 4 {
						source += "; for (;;) print('a lot')"
					}
					return s.Eval(wait, "x.js", source)
				})
				if i%5 == 4 {
					interrupted(t, err, ErrOutput)
				} else if err != nil {
					t.Error(err)
				}
				cancel()
			}
		})
	}
	wg.Wait()
	if st := p.Stats(); st.Gets != 120 || st.Evicted != 24 || st.InUse+st.Waiting != 0 {
		t.Errorf("%+v", st)
	}
}
