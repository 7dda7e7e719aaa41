// Command rules is a rules engine: business rules in JavaScript, the data and
// the deadline in Go.
//
//	go run ./examples/embed/rules
package main

import (
	"context"
	_ "embed"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/wqjs/wqjs/host"
)

//go:embed rules.js
var rules string

// Order is what the rules decide about.
type Order struct {
	ID       int       `js:"id"`
	Customer string    `js:"customer"`
	Total    float64   `js:"total"`
	Placed   time.Time `js:"placed"`
}

// Decision is what they say.
type Decision struct {
	Approve  bool     `js:"approve"`
	Discount float64  `js:"discount"`
	Reasons  []string `js:"reasons"`
}

// Engine applies the rules.
type Engine struct {
	engine  *host.Engine
	sandbox *host.Sandbox
}

// New loads rules, which may ask for a customer's score.
func New(ctx context.Context, source string, score func(context.Context, string) (int, error)) (*Engine, error) {
	var c host.Config
	if dir, err := os.UserCacheDir(); err == nil {
		c.CacheDir = filepath.Join(dir, "wqjs") // compile once a machine
	}
	engine, err := host.NewEngine(ctx, c)
	if err != nil {
		return nil, err
	}
	e := &Engine{engine: engine}
	if err := e.load(ctx, source, score); err != nil {
		e.Close(ctx)
		return nil, err
	}
	return e, nil
}

func (e *Engine) load(ctx context.Context, source string, score func(context.Context, string) (int, error)) (err error) {
	e.sandbox, err = e.engine.NewSandbox(ctx, host.SandboxConfig{Limits: host.Limits{Memory: 32 << 20}})
	if err != nil {
		return err
	}
	// The rules wait for it, so that it may ask a database.
	if err := e.sandbox.Set(ctx, "score", host.Async(score)); err != nil {
		return err
	}
	return e.sandbox.EvalModule(ctx, "/rules.js", source)
}

// Decide applies the rules to an order, within 100 ms.
func (e *Engine) Decide(ctx context.Context, o Order) (Decision, error) {
	ctx, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
	defer cancel()
	return host.CallAs[Decision](ctx, e.sandbox, "/rules.js#decide", o)
}

// Close ends the engine.
func (e *Engine) Close(ctx context.Context) error { return e.engine.Close(ctx) }

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer) error {
	scores := map[string]int{"Ada": 90, "Eve": 10}
	e, err := New(ctx, rules, func(_ context.Context, customer string) (int, error) {
		s, ok := scores[customer]
		if !ok {
			return 0, fmt.Errorf("no customer %s", customer)
		}
		return s, nil
	})
	if err != nil {
		return err
	}
	defer e.Close(ctx)
	noon := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	for _, o := range []Order{{1, "Ada", 250, noon}, {2, "Eve", 900, noon}, {3, "Ned", 5, noon}} {
		d, err := e.Decide(ctx, o)
		if err != nil {
			fmt.Fprintf(out, "%d: %v\n", o.ID, err)
			continue
		}
		fmt.Fprintf(out, "%d: approve %t, discount %.2f, because %v\n", o.ID, d.Approve, d.Discount, d.Reasons)
	}
	return nil
}
