package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/wqjs/wqjs/host"
)

// addPolicy adds the rules of a policy file.
func addPolicy(p *host.Policy, file string) error {
	more, err := host.ReadPolicy(file)
	if err != nil {
		return err
	}
	p.All, p.Raw = p.All || more.All, p.Raw || more.Raw
	p.Connect = append(p.Connect, more.Connect...)
	p.Listen = append(p.Listen, more.Listen...)
	p.Resolve = append(p.Resolve, more.Resolve...)
	p.UDP = append(p.UDP, more.UDP...)
	p.Unix = append(p.Unix, more.Unix...)
	p.Env = append(p.Env, more.Env...)
	p.ReadDirs = append(p.ReadDirs, more.ReadDirs...)
	p.WriteDirs = append(p.WriteDirs, more.WriteDirs...)
	return nil
}

// lesson is the policy file of --learn, or nil.
type lesson struct {
	host.PolicyRecorder
	path string
	file *os.File
}

// openLesson makes the file before the run, so that a wrong path shows at once.
func openLesson(path string) (*lesson, error) {
	if path == "" {
		return nil, nil
	}
	f, err := os.Create(path)
	if err != nil {
		return nil, usagef("--learn: %v", err)
	}
	return &lesson{path: path, file: f}, nil
}

func (l *lesson) recorder() *host.PolicyRecorder {
	if l == nil {
		return nil
	}
	return &l.PolicyRecorder
}

// write writes the file, and says what is not in it.
func (l *lesson) write(stderr io.Writer) error {
	if l == nil {
		return nil
	}
	dir, err := filepath.Abs(filepath.Dir(l.path))
	if err == nil {
		_, err = l.file.Write(l.Policy().Format(dir))
	}
	tell(stderr, l.path, "it was refused: %s", l.Denied())
	tell(stderr, l.path, "it did not exist: %q", l.Missing())
	return errors.Join(err, l.file.Close())
}

// maxTold bounds how many things are named that a policy file lacks.
const maxTold = 20

func tell(stderr io.Writer, file, why string, all []string) {
	for _, text := range all[:min(len(all), maxTold)] {
		fmt.Fprintf(stderr, "wqjs: not in %s, as "+why+"\n", file, text)
	}
	if n := len(all) - maxTold; n > 0 {
		fmt.Fprintf(stderr, "wqjs: … and %d more\n", n)
	}
}
