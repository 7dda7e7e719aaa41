// Microtasks that queue microtasks.
// expect: interrupted
const f = () => queueMicrotask(f);
f();
