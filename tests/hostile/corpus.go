package main

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

//go:embed all:scripts
var files embed.FS

// script is one file of scripts/: what it is about and how it must end stand in
// the comment at its head.
//
//	// What it tries.
//	// expect: interrupted
//	// with: module, run, output=65536
//
// expect names one or more ends (see end), separated by "|". with is optional:
// "module" makes it an ES module, "run" runs the event loop after it, "output=N",
// "fds=N" and "memory=N" (in MiB) set a limit for it.
type script struct {
	name        string // "loop/plain"
	source      string
	expect      []end
	module, run bool
	limits      map[string]int
}

// corpus reads all scripts whose name has part in it. Files that begin with an
// underscore are modules for others.
func corpus(part string) (all []script, err error) {
	err = fs.WalkDir(files, "scripts", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(file) != ".js" || strings.HasPrefix(d.Name(), "_") {
			return err
		}
		name := strings.TrimSuffix(strings.TrimPrefix(file, "scripts/"), ".js")
		if !strings.Contains(name, part) {
			return nil
		}
		b, err := files.ReadFile(file)
		if err != nil {
			return err
		}
		s, err := parse(name, string(b))
		all = append(all, s)
		return err
	})
	return all, err
}

func parse(name, source string) (script, error) {
	s := script{name: name, source: source, limits: map[string]int{}}
	about := false
	for line := range strings.Lines(source) {
		text, ok := strings.CutPrefix(strings.TrimSpace(line), "// ")
		if !ok {
			break
		}
		if list, ok := strings.CutPrefix(text, "expect: "); ok {
			for _, e := range strings.Split(list, " | ") {
				s.expect = append(s.expect, end(e))
			}
		} else if list, ok := strings.CutPrefix(text, "with: "); ok {
			for _, option := range strings.Split(list, ", ") {
				if err := s.option(option); err != nil {
					return s, fmt.Errorf("%s: %w", name, err)
				}
			}
		} else {
			about = true
		}
	}
	if !about || s.expect == nil {
		return s, fmt.Errorf("%s: its head does not say what it is about and how it ends", name)
	}
	return s, nil
}

func (s *script) option(text string) error {
	key, value, _ := strings.Cut(text, "=")
	switch key {
	case "module":
		s.module = true
	case "run":
		s.run = true
	case "output", "fds", "memory":
		n, err := strconv.Atoi(value)
		if err != nil {
			return err
		}
		s.limits[key] = n
	default:
		return fmt.Errorf("unknown option %q", text)
	}
	return nil
}

// endless reports whether only an interrupt ends it.
func (s script) endless() bool { return slices.Contains(s.expect, interrupted) }

// load is the scripts' module loader: "/hostile/loop/_a.js", with anything
// behind a question mark.
func load(name string) ([]byte, error) {
	name, _, _ = strings.Cut(name, "?")
	rest, ok := strings.CutPrefix(name, "/hostile/")
	if !ok {
		return nil, fs.ErrNotExist
	}
	return files.ReadFile("scripts/" + rest)
}
