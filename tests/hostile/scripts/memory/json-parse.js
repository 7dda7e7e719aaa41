// JSON that is small as text and large as values.
// expect: out of memory
for (let s = '[{}]'; ; s = '[' + s + ',' + s + ']') JSON.parse(s);
