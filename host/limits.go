package host

import (
	"cmp"
	"fmt"
	"math"
	"path/filepath"

	"github.com/wqjs/wqjs/imports"
)

// check fills in defaults; its errors name the field and the value.
func (l Limits) check() (Limits, error) {
	if l.Memory == 0 {
		l.Memory = defaultMemory
	}
	if l.Memory < minMemory || l.Memory > maxMemory {
		return l, fmt.Errorf("Limits.Memory is %d bytes, must be from %d to %d", l.Memory, uint64(minMemory), uint64(maxMemory))
	}
	if l.Stack == 0 {
		l.Stack = defaultStack
	}
	if l.Stack < minStack || l.Stack > maxStack {
		return l, fmt.Errorf("Limits.Stack is %d bytes, must be from %d to %d", l.Stack, minStack, maxStack)
	}
	if l.CPUTime < 0 {
		return l, fmt.Errorf("Limits.CPUTime is %v, must not be negative", l.CPUTime)
	}
	if l.Output < 0 {
		return l, fmt.Errorf("Limits.Output is %d, must not be negative", l.Output)
	}
	if l.Queued < 0 {
		return l, fmt.Errorf("Limits.Queued is %d, must not be negative", l.Queued)
	}
	l.Queued = cmp.Or(l.Queued, defaultQueued)
	for _, f := range []struct {
		name      string
		value     *int
		dflt, max int
	}{
		{"FDs", &l.FDs, defaultFDs, maxFDs},
		{"Files", &l.Files, defaultFiles, math.MaxInt32},
		{"Timers", &l.Timers, defaultTimers, maxTimers},
		{"Lookups", &l.Lookups, defaultLookups, math.MaxInt32},
		{"Handles", &l.Handles, defaultHandles, maxHandles},
	} {
		if *f.value < 0 || *f.value > f.max {
			return l, fmt.Errorf("Limits.%s is %d, must be from 1 to %d, or 0 for %d", f.name, *f.value, f.max, f.dflt)
		}
		if *f.value == 0 {
			*f.value = f.dflt
		}
	}
	return l, nil
}

// imports translates the configuration.
func (c SandboxConfig) imports(l Limits) imports.Config {
	p := c.Policy
	cfg := imports.Config{
		Rules: imports.Rules{
			All: p.All, Listen: p.Listen, Connect: p.Connect, Resolve: p.Resolve,
			UDP: p.UDP, Unix: p.Unix, Raw: p.Raw, Env: p.Env,
		},
		AllFiles:   p.All,
		ModuleDirs: c.ModuleDirs,
		Args:       c.Args,
		Dir:        cmp.Or(c.Dir, string(filepath.Separator)),
		Resolver:   c.Resolver,
		MaxFDs:     l.FDs,
		MaxTimers:  l.Timers,
		MaxLookups: l.Lookups,
		MaxOpen:    l.Files,
		MaxQueued:  l.Queued,
	}
	if c.Net != nil {
		cfg.Net = c.Net.net
	}
	for _, m := range c.Mounts {
		cfg.Mounts = append(cfg.Mounts, imports.Mount(m))
	}
	write := map[string]bool{}
	for _, d := range p.WriteDirs {
		write[d] = true
	}
	for _, d := range p.ReadDirs {
		cfg.Dirs = append(cfg.Dirs, imports.Dir{Path: d, Read: true, Write: write[d]})
		delete(write, d)
	}
	for _, d := range p.WriteDirs {
		if write[d] {
			cfg.Dirs = append(cfg.Dirs, imports.Dir{Path: d, Write: true})
		}
	}
	return cfg
}
