// A toJSON that never returns.
// expect: interrupted
JSON.stringify({ toJSON() { for (;;); } });
