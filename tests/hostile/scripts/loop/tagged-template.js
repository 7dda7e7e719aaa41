// A tag that never returns.
// expect: interrupted
((s, ...v) => { for (;;); })`a${1}b`;
