// Incremental one-way constraints with strengths: a graph of variables and
// constraints of which a planner keeps as many strong ones satisfied as it can.
kernels.constraints = (() => {
  const REQUIRED = 0, STRONG = 1, MEDIUM = 2, WEAK = 3, WEAKEST = 4;

  class Variable {
    constructor(name, value) {
      this.name = name;
      this.value = value;
      this.users = new Set();
      this.setBy = null;
      this.strength = WEAKEST; // of what determines the value, the weakest upstream
      this.mark = 0;
      this.stays = true;
    }
  }

  class Constraint {
    constructor(strength) {
      this.strength = strength;
      this.output = null;
    }
    get satisfied() { return this.output !== null; }
    get isInput() { return false; }
    attach() { for (const v of this.variables) v.users.add(this); }
    detach() {
      for (const v of this.variables) v.users.delete(this);
      this.output = null;
    }
    // choose picks the output with the weakest value that this may overwrite.
    choose(mark) {
      this.output = null;
      let weakest = this.strength;
      for (const v of this.outputs) {
        if (v.mark !== mark && v.strength > weakest) {
          weakest = v.strength;
          this.output = v;
        }
      }
    }
    get inputs() { return this.variables.filter(v => v !== this.output); }
    known(mark) { return this.inputs.every(v => v.mark === mark || v.stays || v.setBy === null); }
    recalculate() {
      const out = this.output;
      out.strength = this.inputs.reduce((s, v) => Math.max(s, v.strength), this.strength);
      out.stays = !this.isInput && this.inputs.every(v => v.stays);
      if (out.stays) this.execute();
    }
    execute() {}
  }

  class Stay extends Constraint {
    constructor(v, strength) {
      super(strength);
      this.variables = this.outputs = [v];
    }
  }

  class Edit extends Stay {
    get isInput() { return true; }
  }

  class Equal extends Constraint {
    constructor(a, b, strength) {
      super(strength);
      this.variables = this.outputs = [a, b];
    }
    execute() { this.output.value = this.inputs[0].value; }
  }

  // Linear keeps b = a * scale + offset.
  class Linear extends Constraint {
    constructor(a, scale, offset, b, strength) {
      super(strength);
      Object.assign(this, { a, b, scale, offset });
      this.variables = [a, b, scale, offset];
      this.outputs = [b, a];
    }
    execute() {
      const { a, b, scale, offset } = this;
      if (this.output === b) b.value = a.value * scale.value + offset.value;
      else a.value = (b.value - offset.value) / scale.value;
    }
  }

  class Sum extends Constraint {
    constructor(parts, total, strength) {
      super(strength);
      this.parts = parts;
      this.total = total;
      this.variables = [...parts, total];
      this.outputs = [total];
    }
    execute() { this.total.value = this.parts.reduce((s, p) => s + p.value, 0); }
  }

  class Planner {
    constructor() { this.mark = 0; }
    add(c) {
      c.attach();
      const mark = ++this.mark;
      for (let next = c; next;) next = this.satisfy(next, mark);
      return c;
    }
    // satisfy returns the constraint that this one displaced, if any.
    satisfy(c, mark) {
      c.choose(mark);
      if (!c.satisfied) {
        if (c.strength === REQUIRED) throw new Error('a required constraint cannot be satisfied');
        return null;
      }
      for (const v of c.inputs) v.mark = mark;
      const out = c.output, displaced = out.setBy;
      if (displaced) displaced.output = null;
      out.setBy = c;
      if (!this.propagate(c, mark)) {
        this.remove(c);
        throw new Error('a cycle of constraints');
      }
      out.mark = mark;
      return displaced;
    }
    propagate(c, mark) {
      const todo = [c];
      while (todo.length) {
        const d = todo.pop();
        if (d.output.mark === mark) return false;
        d.recalculate();
        todo.push(...this.consumers(d.output));
      }
      return true;
    }
    consumers(v) { return [...v.users].filter(c => c !== v.setBy && c.satisfied); }
    remove(c) {
      const out = c.output;
      c.detach();
      if (!out) return;
      out.setBy = null;
      out.strength = WEAKEST;
      out.stays = true;
      const unsatisfied = [], todo = [out];
      while (todo.length) {
        const v = todo.pop();
        for (const u of v.users) if (!u.satisfied) unsatisfied.push(u);
        for (const d of this.consumers(v)) {
          d.recalculate();
          todo.push(d.output);
        }
      }
      unsatisfied.sort((a, b) => a.strength - b.strength);
      for (const u of unsatisfied) {
        const mark = ++this.mark;
        for (let next = u.satisfied ? null : u; next;) next = this.satisfy(next, mark);
      }
    }
    // plan orders the constraints that follow from edits, so that setting a
    // value again and again costs just executing them.
    plan(edits) {
      const mark = ++this.mark, plan = [], todo = [...edits];
      while (todo.length) {
        const c = todo.pop();
        if (c.output.mark === mark || !c.known(mark)) continue;
        plan.push(c);
        c.output.mark = mark;
        todo.push(...this.consumers(c.output));
      }
      return plan;
    }
    change(v, values, each) {
      const edit = this.add(new Edit(v, STRONG));
      const plan = this.plan([edit]);
      for (const value of values) {
        v.value = value;
        for (const c of plan) c.execute();
        each();
      }
      this.remove(edit);
    }
  }

  function chain(n) {
    const planner = new Planner();
    const vars = Array.from({ length: n + 1 }, (_, i) => new Variable('v' + i, 0));
    for (let i = 0; i < n; i++) planner.add(new Equal(vars[i], vars[i + 1], REQUIRED));
    planner.add(new Stay(vars[n], WEAK));
    planner.change(vars[0], Array.from({ length: 100 }, (_, i) => i), () => {
      if (vars[n].value !== vars[0].value) throw new Error('the chain broke');
    });
    return vars[n].value;
  }

  function projection(n) {
    const planner = new Planner();
    const scale = new Variable('scale', 10), offset = new Variable('offset', 1000), total = new Variable('total', 0);
    const pairs = Array.from({ length: n }, (_, i) => [new Variable('a' + i, i), new Variable('b' + i, i)]);
    for (const [a, b] of pairs) {
      planner.add(new Stay(a, MEDIUM));
      planner.add(new Linear(a, scale, offset, b, REQUIRED));
    }
    planner.add(new Sum(pairs.map(p => p[1]), total, MEDIUM));
    let sum = 0;
    const note = () => { sum = (Math.imul(sum, 31) + total.value) >>> 0; };
    planner.change(pairs[3][0], [17, 18, 19], note);
    planner.change(pairs[n - 1][1], [1050, 2050], note); // backwards
    planner.change(scale, [5, 6, 7, 8], note);
    planner.change(offset, [2000, 3000], note);
    for (const [a, b] of pairs) sum = (Math.imul(sum, 31) + a.value + b.value) >>> 0;
    return sum;
  }

  return () => expect('constraints', chain(150) + ':' + projection(120), '99:3417323680');
})();
