// An expression whose exec always finds something.
// expect: interrupted | out of memory
const r = /a/g;
r.exec = () => ({ index: 0, length: 1, 0: 'a' });
'a'.replace(r, 'b');
