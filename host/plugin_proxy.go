package host

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
)

// proxyKey is the global that hands the functions of a dependency to its proxy
// module, which takes it away.
const proxyKey = "wqjs:dependency"

// proxyLoader is a ModuleLoader that has a proxy module for each dependency, and
// else asks next, which may be nil.
func proxyLoader(deps map[string]*Plugin, next func(context.Context, string) ([]byte, error)) func(context.Context, string) ([]byte, error) {
	return func(ctx context.Context, name string) ([]byte, error) {
		switch d, ok := deps[name]; {
		case ok:
			return proxySource(slices.Sorted(maps.Keys(d.Exports()))), nil
		case next != nil:
			return next(ctx, name)
		}
		return nil, fmt.Errorf("%s is no dependency of the plugin: %w", name, fs.ErrNotExist)
	}
}

// proxySource exports the functions that proxyKey holds.
func proxySource(names []string) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "const from = globalThis[%q];\ndelete globalThis[%q];\n", proxyKey, proxyKey)
	for i, name := range names {
		quoted, _ := json.Marshal(name) // text has a form in JSON
		fmt.Fprintf(&b, "const f%d = from[%s];\nexport { f%d as %s };\n", i, quoted, i, quoted)
	}
	return []byte(b.String())
}

// addProxy makes a dependency known to the code that is loaded next.
func (w *pluginSandbox) addProxy(ctx context.Context, spec string, d *Plugin, sync bool) error {
	functions := map[string]any{}
	for name, params := range d.Exports() {
		functions[name] = d.proxy(name, params, sync)
	}
	if err := w.Set(ctx, proxyKey, functions); err != nil {
		return err
	}
	ns, err := w.Import(ctx, spec)
	if err != nil {
		return err
	}
	ns.Release()
	left, err := w.Get(ctx, proxyKey)
	if err == nil && !left.IsUndefined() {
		err = fmt.Errorf("the image holds a module %q already, which is to be a dependency", spec)
	}
	return err
}

// proxy is a function that calls one of the plugin's.
func (p *Plugin) proxy(name string, params int, sync bool) Function {
	call := func(ctx context.Context, args []any) (wireValue, error) {
		var out wireValue
		err := p.callInto(ctx, 0, name, args, &out)
		return out, err
	}
	f := &function{name: name, params: anyParams, length: min(params, anyParams)}
	if sync {
		f.call = func(c *invocation) error {
			args, err := c.wireValues()
			if err != nil {
				return err
			}
			ctx := c.context()
			out, err := call(ctx, args)
			if err := ctx.end(err); err != nil {
				return err
			}
			return c.encoder.value(out)
		}
		return Function{f}
	}
	f.prepare = func(c *invocation) (func(context.Context) (any, error), error) {
		args, err := c.wireValues()
		caller := c.bridge.ctx
		return func(ctx context.Context) (any, error) {
			// It ends with the sandbox, and with the call that made it.
			ctx, cancel := context.WithCancelCause(ctx)
			defer cancel(nil)
			defer context.AfterFunc(caller, func() { cancel(context.Cause(caller)) })()
			return call(ctx, args)
		}, err
	}
	return Function{f}
}

// wireValues reads all arguments for another sandbox.
func (c *invocation) wireValues() ([]any, error) {
	args := make([]any, 0, min(c.argc, maxPromised))
	for i := range c.argc {
		v, err := c.wireValue()
		if err != nil {
			return nil, badArgument(err, i)
		}
		args = append(args, v)
	}
	return args, nil
}
