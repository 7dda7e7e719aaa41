// Timers without end: there is a limit.
// expect: throws InternalError
for (;;) setTimeout(() => {}, 1e6);
