// A replacer that never returns.
// expect: interrupted
JSON.stringify([1], () => { for (;;); });
