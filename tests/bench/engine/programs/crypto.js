// Cryptography in JavaScript: SHA-256, HMAC, PBKDF2, ChaCha20, Base64.
kernels.crypto = (() => {
  const K = new Uint32Array(64), H = new Uint32Array(8);

  // The constants are the fractions of roots of the first primes.
  (() => {
    let n = 2, found = 0;
    const fraction = x => (x - Math.floor(x)) * 4294967296 >>> 0;
    const cubeRoot = p => { // by Newton, which every engine rounds alike
      let x = p / 3;
      for (let i = 0; i < 60; i++) x -= (x * x * x - p) / (3 * x * x);
      return x;
    };
    while (found < 64) {
      let prime = true;
      for (let d = 2; d * d <= n; d++) if (n % d === 0) prime = false;
      if (prime) {
        if (found < 8) H[found] = fraction(Math.sqrt(n));
        K[found++] = fraction(cubeRoot(n));
      }
      n++;
    }
  })();

  const rotr = (x, n) => x >>> n | x << (32 - n);

  class SHA256 {
    constructor() {
      this.state = Uint32Array.from(H);
      this.block = new Uint8Array(64);
      this.words = new Uint32Array(64);
      this.fill = 0;
      this.length = 0;
    }
    update(bytes) {
      for (let i = 0; i < bytes.length; i++) {
        this.block[this.fill++] = bytes[i];
        if (this.fill === 64) this.compress();
      }
      this.length += bytes.length;
      return this;
    }
    compress() {
      const { words: w, block, state } = this;
      this.fill = 0;
      for (let i = 0; i < 16; i++) {
        w[i] = block[4 * i] << 24 | block[4 * i + 1] << 16 | block[4 * i + 2] << 8 | block[4 * i + 3];
      }
      for (let i = 16; i < 64; i++) {
        const a = w[i - 15], b = w[i - 2];
        const s0 = rotr(a, 7) ^ rotr(a, 18) ^ a >>> 3;
        const s1 = rotr(b, 17) ^ rotr(b, 19) ^ b >>> 10;
        w[i] = w[i - 16] + s0 + w[i - 7] + s1;
      }
      let [a, b, c, d, e, f, g, h] = state;
      for (let i = 0; i < 64; i++) {
        const t1 = h + (rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25)) + (e & f ^ ~e & g) + K[i] + w[i] | 0;
        const t2 = (rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22)) + (a & b ^ a & c ^ b & c) | 0;
        h = g; g = f; f = e; e = d + t1 | 0;
        d = c; c = b; b = a; a = t1 + t2 | 0;
      }
      [a, b, c, d, e, f, g, h].forEach((v, i) => { state[i] += v; });
    }
    digest() {
      const bits = this.length * 8;
      const pad = new Uint8Array((this.fill < 56 ? 56 : 120) - this.fill + 8);
      pad[0] = 0x80;
      for (let i = 0; i < 4; i++) pad[pad.length - 1 - i] = bits >>> 8 * i;
      this.update(pad);
      const out = new Uint8Array(32);
      this.state.forEach((v, i) => {
        for (let k = 0; k < 4; k++) out[4 * i + k] = v >>> 24 - 8 * k;
      });
      return out;
    }
  }

  const sha256 = bytes => new SHA256().update(bytes).digest();

  function hmac(key, ...parts) {
    const k = new Uint8Array(64);
    k.set(key.length > 64 ? sha256(key) : key);
    const inner = new SHA256().update(k.map(b => b ^ 0x36));
    for (const p of parts) inner.update(p);
    return new SHA256().update(k.map(b => b ^ 0x5c)).update(inner.digest()).digest();
  }

  function pbkdf2(password, salt, rounds) {
    let u = hmac(password, salt, [0, 0, 0, 1]);
    const out = Uint8Array.from(u);
    for (let i = 1; i < rounds; i++) {
      u = hmac(password, u);
      for (let k = 0; k < 32; k++) out[k] ^= u[k];
    }
    return out;
  }

  class ChaCha20 {
    constructor(key, nonce, counter) {
      this.state = new Int32Array(16);
      this.state.set([0x61707865, 0x3320646e, 0x79622d32, 0x6b206574]);
      const word = (b, i) => b[i] | b[i + 1] << 8 | b[i + 2] << 16 | b[i + 3] << 24;
      for (let i = 0; i < 8; i++) this.state[4 + i] = word(key, 4 * i);
      this.state[12] = counter;
      for (let i = 0; i < 3; i++) this.state[13 + i] = word(nonce, 4 * i);
    }
    block() {
      const x = Int32Array.from(this.state);
      const rotl = (v, n) => v << n | v >>> 32 - n;
      const quarter = (a, b, c, d) => {
        x[a] += x[b]; x[d] = rotl(x[d] ^ x[a], 16);
        x[c] += x[d]; x[b] = rotl(x[b] ^ x[c], 12);
        x[a] += x[b]; x[d] = rotl(x[d] ^ x[a], 8);
        x[c] += x[d]; x[b] = rotl(x[b] ^ x[c], 7);
      };
      for (let round = 0; round < 10; round++) {
        for (let i = 0; i < 4; i++) quarter(i, i + 4, i + 8, i + 12);
        for (let i = 0; i < 4; i++) quarter(i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4);
      }
      for (let i = 0; i < 16; i++) x[i] += this.state[i];
      this.state[12]++;
      return new Uint8Array(x.buffer);
    }
    apply(bytes) {
      const out = new Uint8Array(bytes.length);
      for (let i = 0; i < bytes.length; i += 64) {
        const stream = this.block();
        for (let k = 0; k < 64 && i + k < bytes.length; k++) out[i + k] = bytes[i + k] ^ stream[k];
      }
      return out;
    }
  }

  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

  function base64(bytes) {
    let out = '';
    for (let i = 0; i < bytes.length; i += 3) {
      const n = bytes[i] << 16 | bytes[i + 1] << 8 | bytes[i + 2];
      const left = bytes.length - i;
      out += alphabet[n >> 18] + alphabet[n >> 12 & 63] + (left > 1 ? alphabet[n >> 6 & 63] : '=') + (left > 2 ? alphabet[n & 63] : '=');
    }
    return out;
  }

  const ascii = s => Uint8Array.from([...s], c => c.charCodeAt(0));
  const hex = bytes => Array.from(bytes, b => b.toString(16).padStart(2, '0')).join('');

  return () => {
    // FIPS 180-2, RFC 4231 case 2, RFC 7914 and RFC 8439 2.3.2.
    expect('SHA-256', hex(sha256(ascii('abc'))), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    expect('HMAC', hex(hmac(ascii('Jefe'), ascii('what do ya want for nothing?'))), '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843');
    expect('PBKDF2', hex(pbkdf2(ascii('passwd'), ascii('salt'), 1)), '55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc');
    const key = Uint8Array.from({ length: 32 }, (_, i) => i);
    const nonce = [0, 0, 0, 9, 0, 0, 0, 0x4a, 0, 0, 0, 0];
    expect('ChaCha20', hex(new ChaCha20(key, nonce, 1).block()).slice(0, 32), '10f1e7e4d13b5915500fdd1fa32071c4');
    const text = Uint8Array.from({ length: 4000 }, (_, i) => i * 7 + (i >> 3));
    const secret = new ChaCha20(key, nonce, 1).apply(text);
    expect('decrypted', hex(sha256(new ChaCha20(key, nonce, 1).apply(secret))), hex(sha256(text)));
    return expect('crypto', checksum(base64(secret) + hex(pbkdf2(ascii('passwd'), ascii('salt'), 20))), 18925995);
  };
})();
