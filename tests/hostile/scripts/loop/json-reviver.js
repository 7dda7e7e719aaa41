// A reviver that never returns.
// expect: interrupted
JSON.parse('[1]', () => { for (;;); });
