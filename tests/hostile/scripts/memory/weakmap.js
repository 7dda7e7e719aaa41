// A weak map whose keys are kept.
// expect: out of memory
for (let m = new WeakMap(), keys = []; ;) { const k = {}; keys.push(k); m.set(k, new Array(10)); }
