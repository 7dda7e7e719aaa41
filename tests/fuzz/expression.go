package main

import (
	"fmt"
	"strings"
)

func (g *generator) literal(kind byte) string {
	switch kind {
	case number:
		return pick(g, "0", "1", "2", "7", "-1", "-0", "0.5", "1e3", "255", "2147483647", "-2147483648", "4294967295", "1e300", "NaN", "Infinity", "9007199254740991", "3.25")
	case text:
		return pick(g, "''", "'a'", "'xyz'", "'0'", "'1'", "'length'", "'é€😀'", "'\\ud800'", "'a,b,c'", "'hello world'", "`t${1 + 1}`", "'12.5'")
	case array:
		return pick(g, "[]", "[1, 2, 3]", "[1.5, 'a', null]", "[, 1, , 2]", "[[1], [2]]", "['b', 'a', 'c']", "Array(3)", "[5, 3, 9, 1, 7]", "new Uint8Array(4)", "new Float64Array([1, 2])")
	case object:
		return pick(g, "{}", "{ x: 1 }", "{ x: 1, y: 2 }", "{ y: 1, x: 2, z: 'c' }", "{ x: { y: { z: 1 } } }", "Object.create(null)", "{ get x() { tick(); return 3; } }", "{ valueOf() { tick(); return 4; } }", "new Map([[1, 2], ['k', 'v']])", "new Set([1, 'a', NaN])", "{ [Symbol.iterator]: function* () { tick(); yield 1; yield 2; } }", "/(a)|(?<b>b+)/g", "new Date(0)")
	case fn:
		return pick(g, "x => x", "function (a, b) { tick(); return a; }", "() => { tick(); throw new Error('f'); }", "(...r) => r.length", "function () { tick(); return arguments.length + (this ? 1 : 0); }", "Math.abs", "String", "function () { tick(); return arguments; }", "(a, b) => a - b", "Array.prototype.slice", "x => [x, x]")
	case bigint:
		return pick(g, "0n", "1n", "-5n", "12345678901234567890n", "2n ** 70n")
	}
	return "undefined"
}

func (g *generator) condition() string {
	switch g.r.IntN(7) {
	case 0:
		return g.expression(pick(g, kinds...))
	case 1:
		return "!" + g.variable(pick(g, kinds...))
	case 2:
		return fmt.Sprintf("%s in Object(%s)", g.expression(text), g.variable(object))
	case 3:
		return fmt.Sprintf("%s %s %s", g.expression(text), pick(g, "<", ">", "===", "!=="), g.expression(text))
	case 4:
		return fmt.Sprintf("typeof %s === %s", pick(g, g.scope...), pick(g, "'number'", "'object'", "'undefined'", "'function'", "'string'"))
	}
	return fmt.Sprintf("%s %s %s", g.expression(number), pick(g, "<", "<=", ">", ">=", "==", "!=", "===", "!=="), g.expression(number))
}

func (g *generator) arguments() string {
	var args []string
	for range g.r.IntN(4) {
		args = append(args, g.expression(pick(g, kinds...)))
	}
	if g.chance(8) {
		args = append(args, "..."+g.variable(array))
	}
	return strings.Join(args, ", ")
}

func (g *generator) member(kind byte) string {
	o := g.variable(object)
	switch g.r.IntN(4) {
	case 0:
		return fmt.Sprintf("%s[%s]", g.variable(array), pick(g, "0", "1", "2", g.variable(number), g.variable(number)+" & 3"))
	case 1:
		return fmt.Sprintf("%s[%s]", o, pick(g, "'x'", g.variable(text), g.variable(number)))
	}
	return o + "." + pick(g, "x", "x", "y", "z", "w", "length")
}

func (g *generator) assignment() string {
	k := pick(g, kinds...)
	target := g.variable(k)
	if g.chance(3) {
		target = g.member(k)
	}
	switch {
	case g.chance(10): // break the promise
		return target + " = " + g.expression(pick(g, kinds...))
	case k == number && g.chance(2):
		return pick(g, target+"++", "--"+target, target+" += "+g.expression(number), target+" = ("+target+" + "+g.expression(number)+") | 0", target+" -= "+g.expression(number), target+" *= 3", target+" >>>= 1", target+" ??= 1", target+" ||= "+g.expression(number), target+" %= 7")
	case k == text && g.chance(2):
		return pick(g, target+" += "+g.expression(pick(g, kinds...)), target+" = `${"+g.expression(number)+"}:${"+g.variable(text)+"}`", target+" = String("+target+").slice(0, 40)")
	case k == array && g.chance(2):
		a := g.variable(array)
		return pick(g, a+".push("+g.arguments()+")", a+".pop()", a+".shift()", a+".unshift("+g.expression(number)+")", a+".splice(1, 1, "+g.arguments()+")", a+".reverse()", a+".sort()", a+".sort((p, q) => { tick(); return p - q; })", a+".fill("+g.expression(number)+", 1)", a+" = "+a+".concat("+g.expression(array)+").slice(0, 30)")
	}
	return target + " = " + g.expression(k)
}

