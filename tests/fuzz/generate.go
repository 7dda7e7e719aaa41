package main

import (
	_ "embed"
	"fmt"
	"math/rand/v2"
	"strings"
)

//go:embed prelude.js
var prelude string

// kinds of values. A variable's first letter is its kind; one assignment in ten
// breaks the promise, since that is what caches and fast paths get wrong.
const (
	number = 'n'
	text   = 's'
	array  = 'a'
	object = 'o'
	fn     = 'f'
	bigint = 'b'
)

var kinds = []byte{number, number, number, text, text, array, array, object, object, fn, bigint}

var properties = []string{"x", "y", "z", "w", "length", "0", "1", "valueOf", "toString", "constructor", "next", "p0", "p1"}

// generator writes one program. Statements stand on lines of their own, so that
// reducing by lines works.
type generator struct {
	r     *rand.Rand
	b     strings.Builder
	scope []string // variables in reach
	next  int      // numbers names
	depth int      // of statements and expressions
	// where the statement stands
	loops   int
	inside  []byte // a letter for each function around: 'g' generator, 'a' async, ' '
	labels  []string
	classes []string
}

// generate is a program that ends by itself and prints what it computed.
func generate(seed uint64) string {
	g := &generator{r: rand.New(rand.NewPCG(seed, 0x9e3779b9))}
	if g.chance(2) {
		g.b.WriteString("'use strict';\n")
	}
	g.b.WriteString(prelude)
	for _, k := range []byte{number, number, text, array, array, object, object, fn, fn, bigint} {
		name := g.name(k)
		g.line("var %s = %s;", name, g.literal(k))
		g.scope = append(g.scope, name)
	}
	for range 4 + g.r.IntN(12) {
		g.line("try {")
		g.statements(1 + g.r.IntN(4))
		g.line("} catch (e) { print('caught', show(e)); }")
		g.line("print(%s);", strings.Join(g.each(g.some(3), "show(%s)"), ", "))
	}
	g.line("print(%s);", strings.Join(g.each(g.scope, "show(%s)"), ", "))
	return g.b.String()
}

func (g *generator) line(format string, args ...any) { fmt.Fprintf(&g.b, format+"\n", args...) }

// chance is true once in n times.
func (g *generator) chance(n int) bool { return g.r.IntN(n) == 0 }

func pick[T any](g *generator, list ...T) T { return list[g.r.IntN(len(list))] }

func (g *generator) name(kind byte) string {
	g.next++
	return fmt.Sprintf("%c%d", kind, g.next)
}

func (g *generator) each(names []string, format string) (out []string) {
	for _, n := range names {
		out = append(out, fmt.Sprintf(format, n))
	}
	return out
}

func (g *generator) some(n int) (out []string) {
	for range n {
		out = append(out, pick(g, g.scope...))
	}
	return out
}

// variable of a kind in reach.
func (g *generator) variable(kind byte) string {
	if g.chance(12) {
		return pick(g, g.scope...)
	}
	for range 20 {
		if v := pick(g, g.scope...); v[0] == kind {
			return v
		}
	}
	return pick(g, g.scope...)
}

func (g *generator) statements(n int) {
	outer := len(g.scope)
	for range n {
		g.statement()
	}
	g.scope = g.scope[:outer]
}

func (g *generator) statement() {
	if g.depth > 5 {
		g.line("%s;", g.assignment())
		return
	}
	g.depth++
	defer func() { g.depth-- }()
	switch g.r.IntN(30) {
	case 0, 1, 2, 3, 4, 5, 6:
		g.line("%s;", g.assignment())
	case 7, 8:
		k := pick(g, kinds...)
		name := g.name(k)
		g.line("%s %s = %s;", pick(g, "let", "let", "const"), name, g.expression(k))
		g.scope = append(g.scope, name)
	case 9, 10, 11, 12:
		g.loop()
	case 13, 14:
		g.line("if (%s) {", g.condition())
		g.statements(2)
		if g.chance(2) {
			g.line("} else {")
			g.statements(2)
		}
		g.line("}")
	case 15, 16:
		g.try()
	case 17, 18:
		g.function()
	case 19:
		g.class()
	case 20:
		g.destructure()
	case 21:
		g.line("switch (%s) {", g.expression(number))
		for i := range 3 {
			g.line("case %d:", i)
			g.statements(1)
			if g.chance(2) {
				g.line("break;")
			}
		}
		g.line("default: %s;", g.assignment())
		g.line("}")
	case 22:
		g.jump()
	case 23, 24, 25:
		g.reshape()
	case 26:
		g.line("print(show(%s));", g.expression(pick(g, kinds...)))
	case 27:
		g.line("Promise.resolve(%s).then(v => { tick(); print('then', show(v)); %s; }).catch(e => print('rejected', show(e)));", g.expression(pick(g, kinds...)), g.apart(g.assignment))
	default:
		g.line("%s;", g.expression(pick(g, kinds...)))
	}
}

func (g *generator) loop() {
	i := g.name(number)
	label := ""
	if g.chance(4) {
		label = fmt.Sprintf("L%d", g.next)
		g.labels = append(g.labels, label)
		defer func() { g.labels = g.labels[:len(g.labels)-1] }()
		label += ": "
	}
	outer, end := g.scope, "}"
	defer func() { g.scope = outer }()
	switch g.r.IntN(7) {
	case 0, 1:
		g.line("%sfor (let %s = %d; %s < %d; %s++) { tick();", label, i, g.r.IntN(3), i, 2+g.r.IntN(12), i)
	case 2:
		g.line("%sfor (var %s = %d; %s >= 0; %s -= %s) { tick();", label, i, g.r.IntN(10), i, i, pick(g, "1", "2", "0.5"))
	case 3:
		g.line("%sfor (const %s of %s) { tick();", label, i, pick(g, g.variable(array), g.variable(text), g.expression(array), "new Set("+g.variable(array)+")", "new Map(Object.entries("+g.variable(object)+"))"))
	case 4:
		i = "s" + i[1:]
		g.line("%sfor (const %s in %s) { tick();", label, i, pick(g, g.variable(object), g.variable(array)))
	case 5:
		i = g.variable(number)
		g.line("%swhile (%s) { tick(); %s = (%s|0) + 1;", label, g.condition(), i, i)
	case 6:
		g.line("%sdo { tick();", label)
		end = "} while (" + g.condition() + ");"
		i = ""
	}
	if i != "" {
		g.scope = append(g.scope[:len(g.scope):len(g.scope)], i)
	}
	g.loops++
	g.statements(1 + g.r.IntN(3))
	g.loops--
	g.line("%s", end)
}
