package main

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/wqjs/wqjs/host"
)

// outcome of one test in one mode.
type outcome struct {
	test string // path below the suite's test folder, and " strict" in strict mode
	kind kind
	text string // why it failed or was skipped
}

type kind byte

const (
	pass kind = iota
	fail
	skip
)

func (k kind) String() string { return [...]string{"pass", "fail", "skip"}[k] }

//go:embed host.mjs
var hostObject string

// runner runs tests of one suite; its methods may be called by many goroutines.
type runner struct {
	engine  *host.Engine
	suite   string // absolute
	timeout time.Duration
	harness sync.Map // file name → source
}

// run runs a test in every mode it asks for.
func (r *runner) run(ctx context.Context, name string) []outcome {
	file := filepath.Join(r.suite, "test", filepath.FromSlash(name))
	src, err := os.ReadFile(file)
	if err != nil {
		return []outcome{{name, fail, err.Error()}}
	}
	m, err := parseMeta(string(src))
	if err != nil {
		return []outcome{{name, fail, err.Error()}}
	}
	if why := skipReason(name, m, string(src)); why != "" {
		return []outcome{{name, skip, why}}
	}
	var out []outcome
	add := func(suffix, source string) {
		o := outcome{test: name + suffix}
		if err := r.runOne(ctx, file, source, m); err != nil {
			o.kind, o.text = fail, oneLine(err.Error())
		}
		out = append(out, o)
	}
	if !m.flag("onlyStrict") {
		add("", string(src))
	}
	if !m.flag("noStrict") && !m.flag("raw") && !m.flag("module") {
		add(" strict", "\"use strict\";\n"+string(src))
	}
	return out
}

func oneLine(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > 300 {
		s = s[:300]
	}
	return s
}

// runOne runs source in a fresh sandbox; nil means that it passed.
func (r *runner) runOne(ctx context.Context, file, source string, m meta) error {
	ctx, cancel := context.WithTimeout(ctx, 4*r.timeout)
	defer cancel()
	var out bytes.Buffer
	sb, err := r.engine.NewSandbox(ctx, host.SandboxConfig{
		ModuleDirs: []string{filepath.Join(r.suite, "test")},
		Stdout:     &out,
		Limits:     host.Limits{CPUTime: r.timeout, Stack: 900 << 10},
	})
	if err != nil {
		return err
	}
	defer sb.Close()
	if err := sb.EvalModule(ctx, "/262.mjs", hostObject); err != nil {
		return err
	}
	if !m.flag("raw") {
		harness, err := r.includes(m)
		if err != nil {
			return err
		}
		if err := sb.Eval(ctx, "harness", harness); err != nil {
			return fmt.Errorf("harness: %w", err)
		}
	}
	if m.flag("module") {
		err = sb.EvalModule(ctx, file, source)
	} else {
		err = sb.Eval(ctx, file, source)
	}
	if err = settle(ctx, sb, err); err == nil && m.flag("async") {
		err = settle(ctx, sb, sb.Run(ctx))
	}
	if m.negativeType != "" {
		return checkNegative(err, m)
	}
	if err != nil {
		return err
	}
	if m.flag("async") {
		return checkAsync(out.String())
	}
	return nil
}

// settle goes on after rejections that nobody handles: wqjs ends a script at the
// first, ECMAScript does not.
func settle(ctx context.Context, sb *host.Sandbox, err error) error {
	var js *host.JSError
	for errors.As(err, &js) && js.InPromise {
		err = sb.Eval(ctx, "settle", "")
	}
	return err
}

// includes is the harness for a test, as one script.
func (r *runner) includes(m meta) (string, error) {
	names := []string{"assert.js", "sta.js"}
	if m.flag("async") {
		names = append(names, "doneprintHandle.js")
	}
	var b strings.Builder
	for _, name := range append(names, m.includes...) {
		src, ok := r.harness.Load(name)
		if !ok {
			text, err := os.ReadFile(filepath.Join(r.suite, "harness", filepath.FromSlash(name)))
			if err != nil {
				return "", err
			}
			src = string(text)
			r.harness.Store(name, src)
		}
		b.WriteString(src.(string))
		b.WriteByte('\n')
	}
	return b.String(), nil
}

// checkNegative compares err with the error that the test must end with. A
// test of an early error throws a string if it is evaluated all the same, so
// the name tells the phases apart.
func checkNegative(err error, m meta) error {
	if err == nil {
		return fmt.Errorf("no %s was thrown (phase %s)", m.negativeType, m.negativePhase)
	}
	var js *host.JSError
	if !errors.As(err, &js) {
		return err
	}
	name := js.Name
	if name == "" { // Test262Error is no Error: the message shows the object
		name, _, _ = strings.Cut(js.Message, " ")
		name = strings.TrimSuffix(name, ":")
	}
	if name != m.negativeType {
		return fmt.Errorf("expected %s, got %w", m.negativeType, err)
	}
	return nil
}

func checkAsync(out string) error {
	for line := range strings.Lines(out) {
		line = strings.TrimSpace(line)
		if text, ok := strings.CutPrefix(line, "Test262:AsyncTestFailure:"); ok {
			return errors.New(text)
		}
		if line == "Test262:AsyncTestComplete" {
			return nil
		}
	}
	return errors.New("$DONE was not called")
}