func (g *generator) expression(kind byte) string {
	g.depth++
	defer func() { g.depth-- }()
	if g.depth > 8 || g.chance(3) {
		if g.chance(3) {
			e := g.literal(kind)
			if e[0] == '{' || kind == fn {
				e = "(" + e + ")"
			}
			return e
		}
		return g.variable(kind)
	}
	if g.chance(6) {
		return g.anyExpression(kind)
	}
	switch kind {
	case number:
		return g.numeric()
	case text:
		return g.textual()
	case array:
		return g.list()
	case object:
		return pick(g, "({ ..."+g.variable(object)+", x: "+g.expression(number)+" })", "({ k: "+g.variable(number)+", y: "+g.expression(text)+" })", "Object.assign({}, "+g.variable(object)+")", "Object.fromEntries(Object.entries("+g.variable(object)+"))", "Object.create("+g.variable(object)+")", "new Map(["+"["+g.expression(text)+", "+g.expression(number)+"]])", "JSON.parse(JSON.stringify("+g.variable(object)+"))", "("+g.variable(object)+" || {})", "({ __proto__: "+g.variable(object)+", z: 1 })")
	case fn:
		n := g.name(number)
		return pick(g, "("+n+" => "+g.inScope(n, number)+")", "(function ("+n+") { tick(); return "+g.inScope(n, pick(g, kinds...))+"; })", g.variable(fn)+".bind("+g.variable(object)+", "+g.expression(number)+")", "(function f("+n+") { if (fuel-- < 0 || !("+n+" > 0 && "+n+" < 50)) return "+g.inScope(n, number)+"; return f("+n+" - 1) + 1; })")
	case bigint:
		return pick(g, "("+g.expression(bigint)+pick(g, " + ", " - ", " * ", " & ", " | ", " ^ ")+g.expression(bigint)+")", "BigInt.asIntN(64, "+g.expression(bigint)+")", "BigInt.asUintN(130, "+g.expression(bigint)+")", "BigInt(Math.floor("+g.expression(number)+"))", "("+g.variable(bigint)+" % 97n)", "-"+g.variable(bigint), "("+g.expression(bigint)+" >> 3n)")
	}
	return g.variable(kind)
}

// inScope is an expression that may use one more variable.
func (g *generator) inScope(name string, kind byte) string {
	outer := g.scope
	g.scope = append(g.scope[:len(g.scope):len(g.scope)], name, name)
	e := g.apart(func() string { return g.expression(kind) })
	g.scope = outer
	if strings.HasPrefix(e, "{") {
		e = "(" + e + ")"
	}
	return e
}

// apart writes code of an inner function, where yield and await are none of ours.
func (g *generator) apart(write func() string) string {
	g.inside = append(g.inside, ' ')
	defer func() { g.inside = g.inside[:len(g.inside)-1] }()
	return write()
}

func (g *generator) anyExpression(kind byte) string {
	e := func() string { return g.expression(kind) }
	switch g.r.IntN(9) {
	case 0:
		return "(" + g.condition() + " ? " + e() + " : " + e() + ")"
	case 1:
		return "(" + e() + pick(g, " && ", " || ", " ?? ") + e() + ")"
	case 2:
		return g.variable(fn) + "(" + g.arguments() + ")"
	case 3:
		return g.member(kind)
	case 4:
		return pick(g, g.variable(object)+"?.x?.y", g.variable(object)+"?.["+g.expression(text)+"]", g.variable(fn)+"?.("+g.arguments()+")")
	case 5:
		return "(() => { tick(); try { return " + g.apart(e) + "; } finally { " + g.apart(g.assignment) + "; } })()"
	case 6:
		if n := len(g.inside); n > 0 && g.inside[n-1] == 'a' {
			return "(await " + e() + ")"
		} else if n > 0 && g.inside[n-1] == 'g' {
			return "(yield " + e() + ")"
		}
		return "(" + g.assignment() + ", " + e() + ")"
	case 7:
		return pick(g, g.variable(fn)+".call("+g.variable(object)+", "+g.arguments()+")", g.variable(fn)+".apply("+g.variable(object)+", "+g.variable(array)+")", "Reflect.apply("+g.variable(fn)+", "+g.variable(object)+", "+g.variable(array)+")", "new ("+g.variable(fn)+")("+g.arguments()+")")
	}
	return g.variable(object) + "." + pick(g, "x", "y") + "(" + g.arguments() + ")"
}

