// LZ77 with hash chains, its output coded by Huffman, and back.
kernels.compress = (() => {
  const MIN = 3, MAX = 66, WINDOW = 4096;

  class BitWriter {
    constructor() {
      this.bytes = [];
      this.bits = 0;
      this.count = 0;
    }
    write(value, n) {
      for (let i = n - 1; i >= 0; i--) {
        this.bits = this.bits << 1 | (value >> i & 1);
        if (++this.count === 8) {
          this.bytes.push(this.bits);
          this.bits = this.count = 0;
        }
      }
    }
    finish() {
      while (this.count) this.write(0, 1);
      return Uint8Array.from(this.bytes);
    }
  }

  class BitReader {
    constructor(bytes) {
      this.bytes = bytes;
      this.pos = 0;
    }
    bit() {
      const b = this.bytes[this.pos >> 3] >> (7 - (this.pos & 7)) & 1;
      this.pos++;
      return b;
    }
    read(n) {
      let v = 0;
      while (n--) v = v << 1 | this.bit();
      return v;
    }
  }

  // Literals are 0-255, a match of length n is 256 + n - MIN with its distance.
  function matches(input) {
    const out = [];
    const head = new Int32Array(1 << 12).fill(-1);
    const prev = new Int32Array(input.length);
    const insert = i => {
      if (i + 2 >= input.length) return;
      const h = (input[i] << 7 ^ input[i + 1] << 4 ^ input[i + 2]) & 4095;
      prev[i] = head[h];
      head[h] = i;
    };
    for (let i = 0; i < input.length;) {
      let best = 0, from = 0;
      if (i + 2 < input.length) {
        const h = (input[i] << 7 ^ input[i + 1] << 4 ^ input[i + 2]) & 4095;
        for (let c = head[h], tries = 16; c >= 0 && i - c <= WINDOW && tries > 0; c = prev[c], tries--) {
          let n = 0;
          while (n < MAX && i + n < input.length && input[c + n] === input[i + n]) n++;
          if (n > best) {
            best = n;
            from = c;
          }
        }
      }
      if (best >= MIN) {
        out.push(256 + best - MIN, i - from);
        for (let k = 0; k < best; k++) insert(i + k);
        i += best;
      } else {
        out.push(input[i]);
        insert(i++);
      }
    }
    out.push(256 + MAX - MIN + 1); // the end
    return out;
  }

  function eachSymbol(tokens, f) {
    for (let i = 0; i < tokens.length; i++) {
      const s = tokens[i];
      f(s, s >= 256 && s < 256 + MAX - MIN + 1 ? tokens[++i] : 0);
    }
  }

  // Code lengths by merging the two rarest, until one tree is left.
  function codeLengths(freq) {
    let nodes = [];
    freq.forEach((n, symbol) => n && nodes.push({ n, symbol, depth: 0 }));
    const before = (a, b) => a.n - b.n || a.symbol - b.symbol;
    nodes.sort(before);
    while (nodes.length > 1) {
      const [a, b] = nodes.splice(0, 2);
      const merged = { n: a.n + b.n, symbol: Math.min(a.symbol, b.symbol), left: a, right: b };
      let at = nodes.findIndex(x => before(x, merged) > 0);
      if (at < 0) at = nodes.length;
      nodes.splice(at, 0, merged);
    }
    const lengths = new Uint8Array(freq.length);
    const walk = (node, depth) => {
      if (node.left) {
        walk(node.left, depth + 1);
        walk(node.right, depth + 1);
      } else {
        lengths[node.symbol] = Math.max(1, depth);
      }
    };
    walk(nodes[0], 0);
    return lengths;
  }

  function canonical(lengths) {
    const order = [...lengths.keys()].filter(s => lengths[s]).sort((a, b) => lengths[a] - lengths[b] || a - b);
    const codes = new Map();
    let code = 0, len = 0;
    for (const s of order) {
      code <<= lengths[s] - len;
      len = lengths[s];
      codes.set(s, { code: code++, len });
    }
    return codes;
  }

  const SYMBOLS = 256 + MAX - MIN + 2;

  function compress(input) {
    const tokens = matches(input);
    const freq = new Array(SYMBOLS).fill(0);
    eachSymbol(tokens, s => freq[s]++);
    const lengths = codeLengths(freq);
    const codes = canonical(lengths);
    const w = new BitWriter();
    lengths.forEach(l => w.write(l, 5));
    eachSymbol(tokens, (s, distance) => {
      const c = codes.get(s);
      w.write(c.code, c.len);
      if (distance) w.write(distance, 13);
    });
    return w.finish();
  }

  function decompress(bytes) {
    const r = new BitReader(bytes);
    const lengths = new Uint8Array(SYMBOLS);
    for (let i = 0; i < SYMBOLS; i++) lengths[i] = r.read(5);
    const table = new Map();
    for (const [symbol, { code, len }] of canonical(lengths)) table.set(len << 20 | code, symbol);
    const out = [];
    for (;;) {
      let code = 0, len = 0, symbol;
      do {
        code = code << 1 | r.bit();
        symbol = table.get(++len << 20 | code);
      } while (symbol === undefined);
      if (symbol < 256) {
        out.push(symbol);
        continue;
      }
      if (symbol === SYMBOLS - 1) return Uint8Array.from(out);
      let from = out.length - r.read(13);
      for (let n = symbol - 256 + MIN; n > 0; n--) out.push(out[from++]);
    }
  }

  function generate(n) {
    const r = random(11);
    const words = ['the', 'sandbox', 'memory', 'of', 'a', 'table', 'and', 'interpreter', 'file', 'number'];
    let text = '';
    while (text.length < n) {
      text += r() < 0.05 ? String(Math.floor(r() * 1e6)) : words[Math.floor(r() * r() * words.length)];
      text += r() < 0.1 ? '.\n' : ' ';
    }
    return Uint8Array.from([...text], c => c.charCodeAt(0));
  }

  const input = generate(12000);
  return () => {
    const packed = compress(input);
    const back = decompress(packed);
    expect('compress: length', back.length, input.length);
    expect('compress: first difference', back.findIndex((b, i) => b !== input[i]), -1);
    return expect('compress', packed.reduce((h, b) => (Math.imul(h, 33) + b) >>> 0, packed.length), 3102336358);
  };
})();
