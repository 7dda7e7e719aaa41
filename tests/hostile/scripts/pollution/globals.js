// All globals are deleted; what is pending still runs.
// expect: ok
// with: run
setTimeout(() => {}, 1);
for (const k of Reflect.ownKeys(globalThis)) try { delete globalThis[k]; } catch { }
