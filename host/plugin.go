package host

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"
)

// PluginManifest says what a plugin is: its code, what it must export, what it
// may do, and what it depends on.
type PluginManifest struct {
	// Name stands in errors; not empty.
	Name string
	// Module is the name of the main module, an absolute path: default
	// "/NAME.js". Its relative imports start from there.
	Module string
	// Source is the code of the main module. When it is empty, Module is loaded as
	// an import would be, by Sandbox.ModuleLoader or from a file; the folder of
	// that file is one of Sandbox.ModuleDirs then.
	Source string
	// Exports are the functions that the module must export. Without any, all
	// functions that it exports may be called.
	Exports []PluginExport
	// Sandbox configures the sandboxes of the plugin: its policy, limits, files.
	// Limits.CPUTime and Limits.Output are for each call, and for the loading.
	Sandbox SandboxConfig
	// Setup, if set, is called with each new sandbox before the code is loaded, to
	// Set what it may use of the program. It must not close it, nor keep it.
	Setup func(ctx context.Context, s *Sandbox) error
	// Sandboxes is how many calls may run at the same time, each in a sandbox of
	// its own: default 1. One is made at once, the others when they are needed.
	Sandboxes int
	// CallTimeout is the longest that a call may take, waiting included, once it
	// has a sandbox: beyond it there is ErrCallTimeout. Default: no limit but that
	// of the context.
	CallTimeout time.Duration
	// Restart says how often sandboxes that broke may be replaced.
	Restart RestartRule
	// Dependencies are plugins that the code imports by bare names: each runs in
	// sandboxes of its own, under its own policy and limits.
	Dependencies map[string]PluginDependency
}

// PluginDependency is a plugin that other code imports. What it exports become
// functions there, whose arguments and results are copies: no functions or other
// references to objects of a sandbox cross. Its name in errors is its specifier
// unless it has one.
type PluginDependency struct {
	PluginManifest
	// Sync makes its functions return results instead of promises: the code that
	// calls waits, and handles no events meanwhile.
	Sync bool
}

// PluginExport is a function that a plugin must export.
type PluginExport struct {
	Name string
	// Params is how many parameters it must declare; AnyParams for any number.
	Params int
	// Optional is how many of these it may leave undeclared: JavaScript does not
	// count those with defaults and the rest parameter.
	Optional int
}

// AnyParams as PluginExport.Params does not check them.
const AnyParams = -1

// RestartRule bounds how often sandboxes of a plugin are replaced. One is
// replaced when a call in it was interrupted, called std.exit, ran out of
// memory or trapped: the next call that needs it loads the code anew. The zero
// value sets no bound.
type RestartRule struct {
	// Max is how many may be replaced within Within: beyond it calls fail with
	// ErrRestarts until enough time has passed. 0 is any number, and below 0 none.
	Max int
	// Within is a sliding window; 0 is the life of the plugin, until a Swap.
	Within time.Duration
}

var (
	// ErrPluginClosed: the plugin was closed.
	ErrPluginClosed = errors.New("plugin is closed")
	// ErrCallTimeout: a call took longer than PluginManifest.CallTimeout.
	ErrCallTimeout = errors.New("time limit of the call reached")
	// ErrRestarts: sandboxes of the plugin broke too often for its RestartRule.
	ErrRestarts = errors.New("broke too often to be restarted")
)

// PluginError is an error of a plugin's code, or of loading it. In JavaScript
// that imported it as a dependency it is an Error with the code ERR_PLUGIN,
// unless what it wraps is one of JavaScript with a code of its own.
type PluginError struct {
	Plugin string // its name
	Err    error
}

func (e *PluginError) Error() string { return fmt.Sprintf("plugin %q: %v", e.Plugin, e.Err) }

// Unwrap is the error without the plugin's name.
func (e *PluginError) Unwrap() error { return e.Err }

// Code is the code that JavaScript sees.
func (e *PluginError) Code() string {
	if js, ok := e.Err.(*JSError); ok && js.Code != "" {
		return js.Code
	}
	return "ERR_PLUGIN"
}

// Plugin is code that can be replaced while it is called. Its sandboxes keep
// their state between calls, until they are replaced. Events of its code (timers,
// sockets) are handled while a call is in progress in their sandbox.
//
// Methods may be called from any goroutine, but not from code that the plugin
// calls, which must not wait for the plugin either.
type Plugin struct {
	image *Image
	name  string

	swapping chan struct{} // holds a token while a version is loaded

	mu       sync.Mutex
	current  *pluginVersion
	versions map[*pluginVersion]struct{} // that hold anything
	closed   bool
	stats    PluginStats
}

// LoadPlugin loads a plugin into sandboxes of an image, which may hold what
// plugins have in common, and is to be closed after the plugin. The code runs
// under ctx and its own limits. Errors are *PluginError: among what they wrap is
// an *InterfaceError when the code does not export what it must.
func LoadPlugin(ctx context.Context, img *Image, m PluginManifest) (*Plugin, error) {
	p := &Plugin{image: img, name: m.Name, swapping: make(chan struct{}, 1), versions: map[*pluginVersion]struct{}{}}
	if err := p.Swap(ctx, m); err != nil {
		return nil, err
	}
	return p, nil
}

