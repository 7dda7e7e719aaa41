// All memory is held, and more asked for, for ever.
// expect: interrupted
globalThis.held = [];
for (let n = 1 << 20; n; n >>= 1) try { for (;;) held = { held, b: new Uint8Array(n) }; } catch { }
for (;;) try { [].push({}); new Error('x').stack; `${held}`; } catch { }
