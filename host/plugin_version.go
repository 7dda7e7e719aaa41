package host

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"
)

// pluginVersion is what a Swap made: a manifest, and the sandboxes and
// dependencies that belong to it. Fields after tokens are guarded by Plugin.mu.
type pluginVersion struct {
	plugin   *Plugin
	manifest PluginManifest
	exports  map[string]int // of the first sandbox: functions, and their parameters
	deps     map[string]*Plugin
	tokens   chan struct{} // one for each call that has a sandbox, or makes one
	retired  chan struct{} // closed when another version is current

	users  int // calls, those that wait too
	idle   []*pluginSandbox
	all    map[*Sandbox]struct{}
	broke  []time.Time // when sandboxes did, as far as the RestartRule asks
	closed bool
}

// pluginSandbox is a sandbox with the code loaded.
type pluginSandbox struct {
	*Sandbox
	functions map[string]exported
}

// exported is a function that may be called.
type exported struct {
	f      Value
	params int
}

var errRetired = errors.New("another version is current")

// load makes a version with one sandbox. It is to be closed, also after an error.
func (p *Plugin) load(ctx context.Context, m PluginManifest) (*pluginVersion, error) {
	v := &pluginVersion{
		plugin: p, manifest: m, deps: map[string]*Plugin{}, all: map[*Sandbox]struct{}{},
		tokens: make(chan struct{}, max(m.Sandboxes, 1)), retired: make(chan struct{}),
	}
	if err := m.check(); err != nil {
		return v, err
	}
	p.mu.Lock()
	p.versions[v] = struct{}{}
	p.mu.Unlock()
	for spec, d := range m.Dependencies {
		d.Name = cmp.Or(d.Name, spec)
		dep, err := LoadPlugin(ctx, p.image, d.PluginManifest)
		if err != nil {
			return v, err
		}
		v.deps[spec] = dep
	}
	w, err := v.make(ctx)
	if err != nil {
		return v, err
	}
	v.exports = map[string]int{}
	for name, e := range w.functions {
		v.exports[name] = e.params
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	v.idle = append(v.idle, w)
	return v, nil
}

// check finds what is wrong with a manifest.
func (m *PluginManifest) check() error {
	switch {
	case m.Name == "":
		return errors.New("PluginManifest.Name is empty")
	case m.Sandboxes < 0:
		return fmt.Errorf("PluginManifest.Sandboxes is %d, must not be negative", m.Sandboxes)
	case m.CallTimeout < 0:
		return fmt.Errorf("PluginManifest.CallTimeout is %v, must not be negative", m.CallTimeout)
	case m.Restart.Within < 0:
		return fmt.Errorf("RestartRule.Within is %v, must not be negative", m.Restart.Within)
	}
	for _, g := range m.Sandbox.Grants {
		if g.once() {
			return fmt.Errorf("PluginManifest.Sandbox.Grants: %q is for one life of a sandbox: use Sandbox.Grant in Setup", g.Name)
		}
	}
	for spec := range m.Dependencies {
		if _, library := aliases[spec]; library || !isBare(spec) {
			return fmt.Errorf("PluginManifest.Dependencies: %q is no bare name, or one of the library", spec)
		}
	}
	return nil
}

// module is the name of the main module.
func (m *PluginManifest) module() string { return guestPath(cmp.Or(m.Module, "/"+m.Name+".js")) }

// make makes a sandbox and loads the code.
func (v *pluginVersion) make(ctx context.Context) (*pluginSandbox, error) {
	s, err := v.plugin.image.NewSandbox(ctx, v.config())
	if err != nil {
		return nil, err
	}
	if !v.own(s) {
		return nil, errors.Join(ErrPluginClosed, s.Close())
	}
	w := &pluginSandbox{Sandbox: s}
	if err := w.load(ctx, v); err != nil {
		v.disown(s)
		return nil, errors.Join(err, s.Close())
	}
	return w, nil
}

// config is that of the sandboxes.
func (v *pluginVersion) config() SandboxConfig {
	m := &v.manifest
	c := m.Sandbox
	if m.Source == "" && c.ModuleLoader == nil {
		c.ModuleDirs = append(slices.Clip(c.ModuleDirs), filepath.Dir(filepath.FromSlash(m.module())))
	}
	if len(v.deps) > 0 {
		c.ModuleLoader = proxyLoader(v.deps, c.ModuleLoader)
	}
	return c
}

// load runs the code of a version.
func (w *pluginSandbox) load(ctx context.Context, v *pluginVersion) error {
	m := &v.manifest
	if m.Setup != nil {
		if err := m.Setup(ctx, w.Sandbox); err != nil {
			return err
		}
	}
	for spec, d := range v.deps {
		if err := w.addProxy(ctx, spec, d, m.Dependencies[spec].Sync); err != nil {
			return err
		}
	}
	if m.Source != "" {
		if err := w.EvalModule(ctx, m.module(), m.Source); err != nil {
			return err
		}
	}
	exports, err := w.Import(ctx, m.module())
	if err != nil {
		return err
	}
	defer exports.Release()
	w.functions, err = m.functions(ctx, exports)
	return err
}

// own notes a sandbox; false when the version is closed.
func (v *pluginVersion) own(s *Sandbox) bool {
	v.plugin.mu.Lock()
	defer v.plugin.mu.Unlock()
	if !v.closed && !v.plugin.closed {
		v.all[s] = struct{}{}
		return true
	}
	return false
}

func (v *pluginVersion) disown(s *Sandbox) {
	v.plugin.mu.Lock()
	defer v.plugin.mu.Unlock()
	delete(v.all, s)
}

// take waits for a sandbox, or makes one.
func (v *pluginVersion) take(ctx context.Context) (*pluginSandbox, error) {
	if err := v.token(ctx); err != nil {
		return nil, err
	}
	w, err := v.pick()
	if err == nil && w == nil {
		w, err = v.make(ctx)
	}
	if err != nil {
		<-v.tokens
	}
	return w, err
}

// token waits for the right to a sandbox.
func (v *pluginVersion) token(ctx context.Context) error {
	if err := context.Cause(ctx); err != nil {
		return &InterruptError{err}
	}
	select {
	case <-v.retired:
		return errRetired
	default:
	}
	select {
	case v.tokens <- struct{}{}:
		return nil
	default:
	}
	v.plugin.waiting(1)
	defer v.plugin.waiting(-1)
	select {
	case v.tokens <- struct{}{}:
		return nil
	case <-v.retired:
		return errRetired
	case <-ctx.Done():
		return &InterruptError{context.Cause(ctx)}
	}
}

func (p *Plugin) waiting(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stats.Waiting += n
	if n > 0 {
		p.stats.Waits++
	}
}

// pick gives an idle sandbox; nil when one is to be made, which the rule allows.
func (v *pluginVersion) pick() (*pluginSandbox, error) {
	v.plugin.mu.Lock()
	defer v.plugin.mu.Unlock()
	if n := len(v.idle); n > 0 {
		w := v.idle[n-1]
		v.idle = v.idle[:n-1]
		return w, nil
	}
	rule := v.manifest.Restart
	if rule.Within > 0 {
		v.broke = slices.DeleteFunc(v.broke, func(at time.Time) bool { return time.Since(at) > rule.Within })
	}
	if rule.Max != 0 && len(v.broke) > max(rule.Max, 0) {
		return nil, ErrRestarts
	}
	return nil, nil
}

// call runs a call in a sandbox.
func (v *pluginVersion) call(ctx context.Context, w *pluginSandbox, name string, args []any, out any) error {
	e, ok := w.functions[name]
	if !ok {
		return &InterfaceError{[]ExportMismatch{{name, "is no function that may be called"}}}
	}
	if v.manifest.CallTimeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, v.manifest.CallTimeout, ErrCallTimeout)
		defer cancel()
	}
	w.cpu.renew()
	w.stdio.written.Store(0)
	return w.operateInto(ctx, opCall|opPath|opAwait|opDeep, e.f, message{call: true, args: args, copies: true}, out)
}