// Swap puts another version in the place of the plugin's code. Calls in progress
// end where they began; later ones, and those that wait for a sandbox, go to the
// new version. When that cannot be loaded, the plugin stays as it was. State is
// not taken over.
func (p *Plugin) Swap(ctx context.Context, m PluginManifest) error {
	select {
	case p.swapping <- struct{}{}:
	case <-ctx.Done():
		return p.wrap(&InterruptError{context.Cause(ctx)})
	}
	defer func() { <-p.swapping }()
	v, err := p.load(ctx, m)
	p.mu.Lock()
	if err == nil && p.closed {
		err = ErrPluginClosed
	}
	if err != nil {
		p.stats.FailedSwaps++
		p.mu.Unlock()
		v.close()
		return p.wrap(err)
	}
	old := p.current
	p.current, p.name = v, m.Name
	p.stats.Version++
	unused := old != nil && old.retire()
	p.mu.Unlock()
	if unused {
		old.close()
	}
	return nil
}

// Reload is Swap with the same manifest: what comes from files, or from a
// ModuleLoader, is loaded again.
func (p *Plugin) Reload(ctx context.Context) error { return p.Swap(ctx, p.Manifest()) }

// Manifest is that of the current version.
func (p *Plugin) Manifest() PluginManifest {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.current.manifest
}

// Exports are the functions that may be called, with the number of parameters
// that they declare, by name.
func (p *Plugin) Exports() map[string]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.current.exports)
}

// Call calls a function that the plugin exports and waits for its promise, if it
// returns one. When all sandboxes are in use, it waits for one, at most until ctx
// ends. For the arguments see Sandbox.Set. The result is a copy, as an any of As;
// CallAs gives a type. Errors are *PluginError.
func (p *Plugin) Call(ctx context.Context, name string, args ...any) (any, error) {
	return CallAs[any](ctx, p, name, args...)
}

// callInto makes Plugin a Caller.
func (p *Plugin) callInto(ctx context.Context, _ uint32, name string, args []any, out any) error {
	v, w, err := p.take(ctx)
	if err == nil {
		err = v.call(ctx, w, name, args, out)
		p.give(v, w, err)
	}
	p.mu.Lock()
	p.stats.Calls++
	if err != nil {
		p.stats.Failed++
	}
	p.mu.Unlock()
	return p.wrap(err)
}

func (p *Plugin) wrap(err error) error {
	if err == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return &PluginError{p.name, err}
}

// take gives a sandbox of the current version.
func (p *Plugin) take(ctx context.Context) (*pluginVersion, *pluginSandbox, error) {
	for {
		p.mu.Lock()
		v := p.current
		if p.closed {
			p.mu.Unlock()
			return nil, nil, ErrPluginClosed
		}
		v.users++
		p.mu.Unlock()
		w, err := v.take(ctx)
		if err == nil {
			return v, w, nil
		}
		p.leave(v)
		if err != errRetired {
			return nil, nil, err
		}
	}
}

// give takes a sandbox back after a call that ended with err.
func (p *Plugin) give(v *pluginVersion, w *pluginSandbox, err error) {
	v.give(w, err)
	p.leave(v)
}

// leave ends the use of a version; the last of a retired one frees it.
func (p *Plugin) leave(v *pluginVersion) {
	p.mu.Lock()
	v.users--
	unused := v.users == 0 && v.isRetired()
	p.mu.Unlock()
	if unused {
		v.close()
	}
}

// Close ends the plugin and its dependencies: calls in progress are interrupted.
// It may be called more than once.
func (p *Plugin) Close() error {
	p.mu.Lock()
	p.closed = true
	if p.current != nil {
		p.current.retire()
	}
	all := maps.Keys(maps.Clone(p.versions))
	p.mu.Unlock()
	var errs []error
	for v := range all {
		errs = append(errs, v.close())
	}
	return errors.Join(errs...)
}

// PluginStats counts what a plugin did, over all its versions. Those of the
// moment are Draining, InFlight, Waiting, Sandboxes and Memory.
type PluginStats struct {
	Version     uint64        // 1 at first, and one more with each Swap
	Draining    int           // older versions whose calls have not ended
	InFlight    int           // calls that have a sandbox
	Waiting     int           // calls that wait for one
	Sandboxes   int           // that there are
	Memory      uint64        // of these, in bytes
	Calls       uint64        // that ended
	Failed      uint64        // of these, with an error
	Waits       uint64        // calls that waited for a sandbox
	Restarts    uint64        // sandboxes that broke
	FailedSwaps uint64        // Swaps and Reloads that changed nothing
	CPU         time.Duration // of execution in calls, by the wall clock
	// Dependencies are those of the current version.
	Dependencies map[string]PluginStats
}

// Stats counts.
func (p *Plugin) Stats() PluginStats {
	p.mu.Lock()
	defer p.mu.Unlock()
	st := p.stats
	for v := range p.versions {
		if v != p.current {
			st.Draining++
		}
		st.InFlight += len(v.tokens)
		st.Sandboxes += len(v.all)
		for s := range v.all {
			st.Memory += s.Stats().Memory
		}
	}
	st.Dependencies = make(map[string]PluginStats, len(p.current.deps))
	for spec, d := range p.current.deps {
		st.Dependencies[spec] = d.Stats()
	}
	return st
}
