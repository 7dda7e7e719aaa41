package main

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// finding is a program with what is wrong about it.
type finding struct {
	kind    string
	detail  string
	program string
}

// fuzzer runs programs in engines. The first is the one under test; others are
// compared with it.
type fuzzer struct {
	names   []string
	engines []engine
}

func (f *fuzzer) add(name string, e engine) {
	f.names = append(f.names, name)
	f.engines = append(f.engines, e)
}

func (f *fuzzer) close() {
	for _, e := range f.engines {
		e.close()
	}
}

// check runs a program and returns what is wrong, or nil. Outputs are compared
// only where the program ends by itself in every engine: limits differ.
func (f *fuzzer) check(program string, compare bool) *finding {
	var first outcome
	for i, e := range f.engines {
		o := e.run(program)
		if o.end.finding() {
			return &finding{fmt.Sprintf("%s in %s", o.end, f.names[i]), o.detail, program}
		}
		if i == 0 {
			first = o
			continue
		}
		if !compare || !differ(program, first, o) {
			continue
		}
		// A program may have caught that memory ran out in one of them.
		if s, ok := f.engines[0].(sandboxes); ok {
			first = s.roomy().run(program)
		}
		if s, ok := e.(sandboxes); ok {
			o = s.roomy().run(program)
		}
		if differ(program, first, o) {
			return &finding{fmt.Sprintf("%s and %s differ", f.names[0], f.names[i]), difference(first, o), program}
		}
	}
	return nil
}

func differ(program string, a, b outcome) bool {
	return comparable(a) && comparable(b) && (a.end != b.end || !same(program, normal(a.output), normal(b.output)))
}

func comparable(o outcome) bool {
	return o.end != limited && !strings.Contains(o.output, "out of memory") && !strings.Contains(o.output, "call stack")
}

var replaced = regexp.MustCompile("\uFFFD+")

// normal treats lone surrogates alike, which engines print in their own ways.
func normal(output string) string {
	return replaced.ReplaceAllString(strings.ToValidUTF8(output, "\uFFFD"), "\uFFFD")
}

var (
	// approximated are the operations whose results ECMAScript leaves to the
	// implementation: native engines have another libm, which rounds otherwise
	// in one of a thousand cases, even in x ** 2.
	approximated = regexp.MustCompile(`\*\*|\bMath\.(pow|exp|log|sin|cos|tan|a(sin|cos|tan)|cbrt|hypot)`)
	printed      = regexp.MustCompile(`\d+(\.\d+)?(e[+-]?\d+)?`)
)

// same compares what a program printed in two engines: numbers only nearly,
// if the program approximates.
func same(program, a, b string) bool {
	if a == b || !approximated.MatchString(program) || printed.ReplaceAllString(a, "#") != printed.ReplaceAllString(b, "#") {
		return a == b
	}
	x, y := printed.FindAllString(a, -1), printed.FindAllString(b, -1)
	for i := range x {
		p, _ := strconv.ParseFloat(x[i], 64)
		q, _ := strconv.ParseFloat(y[i], 64)
		if math.Abs(p-q) > 1e-12*math.Max(p, q) {
			return false
		}
	}
	return true
}

func difference(a, b outcome) string {
	x, y := strings.Split(normal(a.output), "\n"), strings.Split(normal(b.output), "\n")
	for i := range max(len(x), len(y)) {
		var p, q string
		if i < len(x) {
			p = x[i]
		}
		if i < len(y) {
			q = y[i]
		}
		if p != q {
			return fmt.Sprintf("line %d:\n  %s\n  %s", i+1, p, q)
		}
	}
	return fmt.Sprintf("%s, %s", a.end, b.end)
}

// reduce leaves out lines while the finding stays of its kind.
func (f *fuzzer) reduce(found *finding, compare bool, tries int) *finding {
	lines := strings.SplitAfter(found.program, "\n")
	for size := len(lines) / 2; size > 0; {
		removed := false
		for at := 0; at+size <= len(lines) && tries > 0; {
			shorter := slices.Delete(slices.Clone(lines), at, at+size)
			tries--
			if got := f.check(strings.Join(shorter, ""), compare); got != nil && got.kind == found.kind {
				found, lines, removed = got, shorter, true
			} else {
				at += size
			}
		}
		if tries == 0 {
			break
		}
		if !removed || size > len(lines) {
			size /= 2
		}
	}
	return found
}
