// Waiting for a shared buffer that nobody else has.
// expect: interrupted
if (typeof Atomics !== 'undefined') try { Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1e6); } catch { }
for (;;);