// give takes a sandbox back after a call that ended with err.
func (v *pluginVersion) give(w *pluginSandbox, err error) {
	bad := broken(err) || w.spoiled()
	p := v.plugin
	p.mu.Lock()
	p.stats.CPU += w.cpu.total()
	switch {
	case v.closed:
		bad = true
	case bad:
		p.stats.Restarts++
		delete(v.all, w.Sandbox)
		if v.broke = append(v.broke, time.Now()); len(v.broke) > max(v.manifest.Restart.Max, 0)+1 {
			v.broke = v.broke[1:]
		}
	default:
		v.idle = append(v.idle, w)
	}
	p.mu.Unlock()
	if bad {
		_ = w.Close() // all is freed, whatever it says
	}
	<-v.tokens
}

// broken reports whether a sandbox is not to be used on after an error of it:
// what it was doing was cut off, or it has no memory left.
func broken(err error) bool {
	switch err := err.(type) {
	case *InterruptError, *TrapError, *ExitError:
		return true
	case *JSError:
		return err.Name == "InternalError" && err.Message == "out of memory"
	}
	return errors.Is(err, ErrHandles)
}

// retire makes calls that wait go to another version; Plugin.mu is held. It
// reports whether nothing uses this one.
func (v *pluginVersion) retire() bool {
	if !v.isRetired() {
		close(v.retired)
	}
	return v.users == 0
}

