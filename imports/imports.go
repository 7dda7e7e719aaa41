// Package imports gives a wazero runtime the host modules that the guest
// (wasm/quickjs.wasm) imports, and makes the state behind them: one Guest a
// sandbox. Package host is its user; embedders want host.
package imports

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"path/filepath"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/experimental/sys"

	"github.com/wqjs/wqjs/imports/call"
	"github.com/wqjs/wqjs/imports/codec"
	"github.com/wqjs/wqjs/imports/core"
	"github.com/wqjs/wqjs/imports/event"
	"github.com/wqjs/wqjs/imports/internal/fdtable"
	"github.com/wqjs/wqjs/imports/internal/guest"
	"github.com/wqjs/wqjs/imports/internal/loop"
	"github.com/wqjs/wqjs/imports/internal/policy"
	"github.com/wqjs/wqjs/imports/internal/quota"
	"github.com/wqjs/wqjs/imports/internal/rootfs"
	"github.com/wqjs/wqjs/imports/name"
	"github.com/wqjs/wqjs/imports/socket"
	"github.com/wqjs/wqjs/imports/tls"
)

// Instantiate adds WASI preview 1 and the wqjs modules to r, once a runtime.
func Instantiate(ctx context.Context, r wazero.Runtime) error {
	if err := instantiateWASI(ctx, r); err != nil {
		return err
	}
	for _, add := range []func(context.Context, wazero.Runtime) error{
		call.Instantiate, codec.Instantiate, core.Instantiate, event.Instantiate, name.Instantiate, socket.Instantiate,
		tls.Instantiate,
	} {
		if err := add(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// Profiler collects samples of what a guest executes; see guest.Profiler.
type Profiler = guest.Profiler

// Modules resolves and loads ES modules; see guest.Modules.
type Modules = guest.Modules

// Event is an entry of the guest's event ring.
type Event = loop.Event

// EventSize is the size of an Event in guest memory.
const EventSize = 16

// Rules are the text rules of a network and environment policy.
type Rules = policy.Config

// CheckRule checks one rule of a kind: "connect", "listen", "resolve", "udp",
// "unix" or "env".
func CheckRule(kind, rule string) error {
	var r Rules
	switch one := []string{rule}; kind {
	case "connect":
		r.Connect = one
	case "listen":
		r.Listen = one
	case "resolve":
		r.Resolve = one
	case "udp":
		r.UDP = one
	case "unix":
		r.Unix = one
	case "env":
		r.Env = one
	default:
		return fmt.Errorf("%q is no kind of rule", kind)
	}
	_, err := policy.Compile(r)
	var bad *policy.RuleError
	if errors.As(err, &bad) {
		return fmt.Errorf("%s (right is, for example, %q)", bad.Reason, bad.Example)
	}
	return err
}

// Dir is a folder or file of the host that the guest may use through WASI.
type Dir struct {
	// Path on the host; the guest sees the same absolute path.
	Path        string
	Read, Write bool
}

// Codec is a content coding; see codec.Codec.
type Codec = codec.Codec

// CodecWriter encodes what is written to it; see codec.Writer.
type CodecWriter = codec.Writer

// Mount is a read-only file system shown at an absolute guest path.
type Mount struct {
	GuestPath string
	FS        fs.FS
}

// GuestPath is the path at which a guest sees an absolute path of the host.
func GuestPath(abs string) (string, error) { return rootfs.GuestPath(abs) }

// Config is what a Guest is made of. The zero value grants nothing.
type Config struct {
	Rules  Rules
	Dirs   []Dir
	Mounts []Mount
	// AllFiles grants every file of the host.
	AllFiles bool
	// ModuleDirs are folders modules may be loaded from, besides readable Dirs.
	ModuleDirs []string
	Args       []string
	// Dir is the working folder for relative Unix socket paths, on the host.
	Dir      string
	Resolver *net.Resolver
	// Net, if set, takes the place of the system's network, and answers lookups
	// unless there is a Resolver.
	Net *VirtualNet
	// Codecs are content codings besides gzip and deflate, by name.
	Codecs map[string]Codec

	MaxQueued  int64 // bytes that wait in the host; see guest.Guest.Queue
	MaxFDs     int
	MaxTimers  int
	MaxLookups int
	MaxOpen    int // files
	// OnDenied, if set, is told of each refusal: what, and the flag that would
	// allow it.
	OnDenied func(text string)
	// OnUsed, if set, is told what the guest uses of its rules: see
	// policy.Policy.Observe; and "--allow-env" with the name of each variable that
	// it reads, granted or not.
	OnUsed func(flag, rule string)
	// OnFile, if set, is told of each operation on a granted path of the host:
	// "open", the path, and whether it reads and writes. Modules from ModuleDirs
	// are left out.
	OnFile func(op, path string, read, write bool)
	// OnBlock is told when a blocking call starts and stops waiting.
	OnBlock func(waiting bool)
}

// Guest is the host's state of one sandbox, but for its memory. Its methods are
// for the goroutine that runs the sandbox, but for those that say otherwise.
type Guest struct {
	g       *guest.Guest
	cancel  context.CancelFunc
	config  Config
	files   *rootfs.FS
	modules *rootfs.FS
	slot    *Slot // nil: none
}

// NewGuest checks c and makes a Guest. Errors name the wrong rule or folder.
func NewGuest(c Config) (*Guest, error) {
	p, err := policy.Compile(c.Rules)
	if err != nil {
		return nil, err
	}
	files, modules, err := fileSystems(c)
	if err != nil {
		return nil, err
	}
	return newGuest(c, p, files, modules), nil
}

func newGuest(c Config, p *policy.Policy, files, modules *rootfs.FS) *Guest {
	ctx, cancel := context.WithCancel(context.Background())
	kernel, resolver := network(c)
	g := &Guest{
		g: &guest.Guest{
			FDs:        fdtable.New(c.MaxFDs),
			Net:        kernel,
			Policy:     p,
			Pins:       &policy.Pins{},
			Loop:       loop.New(loop.Config{MaxTimers: c.MaxTimers, OnBlock: c.OnBlock}),
			Resolver:   resolver,
			Codecs:     codec.New(c.Codecs),
			Args:       c.Args,
			Dir:        c.Dir,
			MaxLookups: c.MaxLookups,
			Ctx:        ctx,
			Queue:      quota.New(c.MaxQueued),
			OnDenied:   onDenied(c),
		},
		cancel:  cancel,
		config:  c,
		files:   files,
		modules: modules,
	}
	if c.OnUsed != nil {
		g.g.Policy = p.Observe(c.OnUsed)
		g.g.OnEnv = func(name string) { c.OnUsed("--allow-env", name) }
	}
	return g
}

func onDenied(c Config) func(error) {
	if c.OnDenied == nil {
		return nil
	}
	return func(err error) { c.OnDenied(err.Error()) }
}

// Quota counts bytes that wait in the host for a guest; see quota.Quota.
type Quota = quota.Quota

// Queue counts what waits in the host for the guest.
func (g *Guest) Queue() *Quota { return g.g.Queue }

// Await runs work in a goroutine, which an interrupt of the guest leaves behind
// with its context ended.
func (g *Guest) Await(work func(context.Context) ([]byte, error)) ([]byte, error) {
	return guest.Await(g.g, work)
}

// Traffic is how many bytes sockets received and sent. Any goroutine may ask.
func (g *Guest) Traffic() (in, out uint64) { return g.g.BytesIn.Load(), g.g.BytesOut.Load() }

// Renew closes every fd, file and wait of the guest, and gives a new guest of
// the same configuration. Nothing else may be done with the old one.
func (g *Guest) Renew() (*Guest, error) {
	err := errors.Join(g.release(), g.files.Reset(), g.modules.Reset())
	return newGuest(g.config, g.g.Policy, g.files, g.modules), err
}

// Enter makes g the guest of slot's instance.
func (g *Guest) Enter(slot *Slot) {
	g.slot = slot
	slot.guest = g
	slot.files.Set(g.files)
}

// Leave ends Enter.
func (g *Guest) Leave() {
	if g.slot != nil {
		g.slot.guest = nil
		g.slot.files.Set(nil)
		g.slot = nil
	}
}

// fileSystems makes what the guest sees through WASI and what modules may be
// loaded from.
func fileSystems(c Config) (files, modules *rootfs.FS, err error) {
	opts := rootfs.Options{MaxOpenFiles: c.MaxOpen}
	if c.OnDenied != nil {
		opts.OnDenied = func(op, path, flag string) {
			c.OnDenied((&rootfs.Denied{Op: op, Path: path, Flag: flag}).Error())
		}
	}
	if c.OnFile != nil {
		opts.OnUsed = func(op, path string, read, write bool) { c.OnFile(op, rootfs.HostPath(path), read, write) }
	}
	grants, err := grantsOf(c)
	if err != nil {
		return nil, nil, err
	}
	if files, err = rootfs.New(grants, opts); err != nil {
		return nil, nil, err
	}
	if c.OnFile != nil {
		opts.OnUsed = func(op, path string, read, write bool) {
			if p := rootfs.HostPath(path); !c.inModuleDirs(p) {
				c.OnFile(op, p, read, write)
			}
		}
	}
	readable := append(readOnly(c.Dirs), newDirs(c, c.ModuleDirs)...)
	grants, err = grantsOf(Config{Dirs: readable, Mounts: c.Mounts, AllFiles: c.AllFiles})
	if err == nil {
		modules, err = rootfs.New(grants, opts)
	}
	if err != nil {
		return nil, nil, errors.Join(err, files.Close())
	}
	return files, modules, nil
}

// inModuleDirs reports whether modules may be loaded from a path without a rule.
func (c *Config) inModuleDirs(p string) bool {
	for _, dir := range c.ModuleDirs {
		if rel, err := filepath.Rel(dir, p); err == nil && filepath.IsLocal(rel) {
			return true
		}
	}
	return false
}

// readOnly keeps the readable folders, for reading.
func readOnly(dirs []Dir) []Dir {
	var out []Dir
	for _, d := range dirs {
		if d.Read {
			out = append(out, Dir{Path: d.Path, Read: true})
		}
	}
	return out
}

// newDirs are the module folders that no readable Dir names already.
func newDirs(c Config, paths []string) []Dir {
	var out []Dir
	for _, p := range paths {
		known := c.AllFiles
		for _, d := range c.Dirs {
			known = known || d.Read && d.Path == p
		}
		if !known {
			out = append(out, Dir{Path: p, Read: true})
		}
	}
	return out
}

func grantsOf(c Config) ([]rootfs.Grant, error) {
	var grants []rootfs.Grant
	if c.AllFiles {
		all, err := rootfs.All(true, true)
		if err != nil {
			return nil, err
		}
		grants = all
	}
	for _, d := range c.Dirs {
		g, err := rootfs.Dir(d.Path, d.Read, d.Write)
		if err != nil {
			for _, g := range grants {
				g.Close()
			}
			return nil, err
		}
		grants = append(grants, g)
	}
	for _, m := range c.Mounts {
		grants = append(grants, rootfs.Grant{GuestPath: m.GuestPath, FS: m.FS, Read: true})
	}
	return grants, nil
}

// SetModules says where modules come from; before the first call into the guest.
func (g *Guest) SetModules(m Modules) { g.g.Modules = m }

// Calls are the Go functions that the guest may call; see guest.Calls.
type Calls = guest.Calls

// SetCalls says which Go functions the guest finds; before the first call into it.
func (g *Guest) SetCalls(c Calls) { g.g.Calls = c }

// Poke makes Next return an event that means nothing to the guest, unless too
// many operations are in flight; n differs from those of pokes not yet returned.
// Any goroutine may call it.
func (g *Guest) Poke(n int32) {
	id := -1 - n&0x7fffffff
	if g.g.Loop.StartOp(id, func() {}) == nil {
		g.g.Loop.Complete(id, 0)
	}
}

// SetProfiler turns sampling on; before the first call into the guest.
func (g *Guest) SetProfiler(p Profiler) { g.g.Profiler = p }

// ReadModule reads the source of a module file under the guest's grants.
func (g *Guest) ReadModule(path string, limit int64) ([]byte, error) {
	b, _, err := g.modules.ReadFile(path, limit)
	return b, err
}

// With returns a context for calls into the guest.
func (g *Guest) With(ctx context.Context) context.Context { return guest.With(ctx, g.g) }

// MayEnv reports whether the rules grant an environment variable.
func (g *Guest) MayEnv(name string) bool { return g.g.Policy.Env(name) }

// Next waits for events, as loop.Loop does; none means that nothing is pending.
func (g *Guest) Next(out []Event) ([]Event, error) { return g.g.Loop.Next(out) }

// Interrupt ends every wait with cause, now and later, until Resume; any
// goroutine may call it.
func (g *Guest) Interrupt(cause error) { g.g.Loop.Interrupt(cause) }

// Shutdown asks the program to end by itself, and reports whether it wants to be
// asked; any goroutine may call it.
func (g *Guest) Shutdown() bool { return g.g.Loop.Shutdown() }

// Resume ends the effect of Interrupt.
func (g *Guest) Resume() { g.g.Loop.Resume() }

// Interrupted is the cause given to Interrupt.
func (g *Guest) Interrupted() error { return g.g.Loop.Interrupted() }

// Held is something that a guest holds.
type Held struct {
	N    int
	What string
}

// Pending lists what would be lost if the guest were a memory alone.
func (g *Guest) Pending() (all []Held) {
	timers, ops := g.g.Loop.Pending()
	for _, h := range []Held{
		{timers, "pending timers"}, {ops, "operations in progress"},
		{g.g.FDs.Len(), "open sockets"}, {g.files.Len(), "open files"},
	} {
		if h.N > 0 {
			all = append(all, h)
		}
	}
	return all
}

// OpenFDs is how many socket fds are open. Any goroutine may ask.
func (g *Guest) OpenFDs() int { return g.g.FDs.Len() }

// Nanosleep sleeps, until Interrupt.
func (g *Guest) Nanosleep(ns int64) { g.g.Loop.SleepNS(ns) }

// Close closes every fd, file and wait of the guest.
func (g *Guest) Close() error {
	return errors.Join(g.release(), g.files.Close(), g.modules.Close())
}

// release closes all but the file systems.
func (g *Guest) release() error {
	g.Leave()
	g.cancel()
	return errors.Join(g.g.Loop.Close(), g.g.Codecs.Close(), g.g.FDs.CloseAll())
}

// CheckModule says whether a module file can be read under the guest's grants.
func (g *Guest) CheckModule(path string) error {
	st, errno := g.modules.Stat(path)
	switch {
	case errno == sys.EACCES:
		return &rootfs.Denied{Op: "read", Path: path, Flag: "--allow-read=" + path}
	case errno != 0:
		return &fs.PathError{Op: "import", Path: path, Err: errno}
	case st.Mode.IsDir():
		return &fs.PathError{Op: "import", Path: path, Err: sys.EISDIR}
	}
	return nil
}

// Stdin makes a blocking reader interruptible, for ModuleConfig.WithStdin.
type Stdin = rootfs.Interruptible

// NewStdin wraps r.
func NewStdin(r io.Reader) *Stdin { return rootfs.NewInterruptible(r) }
