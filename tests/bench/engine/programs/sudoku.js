// A sudoku solver: candidates as bit sets, propagation, search on the cell with
// the fewest, and a generator that takes givens away while one solution is left.
kernels.sudoku = (() => {
  const ALL = 0x1ff;
  const units = [];
  for (let i = 0; i < 9; i++) {
    units.push(Array.from({ length: 9 }, (_, k) => 9 * i + k)); // a row
    units.push(Array.from({ length: 9 }, (_, k) => 9 * k + i)); // a column
    const corner = 27 * Math.floor(i / 3) + 3 * (i % 3);
    units.push(Array.from({ length: 9 }, (_, k) => corner + 9 * Math.floor(k / 3) + (k % 3))); // a box
  }
  const unitsOf = Array.from({ length: 81 }, (_, cell) => units.filter(u => u.includes(cell)));
  const peers = unitsOf.map((us, cell) => [...new Set(us.reduce((all, u) => all.concat(u), []))].filter(c => c !== cell));

  const bitCount = new Uint8Array(512);
  for (let i = 1; i < 512; i++) bitCount[i] = bitCount[i >> 1] + (i & 1);

  class Grid {
    constructor(cells) {
      this.cells = cells || new Uint16Array(81).fill(ALL);
    }
    static parse(text) {
      const g = new Grid();
      const ok = [...text].every((c, i) => c === '.' || g.assign(i, 1 << (Number(c) - 1)));
      return ok ? g : null;
    }
    copy() { return new Grid(this.cells.slice()); }
    // assign and remove report whether the grid may still have a solution.
    assign(cell, bit) {
      let others = this.cells[cell] & ~bit;
      if (!(this.cells[cell] & bit)) return false;
      while (others) {
        const low = others & -others;
        if (!this.remove(cell, low)) return false;
        others ^= low;
      }
      return true;
    }
    remove(cell, bit) {
      const { cells } = this;
      if (!(cells[cell] & bit)) return true;
      cells[cell] &= ~bit;
      const left = cells[cell];
      if (left === 0) return false;
      if (bitCount[left] === 1) {
        for (const p of peers[cell]) {
          if (!this.remove(p, left)) return false;
        }
      }
      for (const unit of unitsOf[cell]) {
        let place = -1, places = 0;
        for (const c of unit) {
          if (cells[c] & bit) {
            place = c;
            places++;
          }
        }
        if (places === 0 || places === 1 && !this.assign(place, bit)) return false;
      }
      return true;
    }
    // fewest is the open cell with the fewest candidates, or -1.
    fewest() {
      let best = -1, least = 10;
      for (let i = 0; i < 81; i++) {
        const n = bitCount[this.cells[i]];
        if (n > 1 && n < least) {
          best = i;
          least = n;
        }
      }
      return best;
    }
    toString() {
      return Array.from(this.cells, c => (bitCount[c] === 1 ? 32 - Math.clz32(c) : '.')).join('');
    }
  }

  // solutions yields every solution, trying digits from the lowest.
  function* solutions(grid) {
    const cell = grid.fewest();
    if (cell < 0) {
      yield grid;
      return;
    }
    for (let bits = grid.cells[cell]; bits; bits &= bits - 1) {
      const next = grid.copy();
      if (next.assign(cell, bits & -bits)) yield* solutions(next);
    }
  }

  function countSolutions(text, limit) {
    const g = Grid.parse(text);
    let n = 0;
    if (g) {
      for (const _ of solutions(g)) {
        if (++n === limit) break;
      }
    }
    return n;
  }

  function make(seed) {
    const r = random(seed);
    const first = solutions(Grid.parse('.'.repeat(81))).next().value.toString();
    // Rename the digits and swap rows inside bands: a valid grid again.
    const digits = [1, 2, 3, 4, 5, 6, 7, 8, 9].map(d => ({ d, key: r() })).sort((a, b) => a.key - b.key).map(x => x.d);
    const rows = first.match(/.{9}/g).map(row => row.replace(/\d/g, d => digits[d - 1]));
    const bands = [0, 1, 2].map(b => rows.slice(3 * b, 3 * b + 3)).map(b => (r() < 0.5 ? b.reverse() : b));
    const cells = [...bands.map(b => b.join('')).join('')];
    for (let k = 0; k < 34; k++) {
      const i = Math.floor(r() * 81), was = cells[i];
      cells[i] = '.';
      if (countSolutions(cells.join(''), 2) !== 1) cells[i] = was;
    }
    return cells.join('');
  }

  const given = [
    '4.....8.5.3..........7......2.....6.....8.4......1.......6.3.7.5..2.....1.4......',
    '52...6.........7.13...........4..8..6......5...........418.........3..2...87.....',
    '6.....8.3.4.7.................5.4.7.3..2.....1.6.......2.....5.....8.6......1....',
  ];

  return () => {
    let text = '';
    for (const puzzle of given) {
      const g = Grid.parse(puzzle);
      text += solutions(g).next().value;
    }
    for (let seed = 1; seed < 3; seed++) text += make(seed);
    return expect('sudoku', checksum(text), 4118911315);
  };
})();