func (v *pluginVersion) isRetired() bool {
	select {
	case <-v.retired:
		return true
	default:
		return false
	}
}

// close frees all sandboxes, those in use too, and the dependencies.
func (v *pluginVersion) close() error {
	p := v.plugin
	p.mu.Lock()
	v.closed = true
	all := v.all
	v.all, v.idle = map[*Sandbox]struct{}{}, nil
	delete(p.versions, v)
	p.mu.Unlock()
	var errs []error
	for s := range all {
		errs = append(errs, s.Close())
	}
	for _, d := range v.deps {
		errs = append(errs, d.Close())
	}
	return errors.Join(errs...)
}

// InterfaceError reports all that a plugin does not export as it must.
type InterfaceError struct{ Mismatches []ExportMismatch }

// ExportMismatch is an export that is wrong.
type ExportMismatch struct {
	Export  string
	Problem string // "is missing", "is a number, not a function", "takes 1 parameters, not 2"
}

func (e *InterfaceError) Error() string {
	text := "the code does not have the interface that it must: "
	for i, m := range e.Mismatches {
		if i > 0 {
			text += "; "
		}
		text += m.Export + " " + m.Problem
	}
	return text
}

// maxExports bounds how many exports of a module are looked at.
const maxExports = 4096

// functions are the exports that may be called: those that the manifest lists,
// which must be as it says, or all functions.
func (m *PluginManifest) functions(ctx context.Context, exports Value) (map[string]exported, error) {
	must, all := m.Exports, len(m.Exports) == 0
	if all {
		names, err := exports.Keys(ctx)
		if err != nil {
			return nil, err
		}
		if len(names) > maxExports {
			return nil, fmt.Errorf("the module has %d exports, more than %d", len(names), maxExports)
		}
		for _, n := range names {
			must = append(must, PluginExport{Name: n, Params: AnyParams})
		}
	}
	functions := map[string]exported{}
	var wrong []ExportMismatch
	for _, e := range must {
		f, problem, err := e.find(ctx, exports)
		switch {
		case err != nil:
			return nil, fmt.Errorf("export %s: %w", e.Name, err)
		case problem == "":
			functions[e.Name] = f
		case !all:
			wrong = append(wrong, ExportMismatch{e.Name, problem})
		}
	}
	if len(wrong) > 0 {
		return nil, &InterfaceError{wrong}
	}
	return functions, nil
}

// find gives an export, or tells what is wrong with it.
func (e *PluginExport) find(ctx context.Context, exports Value) (x exported, problem string, err error) {
	if x.f, err = exports.Get(ctx, e.Name); err != nil {
		return x, "", err
	}
	switch x.f.Kind() {
	case KindUndefined:
		return x, "is missing", nil
	case KindFunction:
	default:
		x.f.Release()
		return x, fmt.Sprintf("is %s, not a function", article(x.f.Kind().String())), nil
	}
	length, err := x.f.Get(ctx, "length")
	if err != nil {
		return x, "", err
	}
	length.Release()
	x.params = int(length.Int64())
	if e.Params != AnyParams && (x.params > e.Params || x.params < e.Params-e.Optional) {
		want := fmt.Sprint(e.Params)
		if e.Optional > 0 {
			want = fmt.Sprintf("%d to %d", e.Params-e.Optional, e.Params)
		}
		problem = fmt.Sprintf("takes %d parameters, not %s", x.params, want)
	}
	return x, problem, nil
}
