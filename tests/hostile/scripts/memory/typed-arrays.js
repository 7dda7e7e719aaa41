// Buffers that are filled.
// expect: out of memory
for (const all = []; ;) all.push(new Uint8Array(1 << 20).fill(1));
