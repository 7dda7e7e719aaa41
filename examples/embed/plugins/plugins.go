package main

import (
	"context"
	"errors"
	"log"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"github.com/wqjs/wqjs/host"
)

// api is what a plugin must export.
type api struct {
	Transform func(ctx context.Context, text string) (string, error) `js:"transform"`
}

// Folder runs the plugins of a folder, one for each file NAME.js. Transform may
// be called from any goroutine, at any time.
type Folder struct {
	dir     string
	log     *log.Logger
	engine  *host.Engine
	image   *host.Image
	loaded  map[string]*loaded             // by file; of the goroutine that Updates
	plugins atomic.Pointer[[]*host.Plugin] // in the order of their files
}

// loaded is a plugin and the state of the files that it was made of.
type loaded struct {
	plugin *host.Plugin // nil when it could not be loaded
	state  state
}

// Open loads the plugins of a folder. What becomes of each is told to log.
func Open(ctx context.Context, dir string, log *log.Logger) (*Folder, error) {
	var c host.Config
	if cache, err := os.UserCacheDir(); err == nil {
		c.CacheDir = filepath.Join(cache, "wqjs") // compile once a machine
	}
	engine, err := host.NewEngine(ctx, c)
	if err != nil {
		return nil, err
	}
	f := &Folder{dir: dir, log: log, engine: engine, loaded: map[string]*loaded{}}
	if f.image, err = engine.NewImage(ctx, host.ImageConfig{}); err == nil {
		err = f.Update(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// manifest is that of a file: it may compute, and import the dictionary, which
// may read its own folder.
func (f *Folder) manifest(file string) host.PluginManifest {
	limits := host.Limits{Memory: 16 << 20, CPUTime: 500 * time.Millisecond}
	dictionary := filepath.Join(f.dir, "dictionary")
	return host.PluginManifest{
		Name:        filepath.Base(file),
		Module:      file,
		Exports:     host.PluginExports[api](),
		Sandbox:     host.SandboxConfig{Limits: limits},
		Sandboxes:   2,
		CallTimeout: time.Second,
		Restart:     host.RestartRule{Max: 10, Within: time.Minute},
		Dependencies: map[string]host.PluginDependency{"dictionary": {PluginManifest: host.PluginManifest{
			Module:  filepath.Join(dictionary, "dictionary.js"),
			Sandbox: host.SandboxConfig{Limits: limits, Policy: host.Policy{ReadDirs: []string{dictionary}}},
		}}},
	}
}

// Update looks for changes: new files are loaded, changed ones replace what runs,
// without losing a call, and what is gone is closed. A file that cannot be loaded
// leaves what was loaded before.
func (f *Folder) Update(ctx context.Context) error {
	files, err := filepath.Glob(filepath.Join(f.dir, "*.js"))
	if err != nil {
		return err
	}
	var gone []*host.Plugin
	for file, l := range f.loaded {
		if !slices.Contains(files, file) {
			delete(f.loaded, file)
			if l.plugin != nil {
				gone = append(gone, l.plugin)
			}
			f.log.Printf("%s: removed", filepath.Base(file))
		}
	}
	dictionary, err := stateOf(filepath.Glob(filepath.Join(f.dir, "dictionary", "*")))
	if err != nil {
		return err
	}
	for _, file := range files {
		now, err := stateOf([]string{file}, nil)
		if err != nil {
			continue // removed just now
		}
		now.add(dictionary)
		l := f.loaded[file]
		if l == nil {
			l = &loaded{}
			f.loaded[file] = l
		}
		if now != l.state {
			l.state = now
			f.load(ctx, file, l)
		}
	}
	f.publish()
	for _, p := range gone {
		p.Close()
	}
	return ctx.Err()
}

// publish makes known what is loaded.
func (f *Folder) publish() {
	var all []*host.Plugin
	for _, file := range slices.Sorted(maps.Keys(f.loaded)) {
		if p := f.loaded[file].plugin; p != nil {
			all = append(all, p)
		}
	}
	f.plugins.Store(&all)
}

func (f *Folder) load(ctx context.Context, file string, l *loaded) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	var err error
	if l.plugin == nil {
		l.plugin, err = host.LoadPlugin(ctx, f.image, f.manifest(file))
	} else {
		err = l.plugin.Reload(ctx)
	}
	if err != nil {
		f.log.Print(err)
		return
	}
	f.log.Printf("%s: version %d", filepath.Base(file), l.plugin.Stats().Version)
}

// Watch calls Update from time to time until ctx ends.
func (f *Folder) Watch(ctx context.Context, every time.Duration) {
	for tick := time.Tick(every); ; {
		select {
		case <-ctx.Done():
			return
		case <-tick:
			_ = f.Update(ctx) // the log has what happened
		}
	}
}

// Transform runs a text through the plugins. One that fails is left out.
func (f *Folder) Transform(ctx context.Context, text string) string {
	for _, p := range *f.plugins.Load() {
		out, err := host.BindPlugin[api](p).Transform(ctx, text)
		if err != nil {
			f.log.Print(err)
			continue
		}
		text = out
	}
	return text
}

// Close ends all plugins. Watch must have ended.
func (f *Folder) Close() error {
	var errs []error
	for _, l := range f.loaded {
		if l.plugin != nil {
			errs = append(errs, l.plugin.Close())
		}
	}
	return errors.Join(append(errs, f.engine.Close(context.Background()))...)
}

// state of files: it changes when one of them does.
type state struct {
	files  int
	bytes  int64
	newest time.Time
}

func stateOf(files []string, err error) (s state, _ error) {
	for _, file := range files {
		info, err := os.Stat(file)
		if err != nil {
			return s, err
		}
		s.add(state{1, info.Size(), info.ModTime()})
	}
	return s, err
}

func (s *state) add(o state) {
	s.files += o.files
	s.bytes += o.bytes
	if o.newest.After(s.newest) {
		s.newest = o.newest
	}
}
