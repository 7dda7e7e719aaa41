package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wqjs/wqjs/host"
)

// cacheDir is the command's: compiling with the race detector takes half a minute.
func cacheDir() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "wqjs")
}

func newEngine(t *testing.T) engine {
	t.Helper()
	e, err := host.NewEngine(context.Background(), host.Config{CacheDir: cacheDir()})
	if err != nil {
		t.Fatal(err)
	}
	s := sandboxes{e, 32 << 20}
	t.Cleanup(s.close)
	return s
}

// TestSmoke is a short run with fixed seeds: no finding, and most programs of
// the grammar run to their end, printing something.
func TestSmoke(t *testing.T) {
	c, err := readCorpus([]string{"../js", "../bench/engine"})
	if err != nil || len(c) < 10 {
		t.Fatal(len(c), err)
	}
	f := &fuzzer{}
	e := newEngine(t)
	f.add("wqjs", e)
	finished := 0
	for seed := range uint64(40) {
		for i, program := range []string{generate(seed), c.mutate(seed)} {
			if got := f.check(program, false); got != nil {
				t.Errorf("seed %d: %s: %s\n%s", seed, got.kind, got.detail, got.program)
			} else if o := e.run(program); i == 0 && o.end == ended && strings.Count(o.output, "\n") > 4 {
				finished++
			}
		}
	}
	if finished < 33 {
		t.Errorf("only %d generated programs of 40 ran to their end", finished)
	}
}

// fake is an engine that answers with what a function makes of the source.
type fake func(source string) outcome

func (f fake) run(source string) outcome { return f(source) }
func (fake) close()                      {}

func TestFindings(t *testing.T) {
	program := "one\ntwo\nbad\nthree\nfour\n"
	say := func(output string, end end) fake {
		return func(source string) outcome {
			if !strings.Contains(source, "bad") {
				return outcome{output: "same", end: ended}
			}
			return outcome{output: output, end: end}
		}
	}
	for _, c := range []struct {
		a, b    fake
		compare bool
		kind    string
	}{
		{say("x", ended), say("x", ended), true, ""},
		{say("x", ended), say("y", ended), true, "A and B differ"},
		{say("x", ended), say("x", threw), true, "A and B differ"},
		{say("x", ended), say("y", ended), false, ""},
		{say("x", ended), say("y", limited), true, ""},
		{say("x", ended), say("RangeError: call stack", ended), true, ""},
		{say("x\xed\xa0\x80", ended), say("x\uFFFD", ended), true, ""},
		{say("x", trapped), say("x", ended), false, "trap in A"},
		{say("x", ended), say("x", crashed), false, "crash in B"},
		{say("x", hung), say("x", ended), true, "hang in A"},
	} {
		f := &fuzzer{}
		f.add("A", c.a)
		f.add("B", c.b)
		got := f.check(program, c.compare)
		switch {
		case got == nil && c.kind != "" || got != nil && got.kind != c.kind:
			t.Errorf("%+v, want %q", got, c.kind)
		case got != nil:
			if r := f.reduce(got, c.compare, 100); r.program != "bad\n" {
				t.Errorf("%s: reduced to %q", c.kind, r.program)
			}
		}
	}
}

// TestApproximations: x ** 2 may differ in its last digit, x * x may not.
func TestApproximations(t *testing.T) {
	for _, c := range []struct {
		program, a, b string
		want          bool
	}{
		{"x ** 2", "x 6.325433962845682e+78", "x 6.325433962845683e+78", true},
		{"x * 2", "x 6.325433962845682e+78", "x 6.325433962845683e+78", false},
		{"Math.exp(x)", "1.5 2", "1.5000000000000002 2", true},
		{"Math.exp(x)", "1.5 2", "1.500001 2", false},
		{"x ** 2", "1 2", "1 2 3", false},
		{"x ** 2", "a1", "b1", false},
		{"x ** 2", "1", "", false},
		{"x ** 2", "NaN", "0", false},
	} {
		if got := same(c.program, c.a, c.b); got != c.want {
			t.Errorf("%q: %q and %q: same is %v", c.program, c.a, c.b, got)
		}
	}
}

// TestSandboxOutcomes: the ways a program may end are told apart.
func TestSandboxOutcomes(t *testing.T) {
	e := newEngine(t)
	for source, want := range map[string]outcome{
		"print('a')":                               {output: "a\n", end: ended},
		"throw new TypeError('x')":                 {output: "Uncaught TypeError: x\n", end: threw},
		"export {}; print('m')":                    {output: "m\n", end: ended},
		"for (;;);":                                {end: limited},
		"Promise.reject(new Error('r'))":           {end: ended},
		"const a = []; for (;;) a.push([1, 2, 3])": {output: "Uncaught InternalError: out of memory\n", end: threw},
		"for (;;) print('x'.repeat(9999))":         {end: limited},
	} {
		got := e.run(source)
		if got.end == limited {
			got.output = ""
		}
		if got != want {
			t.Errorf("%s: %+v, want %+v", source, got, want)
		}
	}
}