func (g *generator) numeric() string {
	n := func() string { return g.expression(number) }
	switch g.r.IntN(8) {
	case 0, 1, 2:
		return "(" + n() + pick(g, " + ", " - ", " * ", " / ", " % ", " & ", " | ", " ^ ", " << ", " >> ", " >>> ") + n() + ")"
	case 3:
		return pick(g, "-", "+", "~") + "(" + n() + ")"
	case 4:
		return pick(g, "Math.abs", "Math.floor", "Math.sqrt", "Math.trunc", "Math.sign", "Math.clz32", "Math.fround", "Number", "parseInt", "parseFloat", "Math.round") + "(" + pick(g, n(), g.expression(text)) + ")"
	case 5:
		return pick(g, "Math.max", "Math.min", "Math.imul") + "(" + n() + ", " + n() + ")"
	case 6:
		return pick(g, g.variable(array)+".length", g.variable(text)+".length", g.variable(text)+".charCodeAt("+n()+")", g.variable(array)+".indexOf("+n()+")", g.variable(text)+".indexOf("+g.expression(text)+")", g.variable(array)+".reduce((p, q) => { tick(); return p + q; }, 0)", "Object.keys("+g.variable(object)+").length", g.variable(array)+".findIndex(v => v > 1)", g.variable(text)+".localeCompare("+g.variable(text)+")")
	}
	return g.member(number)
}

func (g *generator) textual() string {
	s := func() string { return g.variable(text) }
	switch g.r.IntN(5) {
	case 0, 1:
		return "(" + g.expression(text) + " + " + g.expression(pick(g, kinds...)) + ")"
	case 2:
		return "`" + pick(g, "a", "", "€") + "${" + g.expression(pick(g, kinds...)) + "}${" + s() + "}`"
	case 3:
		return pick(g, "String", "typeof ", "JSON.stringify", "show") + "(" + g.expression(pick(g, kinds...)) + ")"
	}
	return pick(g, s()+".slice("+g.expression(number)+", 9)", s()+".toUpperCase()", s()+".repeat(2).slice(0, 50)", s()+".replace(/[a-m]+/g, m => { tick(); return m.length; })", s()+".split('').reverse().join('-')", s()+".padStart(8, 'ab')", s()+".at(-1)", s()+"["+g.expression(number)+"]", s()+".trim()", s()+".normalize()", "String.fromCharCode("+g.expression(number)+" & 1023)", "("+g.expression(number)+").toString(16)", "("+g.expression(number)+").toFixed(2)", s()+".replaceAll("+s()+", 'R').slice(0, 40)", g.variable(array)+".join("+s()+")", s()+".match(/(\\w)(?=\\w)|(.)$/g) + ''", "[..."+s()+".matchAll(/(?<q>[a-z])|\\d/g)].map(m => m.index + ':' + m.groups.q).join()")
}

func (g *generator) list() string {
	a := func() string { return g.variable(array) }
	callback := func() string {
		return pick(g, "v => "+g.variable(number)+" + v", "(v, i) => { tick(); return i & 1; }", "v => { tick(); "+a()+".length > 3 && "+a()+".pop(); return v; }", g.variable(fn))
	}
	switch g.r.IntN(4) {
	case 0:
		return "[" + g.arguments() + "]"
	case 1:
		return a() + "." + pick(g, "map", "filter", "flatMap", "forEach", "some", "find") + "(" + callback() + ")"
	case 2:
		return pick(g, "[..."+a()+", ..."+a()+"].slice(0, 25)", "["+g.variable(object)+", "+g.expression(number)+"]", "Array.from("+a()+")", "Array.from({ length: 3 }, (_, i) => i * "+g.variable(number)+")", "[..."+g.variable(text)+"].slice(0, 20)", "Array.of("+g.arguments()+")")
	}
	return pick(g, a()+".slice("+g.expression(number)+")", a()+".concat("+a()+").slice(0, 25)", g.variable(text)+".split("+g.variable(text)+").slice(0, 25)", "Object.values("+g.variable(object)+")", a()+".flat()", a()+".toSorted()", a()+".with(0, "+g.expression(number)+")", a()+".copyWithin(0, 1)", a()+".subarray?.(1)", "[..."+a()+".entries()].slice(0, 9)")
}
