package main

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const (
	watchEvery = 250 * time.Millisecond
	maxWatched = 10_000
)

// watch reloads when a file below the app's folder has changed, or one of TLS. It
// looks from time to time: that works on every system and file system.
func (p *pool) watch(ctx context.Context) {
	dir := filepath.Dir(p.app)
	last := p.snapshot(dir)
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(watchEvery):
		}
		if now := p.snapshot(dir); now != last {
			last = now
			p.reload(ctx)
		}
	}
}

// state of the files: it changes when one of them does.
type state struct {
	files  int
	bytes  int64
	newest time.Time
}

func (s *state) add(info fs.FileInfo) {
	s.files++
	s.bytes += info.Size()
	if info.ModTime().After(s.newest) {
		s.newest = info.ModTime()
	}
}

// snapshot looks at what modules are made of; hidden folders and node_modules
// are left out.
func (p *pool) snapshot(dir string) state {
	var s state
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		name := filepath.Base(path)
		switch {
		case err != nil: // removed meanwhile: the next look tells
			return nil
		case d.IsDir() && path != dir && (strings.HasPrefix(name, ".") || name == "node_modules"):
			return fs.SkipDir
		case d.IsDir() || s.files >= maxWatched:
			return nil
		}
		if info, err := d.Info(); err == nil {
			s.add(info)
		}
		return nil
	})
	for _, file := range []string{p.o.serve.tlsCert, p.o.serve.tlsKey} {
		if info, err := os.Stat(file); err == nil { // without TLS there is none
			s.add(info)
		}
	}
	return s
}
