package main

import (
	"context"
	"os"

	"github.com/wqjs/wqjs/host"
	"github.com/wqjs/wqjs/wasm"
)

type wqjs struct {
	engine  *host.Engine
	sandbox *host.Sandbox
}

func openWQJS(o options) (engine, error) {
	if o.wasm != "" {
		build, err := os.ReadFile(o.wasm)
		if err != nil {
			return nil, err
		}
		wasm.QuickJS = build
	}
	ctx := context.Background()
	e, err := host.NewEngine(ctx, host.Config{})
	if err != nil {
		return nil, err
	}
	s, err := e.NewSandbox(ctx, host.SandboxConfig{})
	if err != nil {
		return nil, err
	}
	return &wqjs{e, s}, s.Eval(ctx, "script.js", script)
}

func (w *wqjs) run(kernel string) (float64, error) {
	return timed(func() error { return w.sandbox.Eval(context.Background(), "run", call(kernel)) })
}

func (w *wqjs) close() {
	w.sandbox.Close()
	w.engine.Close(context.Background())
}
