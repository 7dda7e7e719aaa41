// Timers though what they could use is gone.
// expect: ok
// with: run
const later = setTimeout;
delete globalThis.Map;
delete globalThis.queueMicrotask;
later(() => {}, 1);
