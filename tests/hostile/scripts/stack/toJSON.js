// JSON of what is its own JSON.
// expect: stack
const o = { toJSON() { return JSON.stringify(this); } };
JSON.stringify(o);
