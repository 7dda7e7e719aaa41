// Async functions that wait for ever.
// expect: out of memory
for (const all = []; ;) all.push((async () => { await new Promise(() => {}); })());
