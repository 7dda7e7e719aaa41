// Every module of the library loads under a poisoned Object.prototype.
// expect: ok
// with: module
for (const k of ['default', 'port', 'host', 'signal', 'length', 'name', 'next', 'done', '0', '1'])
  Object.defineProperty(Object.prototype, k, { __proto__: null, configurable: true, get() { return undefined; }, set(v) { Object.defineProperty(this, k, { __proto__: null, value: v, writable: true, enumerable: true, configurable: true }); } });
for (const m of ['wqjs:sockets', 'wqjs:net', 'wqjs:http', 'wqjs:express', 'wqjs:serve', 'wqjs:ws', 'wqjs:dns', 'std', 'os'])
  if (typeof await import(m) !== 'object') throw new Error(m);
for (const g of ['URL', 'URLSearchParams', 'TextEncoder', 'TextDecoder', 'Headers', 'Request', 'Response', 'AbortController', 'EventTarget', 'WebSocket'])
  if (typeof globalThis[g] !== 'function') throw new Error(g);
