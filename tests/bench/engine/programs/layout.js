// Text layout: hyphenation by patterns, and paragraphs broken into justified
// lines with the least total badness.
kernels.layout = (() => {
  // Patterns in Liang's notation: a digit is the worth of a break at its place.
  const patterns = ('.ab1 .an1t .com3 .con1 .de1 .dis1 .ex1 .in1 .im1 .pre1 .pro1 .re1 .un1 .sub1 .trans3 ' +
    '1tion 1sion 3ment 2ment. 1ness 1ful 1less 1able 1ible 1ing. 1ly. 1ty. 4e. 2ed. 1ty 1ture 1cial 1tial 1cious ' +
    'a1b a1c a1d a1l a1m a1n2a a1r a1t e1b e1c e1d e1l e1m e1n2e e1r e1t e1v i1b i1c i1d i1l i1m i1n2i i1t i1v ' +
    'o1b o1c o1d o1l o1m o1n2o o1r o1t o1v u1b u1c u1d u1l u1m u1n2u u1r u1t y1m y1t ' +
    'b1b c1c d1d f1f g1g l1l m1m n1n p1p r1r s1s t1t n1d n1t n2ts l1t r1t r1d s1t s2t. c2t. n2d. r2d. l2t. n2t. r2t. ' +
    'b4l b4r c4h c4k c4l c4r d4r f4l f4r g4h g4l g4r p4h p4l p4r s4h s4c t4h t4r w4h x1p n1f n1s m1p m1b r1m r1n l1m').split(' ');

  function compile(list) {
    const root = { next: new Map(), values: null };
    for (const p of list) {
      let node = root;
      const values = [];
      let digit = 0;
      for (const c of p) {
        if (c >= '0' && c <= '9') {
          digit = Number(c);
          continue;
        }
        values.push(digit);
        digit = 0;
        if (!node.next.has(c)) node.next.set(c, { next: new Map(), values: null });
        node = node.next.get(c);
      }
      values.push(digit);
      node.values = values;
    }
    return root;
  }

  const trie = compile(patterns);

  class Hyphenator {
    constructor() { this.cache = new Map(); }
    split(word) {
      const known = this.cache.get(word);
      if (known) return known;
      const m = /^(\W*)([a-z]+)(\W*)$/i.exec(word);
      const parts = m && m[2].length > 4 ? this.parts(m[2]) : null;
      if (parts) {
        parts[0] = m[1] + parts[0];
        parts[parts.length - 1] += m[3];
      }
      const out = parts || [word];
      this.cache.set(word, out);
      return out;
    }
    parts(word) {
      const text = '.' + word.toLowerCase() + '.';
      const worth = new Array(text.length + 1).fill(0);
      for (let i = 0; i < text.length; i++) {
        let node = trie;
        for (let k = i; k < text.length; k++) {
          node = node.next.get(text[k]);
          if (!node) break;
          if (node.values) node.values.forEach((v, j) => { worth[i + j] = Math.max(worth[i + j], v); });
        }
      }
      const out = [];
      let from = 0;
      for (let i = 2; i <= word.length - 3; i++) {
        if (worth[i + 1] & 1) {
          out.push(word.slice(from, i));
          from = i;
        }
      }
      out.push(word.slice(from));
      return out;
    }
  }

  // Widths of a proportional font, in thousandths.
  const width = (() => {
    const narrow = new Set("iljtfr.,;:'!|()[]"), wide = new Set('mwMW@');
    const cache = new Map();
    return text => {
      let w = cache.get(text);
      if (w === undefined) {
        w = 0;
        for (const c of text) w += narrow.has(c) ? 280 : wide.has(c) ? 830 : c >= 'A' && c <= 'Z' ? 680 : 520;
        cache.set(text, w);
      }
      return w;
    };
  })();

  const SPACE = 300, STRETCH = 150, SHRINK = 100, HYPHEN_PENALTY = 50, CONSECUTIVE = 3000;

  function items(text, hyphenator) {
    const list = [];
    for (const word of text.split(/\s+/)) {
      const parts = hyphenator.split(word);
      parts.forEach((p, i) => {
        list.push({ type: 'box', text: p, width: width(p) });
        if (i < parts.length - 1) list.push({ type: 'hyphen', width: width('-') });
      });
      list.push({ type: 'space', width: SPACE });
    }
    list[list.length - 1] = { type: 'end', width: 0 };
    return list;
  }

  // breaks finds the best places by going over the feasible ones.
  function breaks(list, lineWidth) {
    const sums = [{ width: 0, spaces: 0 }];
    for (const it of list) {
      const { width: w, spaces } = sums[sums.length - 1];
      sums.push({ width: w + (it.type === 'hyphen' ? 0 : it.width), spaces: spaces + (it.type === 'space' ? 1 : 0) });
    }
    let active = [{ at: 0, line: 0, demerits: 0, hyphen: false, previous: null }];
    list.forEach((it, i) => {
      if (it.type === 'box') return;
      const candidates = new Map();
      const last = it.type === 'end';
      const keep = [];
      for (const a of active) {
        const natural = sums[i].width - sums[a.at].width + (it.type === 'hyphen' ? it.width : 0);
        const gaps = sums[i].spaces - sums[a.at].spaces;
        const slack = lineWidth - natural;
        const ratio = slack >= 0 ? (last ? 0 : gaps ? slack / (gaps * STRETCH) : 10) : gaps ? slack / (gaps * SHRINK) : -10;
        if (ratio >= -1) keep.push(a);
        if (ratio < -1 || ratio > 6) continue;
        const r = Math.abs(ratio);
        let demerits = (1 + Math.floor(100 * r * r * r)) ** 2;
        if (it.type === 'hyphen') demerits += HYPHEN_PENALTY * HYPHEN_PENALTY + (a.hyphen ? CONSECUTIVE : 0);
        demerits += a.demerits;
        const best = candidates.get(a.line + 1);
        if (!best || demerits < best.demerits) {
          candidates.set(a.line + 1, { at: i + 1, line: a.line + 1, demerits, ratio, item: i, hyphen: it.type === 'hyphen', previous: a });
        }
      }
      active = (keep.length || candidates.size || last ? keep : active).concat([...candidates.values()]);
      if (last) active = [...candidates.values()];
    });
    if (!active.length) return null;
    let best = active.reduce((a, b) => (b.demerits < a.demerits ? b : a));
    const out = [];
    for (; best.previous; best = best.previous) out.unshift(best);
    return out;
  }

  function set(text, columns, hyphenator) {
    const list = items(text, hyphenator);
    const found = breaks(list, columns * 520);
    if (!found) return [];
    return found.map(b => {
      const line = list.slice(b.previous.at, b.item).map(it => (it.type === 'space' ? ' ' : it.type === 'box' ? it.text : '')).join('');
      return justify(line + (b.hyphen ? '-' : ''), columns, b === found[found.length - 1]);
    });
  }

  // justify spreads spaces for a terminal.
  function justify(line, columns, last) {
    const words = line.split(' ');
    const room = columns - line.length;
    if (last || words.length === 1 || room <= 0) return line.padEnd(columns);
    return words.reduce((out, w, i) => {
      const share = Math.floor(room * i / (words.length - 1)) - Math.floor(room * (i - 1) / (words.length - 1));
      return out + ' '.repeat(1 + share) + w;
    });
  }

  const sentences = [
    'The typographer considers every paragraph as one composition instead of a succession of unrelated lines.',
    'Hyphenation permits considerably better distributions of whitespace, particularly in narrow columns.',
    'Interpreters evaluate expressions; compilers transform representations of programs into executable instructions.',
    'An extraordinary collection of manuscripts (mostly undocumented) was discovered in the observatory.',
    'Optimisation without measurement is superstition, and measurement without understanding is bookkeeping.',
  ];

  return () => {
    const hyphenator = new Hyphenator();
    const r = random(3);
    let sum = 0, lines = 0;
    for (const columns of [30, 42, 64]) {
      for (let p = 0; p < 6; p++) {
        const text = Array.from({ length: 6 }, () => sentences[Math.floor(r() * sentences.length)]).join(' ');
        for (const line of set(text, columns, hyphenator)) {
          sum = checksum(line, sum);
          lines++;
        }
      }
    }
    return expect('layout', lines + ':' + sum, '231:2286975930');
  };
})();
