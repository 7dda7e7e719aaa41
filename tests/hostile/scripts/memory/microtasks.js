// Microtasks that are queued and never run.
// expect: out of memory
for (;;) queueMicrotask(() => {});
