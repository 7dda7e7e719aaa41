package main

import (
	"fmt"
	"strings"
)

func (g *generator) try() {
	g.line("try {")
	g.statements(2)
	if g.chance(3) {
		g.line("throw %s;", pick(g, g.expression(pick(g, kinds...)), "new Error("+g.expression(text)+")", "new TypeError('t')"))
	}
	if catches := !g.chance(4); catches {
		e := g.name('e')
		g.line("} catch (%s) {", e)
		outer := g.scope
		g.scope = append(g.scope[:len(g.scope):len(g.scope)], e)
		g.statements(1)
		g.scope = outer
		if g.chance(2) {
			g.line("} finally {")
			g.statements(1)
		}
	} else {
		g.line("} finally {")
		g.statements(2)
	}
	g.line("}")
}

// jump leaves a loop or function, where there is one.
func (g *generator) jump() {
	var ways []string
	if g.loops > 0 {
		ways = append(ways, "break;", "continue;")
		for _, l := range g.labels {
			ways = append(ways, "break "+l+";", "continue "+l+";")
		}
	}
	if len(g.inside) > 0 {
		ways = append(ways, "return "+g.expression(pick(g, kinds...))+";", "return;")
	}
	if len(ways) > 0 {
		g.line("if (%s) %s", g.condition(), pick(g, ways...))
	}
}

// body writes a function's inside: its own loops, labels and scope.
func (g *generator) body(letter byte, params []string) {
	scope, loops, labels := g.scope, g.loops, g.labels
	g.scope = append(g.scope[:len(g.scope):len(g.scope)], params...)
	g.loops, g.labels = 0, nil
	g.inside = append(g.inside, letter)
	g.line("tick();")
	g.statements(1 + g.r.IntN(4))
	switch {
	case letter == 'g':
		g.line("yield %s;", g.expression(pick(g, kinds...)))
		if g.chance(3) {
			g.line("yield* %s;", g.expression(array))
		}
	case letter == 'a' && g.chance(2):
		g.line("await %s;", g.expression(pick(g, kinds...)))
	}
	if !g.chance(4) {
		g.line("return %s;", g.expression(pick(g, kinds...)))
	}
	g.inside = g.inside[:len(g.inside)-1]
	g.scope, g.loops, g.labels = scope, loops, labels
}

func (g *generator) params() (names []string, list string) {
	var parts []string
	for range g.r.IntN(4) {
		k := pick(g, kinds...)
		n := g.name(k)
		names = append(names, n)
		if g.chance(4) {
			n += " = " + g.literal(k)
		}
		parts = append(parts, n)
	}
	switch g.r.IntN(8) {
	case 0:
		n := g.name(array)
		names = append(names, n)
		parts = append(parts, "..."+n)
	case 1:
		n, k := g.name(number), g.name(text)
		names = append(names, n, k)
		parts = append(parts, fmt.Sprintf("{ x: %s = 1, [%s]: %s } = {}", n, g.literal(text), k))
	}
	return names, strings.Join(parts, ", ")
}

func (g *generator) function() {
	name := g.name(fn)
	names, list := g.params()
	switch g.r.IntN(6) {
	case 0:
		g.line("const %s = (%s) => {", name, list)
		g.body(' ', names)
		g.line("};")
		g.scope = append(g.scope, name)
	case 1:
		g.line("function* %s(%s) {", name, list)
		g.body('g', names)
		g.line("}")
		g.scope = append(g.scope, name)
		g.line("for (const v of %s(%s)) { tick(); print('of', show(v)); %s; }", name, g.arguments(), g.assignment())
		g.line("%s = %s();", g.variable(object), name)
	case 2:
		g.line("async function %s(%s) {", name, list)
		g.body('a', names)
		g.line("}")
		g.scope = append(g.scope, name)
		g.line("%s(%s).then(v => print('async', show(v)), e => print('failed', show(e)));", name, g.arguments())
	default:
		g.line("function %s(%s) {", name, list)
		g.body(' ', names)
		g.line("}")
		g.scope = append(g.scope, name)
	}
	if g.chance(2) {
		g.line("for (let i = 0; i < 4; i++) print(show(%s(%s)));", name, g.arguments())
	}
}

