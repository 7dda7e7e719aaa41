// A proxy with more keys than anyone wants to see.
// expect: interrupted
const keys = Array.from({ length: Math.floor(scale * 5e5) }, (_, i) => 'k' + i);
const p = new Proxy({}, { ownKeys: () => keys, getOwnPropertyDescriptor: () => ({ value: 1, enumerable: true, configurable: true }) });
for (;;) { Object.keys(p); ({ ...p }); JSON.stringify(p); }
