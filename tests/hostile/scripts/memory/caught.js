// All memory is used, and the error caught, for ever.
// expect: interrupted
for (;;) try { const a = []; for (;;) a.push({}); } catch { }
