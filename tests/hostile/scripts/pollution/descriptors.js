// Every module of the library under an Object.prototype that spoils descriptors: it loads or says why not.
// expect: ok | throws TypeError
// with: module
for (const k of ['value', 'writable', 'get', 'set', 'enumerable', 'configurable'])
  Object.defineProperty(Object.prototype, k, { __proto__: null, configurable: true, get() { return undefined; }, set() { } });
for (const m of ['wqjs:sockets', 'wqjs:net', 'wqjs:http', 'wqjs:express', 'wqjs:serve', 'wqjs:ws', 'wqjs:dns', 'std', 'os']) await import(m);
