// A proxy that lies about a property that is fixed.
// expect: ok
const p = new Proxy(Object.freeze({ a: 1 }), { get: () => 2, ownKeys: () => [], has: () => false });
for (const f of [() => p.a, () => Object.keys(p), () => 'a' in p]) try { f(); throw 1; } catch (e) { if (!(e instanceof TypeError)) throw e; }