func (g *generator) class() {
	name := fmt.Sprintf("C%d", g.next)
	g.next++
	extends := ""
	if len(g.classes) > 0 && g.chance(2) {
		extends = " extends " + pick(g, g.classes...)
	} else if g.chance(6) {
		extends = " extends " + pick(g, "Array", "Map", "Error", "Object", "null")
	}
	g.line("var %s = class %s%s {", name, name, extends)
	g.line("#p = %s;", g.literal(number))
	g.line("x = %s;", g.literal(pick(g, kinds...)))
	if g.chance(2) {
		g.line("static s = %s;", g.literal(text))
	}
	names, list := g.params()
	if g.chance(2) {
		g.line("constructor(%s) {", list)
		if extends != "" {
			g.line("super(%s);", pick(g, "", "1", "'m'"))
		}
		g.body(' ', names)
		g.line("}")
	}
	method := pick(g, properties[:4]...)
	g.line("get %s() { tick(); return this.#p + %s; }", pick(g, "w", "p0"), g.literal(number))
	g.line("set %s(v) { tick(); this.#p = v; }", pick(g, "w", "p1"))
	g.line("%sm%s(%s) {", pick(g, "", "", "static "), method, list)
	g.body(' ', names)
	g.line("}")
	if extends != "" && extends != " extends null" {
		g.line("toString() { tick(); return 'sub ' + super.toString(); }")
	}
	g.line("has(o) { return #p in Object(o); }")
	g.line("};")
	g.classes = append(g.classes, name)
	o := g.variable(object)
	g.line("for (let i = 0; i < 3; i++) { %s = new %s(%s); print(show(%s.m%s?.(%s)), show(%s.w), %s.has(%s)); }", o, name, g.arguments(), o, method, g.arguments(), o, o, g.variable(object))
}

func (g *generator) destructure() {
	switch g.r.IntN(4) {
	case 0:
		g.line("[%s, %s = 2, ...%s] = %s;", g.variable(number), g.variable(number), g.variable(array), g.expression(array))
	case 1:
		g.line("({ x: %s, y: %s = 'd', ...%s } = %s);", g.variable(number), g.variable(text), g.variable(object), g.expression(object))
	case 2:
		g.line("[%s, %s] = [%s, %s];", g.variable(number), g.variable(number), g.variable(number), g.variable(number))
	case 3:
		g.line("for (const [k, v] of Object.entries(%s)) { tick(); %s = v; }", g.variable(object), pick(g, g.scope...))
	}
}

// reshape changes what inline caches and fast paths rely on.
func (g *generator) reshape() {
	o, p := pick(g, g.variable(object), g.variable(array), g.variable(fn)), pick(g, properties...)
	switch g.r.IntN(12) {
	case 0:
		g.line("delete %s[%q];", o, p)
	case 1:
		g.line("Object.defineProperty(%s, %q, { get() { tick(); return %s; }, set(v) { tick(); %s; }, configurable: true, enumerable: %s });", o, p, g.apart(func() string { return g.expression(number) }), g.apart(g.assignment), pick(g, "true", "false"))
	case 2:
		g.line("Object.defineProperty(%s, %q, { value: %s, writable: %s, configurable: true });", o, p, g.expression(number), pick(g, "true", "false"))
	case 3:
		g.line("Object.setPrototypeOf(%s, %s);", o, pick(g, "null", g.variable(object), g.variable(array), "Array.prototype", "{ x: 'proto' }"))
	case 4:
		g.line("Object.%s(%s);", pick(g, "freeze", "seal", "preventExtensions"), pick(g, "{ ..."+o+" }", o))
	case 5:
		g.line("%s = new Proxy(%s, { get(t, k, r) { tick(); return k === 'y' ? %s : Reflect.get(t, k, r); }, has: () => %s });", g.variable(object), pick(g, g.variable(object), "{ x: 1 }"), g.literal(number), pick(g, "true", "false"))
	case 6:
		g.line("%s.length = %s;", g.variable(array), pick(g, "0", "1", "3", "20", "'2'", "-1"))
	case 7:
		a := g.variable(array)
		g.line("%s[%s] = %s;", a, pick(g, "0", a+".length", "5", "50", "-1", "'q'", "1.5", "4294967295"), g.expression(pick(g, kinds...)))
	case 8:
		g.line("%s = new %s(%s);", g.variable(array), pick(g, "Uint8Array", "Int32Array", "Float64Array", "Uint8ClampedArray", "Array", "Int16Array", "Float32Array"), pick(g, "4", "0", g.variable(array), "[1, 2.5, -3, 300]"))
	case 9:
		q := pick(g, "zz", "w", "y")
		g.line("Object.prototype.%s = %s;", q, g.literal(number))
		g.line("%s;", g.assignment())
		g.line("delete Object.prototype.%s;", q)
	case 10:
		g.line("Array.prototype[%s] = %s;", pick(g, "0", "1", "5"), g.literal(number))
		g.line("%s;", g.assignment())
		g.line("delete Array.prototype[0]; delete Array.prototype[1]; delete Array.prototype[5];")
	case 11:
		g.line("%s = { x: %s, get y() { tick(); return this.x; }, [%s]: %s, __proto__: %s };", g.variable(object), g.expression(number), g.expression(text), g.literal(number), pick(g, "null", g.variable(object)))
	}
}
