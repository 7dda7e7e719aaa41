// A small language: tokens, a Pratt parser, and an interpreter of its tree with
// closures, run on programs of its own.
kernels.interpreter = (() => {
  const keywords = new Set(['let', 'fn', 'if', 'else', 'while', 'return', 'true', 'false', 'nil']);
  const token = /\s+|\/\/[^\n]*|(\d+(?:\.\d+)?)|([A-Za-z_]\w*)|"((?:[^"\\]|\\.)*)"|(==|!=|<=|>=|&&|\|\||[-+*\/%<>=!(){}\[\],;])/y;

  function tokenize(source) {
    const out = [];
    token.lastIndex = 0;
    while (token.lastIndex < source.length) {
      const at = token.lastIndex;
      const m = token.exec(source);
      if (!m) throw new SyntaxError('unexpected ' + source[at] + ' at ' + at);
      if (m[1] !== undefined) out.push({ type: 'number', value: Number(m[1]), at });
      else if (m[2] !== undefined) out.push({ type: keywords.has(m[2]) ? m[2] : 'name', value: m[2], at });
      else if (m[3] !== undefined) out.push({ type: 'string', value: m[3].replace(/\\n/g, '\n').replace(/\\(.)/g, '$1'), at });
      else if (m[4] !== undefined) out.push({ type: m[4], value: m[4], at });
    }
    out.push({ type: 'end', at: source.length });
    return out;
  }

  const binding = { '||': 1, '&&': 2, '==': 3, '!=': 3, '<': 4, '>': 4, '<=': 4, '>=': 4, '+': 5, '-': 5, '*': 6, '/': 6, '%': 6 };

  class Parser {
    constructor(source) {
      this.tokens = tokenize(source);
      this.pos = 0;
    }
    get type() { return this.tokens[this.pos].type; }
    take(type) {
      const t = this.tokens[this.pos];
      if (type !== undefined && t.type !== type) throw new SyntaxError(`want ${type}, got ${t.type} at ${t.at}`);
      this.pos++;
      return t;
    }
    accept(type) { return this.type === type && !!this.take(); }
    program() {
      const body = [];
      while (this.type !== 'end') body.push(this.statement());
      return { kind: 'block', body };
    }
    block() {
      const body = [];
      this.take('{');
      while (!this.accept('}')) body.push(this.statement());
      return { kind: 'block', body };
    }
    statement() {
      switch (this.type) {
        case '{': return this.block();
        case 'let': {
          this.take();
          const name = this.take('name').value;
          this.take('=');
          const value = this.expression(0);
          this.take(';');
          return { kind: 'let', name, value };
        }
        case 'if': {
          this.take();
          const test = this.expression(0), then = this.block();
          const other = this.accept('else') ? (this.type === 'if' ? this.statement() : this.block()) : null;
          return { kind: 'if', test, then, other };
        }
        case 'while': {
          this.take();
          return { kind: 'while', test: this.expression(0), body: this.block() };
        }
        case 'return': {
          this.take();
          const value = this.type === ';' ? { kind: 'literal', value: null } : this.expression(0);
          this.take(';');
          return { kind: 'return', value };
        }
      }
      const value = this.expression(0);
      this.take(';');
      return { kind: 'expression', value };
    }
    expression(min) {
      let left = this.prefix();
      for (;;) {
        const op = this.type;
        if (op === '(') {
          left = { kind: 'call', callee: left, args: this.list('(', ')') };
        } else if (op === '[') {
          this.take();
          left = { kind: 'index', object: left, key: this.expression(0) };
          this.take(']');
        } else if (op === '=' && min === 0) {
          this.take();
          left = { kind: 'assign', target: left, value: this.expression(0) };
        } else if (binding[op] > min) {
          this.take();
          left = { kind: 'binary', op, left, right: this.expression(binding[op]) };
        } else {
          return left;
        }
      }
    }
    list(open, close) {
      const items = [];
      this.take(open);
      while (!this.accept(close)) {
        items.push(this.expression(0));
        if (this.type !== close) this.take(',');
      }
      return items;
    }
    prefix() {
      const t = this.tokens[this.pos];
      switch (t.type) {
        case 'number': case 'string': this.take(); return { kind: 'literal', value: t.value };
        case 'true': case 'false': this.take(); return { kind: 'literal', value: t.type === 'true' };
        case 'nil': this.take(); return { kind: 'literal', value: null };
        case 'name': this.take(); return { kind: 'name', name: t.value };
        case '[': return { kind: 'array', items: this.list('[', ']') };
        case '-': case '!': this.take(); return { kind: 'unary', op: t.type, value: this.expression(7) };
        case '(': {
          this.take();
          const e = this.expression(0);
          this.take(')');
          return e;
        }
        case 'fn': {
          this.take();
          const params = this.list('(', ')').map(p => p.name);
          return { kind: 'fn', params, body: this.block() };
        }
      }
      throw new SyntaxError('unexpected ' + t.type + ' at ' + t.at);
    }
  }

  class Scope {
    constructor(parent) {
      this.parent = parent;
      this.vars = new Map();
    }
    find(name) {
      for (let s = this; s; s = s.parent) if (s.vars.has(name)) return s.vars;
      throw new ReferenceError(name);
    }
  }

  class Return {
    constructor(value) { this.value = value; }
  }

  const binary = {
    '+': (a, b) => a + b, '-': (a, b) => a - b, '*': (a, b) => a * b, '/': (a, b) => a / b, '%': (a, b) => a % b,
    '<': (a, b) => a < b, '>': (a, b) => a > b, '<=': (a, b) => a <= b, '>=': (a, b) => a >= b, '==': (a, b) => a === b, '!=': (a, b) => a !== b,
  };

  function evaluate(node, scope) {
    switch (node.kind) {
      case 'literal': return node.value;
      case 'name': return scope.find(node.name).get(node.name);
      case 'array': return node.items.map(i => evaluate(i, scope));
      case 'unary': return node.op === '-' ? -evaluate(node.value, scope) : !evaluate(node.value, scope);
      case 'binary':
        if (node.op === '&&') return evaluate(node.left, scope) && evaluate(node.right, scope);
        if (node.op === '||') return evaluate(node.left, scope) || evaluate(node.right, scope);
        return binary[node.op](evaluate(node.left, scope), evaluate(node.right, scope));
      case 'index': return evaluate(node.object, scope)[evaluate(node.key, scope)];
      case 'assign': {
        const value = evaluate(node.value, scope);
        if (node.target.kind === 'name') scope.find(node.target.name).set(node.target.name, value);
        else evaluate(node.target.object, scope)[evaluate(node.target.key, scope)] = value;
        return value;
      }
      case 'fn': return (...args) => {
        const inner = new Scope(scope);
        node.params.forEach((p, i) => inner.vars.set(p, args[i]));
        const r = execute(node.body, inner);
        return r instanceof Return ? r.value : null;
      };
      case 'call': return evaluate(node.callee, scope)(...node.args.map(a => evaluate(a, scope)));
    }
    throw new Error('no expression: ' + node.kind);
  }

  // execute returns undefined, or the Return that ends the function.
  function execute(node, scope) {
    switch (node.kind) {
      case 'block': {
        const inner = new Scope(scope);
        for (const s of node.body) {
          const r = execute(s, inner);
          if (r) return r;
        }
        return undefined;
      }
      case 'let': scope.vars.set(node.name, evaluate(node.value, scope)); return undefined;
      case 'if': return evaluate(node.test, scope) ? execute(node.then, scope) : node.other ? execute(node.other, scope) : undefined;
      case 'while':
        while (evaluate(node.test, scope)) {
          const r = execute(node.body, scope);
          if (r) return r;
        }
        return undefined;
      case 'return': return new Return(evaluate(node.value, scope));
      default: evaluate(node.value, scope); return undefined;
    }
  }

  const source = `
    let fib = fn(n) { if n < 2 { return n; } return fib(n - 1) + fib(n - 2); };
    let sieve = fn(n) {
      let composite = []; let primes = []; let i = 2;
      while i <= n {
        if !composite[i] { push(primes, i); let k = i * i; while k <= n { composite[k] = true; k = k + i; } }
        i = i + 1;
      }
      return primes;
    };
    let counter = fn() { let n = 0; return fn() { n = n + 1; return n; }; }; // a closure
    let c = counter(); let text = "";
    while c() < 40 { text = text + "<" + str(c() % 7) + ">"; }
    let hanoi = fn(n, a, b, c) { if n == 0 { return 0; } return hanoi(n - 1, a, c, b) + 1 + hanoi(n - 1, c, b, a); };
    let primes = sieve(600);
    print(fib(14)); print(len(primes)); print(primes[len(primes) - 1]); print(text); print(hanoi(8, 1, 2, 3));
    print(-(3 + 4) * 2 % 5 == -4 && !(1 > 2) || nil);
  `;

  function run() {
    const out = [];
    const globals = new Scope(null);
    globals.vars.set('print', v => { out.push(String(v)); });
    globals.vars.set('push', (a, v) => a.push(v));
    globals.vars.set('len', v => v.length);
    globals.vars.set('str', v => String(v));
    execute(new Parser(source).program(), globals);
    return out.join('|');
  }

  return () => expect('interpreter', checksum(run()), 2584696684);
})();
