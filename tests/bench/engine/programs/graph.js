// Graph algorithms over Map and Set: shortest paths, components, spanning tree,
// topological order, matching, page rank.
kernels.graph = (() => {
  class Heap {
    constructor(before) {
      this.before = before;
      this.items = [];
    }
    get size() { return this.items.length; }
    push(item) {
      const { items, before } = this;
      let i = items.push(item) - 1;
      while (i > 0) {
        const parent = (i - 1) >> 1;
        if (!before(items[i], items[parent])) break;
        [items[i], items[parent]] = [items[parent], items[i]];
        i = parent;
      }
    }
    pop() {
      const { items, before } = this;
      const top = items[0], last = items.pop();
      if (items.length) {
        items[0] = last;
        for (let i = 0; ;) {
          let least = i;
          for (const child of [2 * i + 1, 2 * i + 2]) {
            if (child < items.length && before(items[child], items[least])) least = child;
          }
          if (least === i) break;
          [items[i], items[least]] = [items[least], items[i]];
          i = least;
        }
      }
      return top;
    }
  }

  class Graph {
    constructor() { this.edges = new Map(); }
    node(v) {
      let to = this.edges.get(v);
      if (!to) this.edges.set(v, to = new Map());
      return to;
    }
    connect(a, b, weight) {
      this.node(a).set(b, weight);
      this.node(b);
    }
    get nodes() { return [...this.edges.keys()]; }

    shortest(from) {
      const dist = new Map([[from, 0]]), done = new Set();
      const heap = new Heap((a, b) => a.d < b.d || a.d === b.d && a.v < b.v);
      heap.push({ v: from, d: 0 });
      while (heap.size) {
        const { v, d } = heap.pop();
        if (done.has(v)) continue;
        done.add(v);
        for (const [w, weight] of this.edges.get(v)) {
          const there = d + weight;
          if (!(dist.get(w) <= there)) {
            dist.set(w, there);
            heap.push({ v: w, d: there });
          }
        }
      }
      return dist;
    }

    // components are the strongly connected ones, by Tarjan's algorithm.
    components() {
      const index = new Map(), low = new Map(), onStack = new Set(), stack = [], out = [];
      const visit = v => {
        index.set(v, index.size);
        low.set(v, index.get(v));
        stack.push(v);
        onStack.add(v);
        for (const w of this.edges.get(v).keys()) {
          if (!index.has(w)) {
            visit(w);
            low.set(v, Math.min(low.get(v), low.get(w)));
          } else if (onStack.has(w)) {
            low.set(v, Math.min(low.get(v), index.get(w)));
          }
        }
        if (low.get(v) === index.get(v)) {
          const component = new Set();
          let w;
          do {
            w = stack.pop();
            onStack.delete(w);
            component.add(w);
          } while (w !== v);
          out.push(component);
        }
      };
      for (const v of this.edges.keys()) if (!index.has(v)) visit(v);
      return out;
    }

    // condense makes one node of each component: the result has no cycle.
    condense(components) {
      const of = new Map();
      components.forEach((c, i) => c.forEach(v => of.set(v, i)));
      const g = new Graph();
      for (const [v, to] of this.edges) {
        g.node(of.get(v));
        for (const [w, weight] of to) if (of.get(v) !== of.get(w)) g.connect(of.get(v), of.get(w), weight);
      }
      return g;
    }

    topological() {
      const incoming = new Map(this.nodes.map(v => [v, 0]));
      for (const to of this.edges.values()) for (const w of to.keys()) incoming.set(w, incoming.get(w) + 1);
      const queue = new Set([...incoming].filter(([, n]) => n === 0).map(([v]) => v));
      for (const v of queue) { // grows while it is walked
        for (const w of this.edges.get(v).keys()) {
          incoming.set(w, incoming.get(w) - 1);
          if (incoming.get(w) === 0) queue.add(w);
        }
      }
      return [...queue];
    }

    spanningTree() {
      const parent = new Map(this.nodes.map(v => [v, v]));
      const find = v => {
        while (parent.get(v) !== v) {
          parent.set(v, parent.get(parent.get(v)));
          v = parent.get(v);
        }
        return v;
      };
      const all = [];
      for (const [a, to] of this.edges) for (const [b, weight] of to) all.push({ a, b, weight });
      all.sort((x, y) => x.weight - y.weight || (x.a + x.b < y.a + y.b ? -1 : 1));
      let total = 0;
      for (const { a, b, weight } of all) {
        const ra = find(a), rb = find(b);
        if (ra !== rb) {
          parent.set(ra, rb);
          total += weight;
        }
      }
      return total;
    }

    // matching is the size of a greatest one between even and odd nodes.
    matching(isLeft) {
      const partner = new Map();
      const augment = (v, seen) => {
        for (const w of this.edges.get(v).keys()) {
          if (isLeft(w) || seen.has(w)) continue;
          seen.add(w);
          if (!partner.has(w) || augment(partner.get(w), seen)) {
            partner.set(w, v);
            return true;
          }
        }
        return false;
      };
      return this.nodes.filter(v => isLeft(v) && augment(v, new Set())).length;
    }

    rank(rounds) {
      let ranks = new Map(this.nodes.map(v => [v, 1000]));
      for (let k = 0; k < rounds; k++) {
        const next = new Map(this.nodes.map(v => [v, 150]));
        for (const [v, to] of this.edges) {
          for (const w of to.keys()) next.set(w, next.get(w) + Math.floor(ranks.get(v) * 0.85 / to.size));
        }
        ranks = next;
      }
      return [...ranks].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
    }
  }

  function generate(n) {
    const r = random(17), g = new Graph();
    for (let i = 0; i < n * 3; i++) {
      const a = Math.floor(r() * n), b = Math.min(n - 1, Math.floor(a + (r() - 0.3) * 40));
      if (b >= 0) g.connect('n' + a, 'n' + b, 1 + Math.floor(r() * 100));
    }
    return g;
  }

  return () => {
    const g = generate(900);
    const dist = g.shortest('n0');
    const components = g.components();
    const order = g.condense(components).topological();
    const far = [...dist.values()].reduce((a, b) => Math.max(a, b));
    const result = [dist.size, far, components.length, order.length, checksum(order.join()), g.spanningTree(),
      g.matching(v => Number(v.slice(1)) % 2 === 0), g.rank(5).slice(0, 5).join(';')];
    return expect('graph', result.join(' '), '795 1358 277 277 3878037910 18744 298 n899,13265;n464,10012;n302,5828;n98,5538;n890,4894');
  };
})();
