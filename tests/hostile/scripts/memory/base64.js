// base64 of base64.
// expect: out of memory | throws RangeError
for (let s = 'aaaa'; ;) s = btoa(s);
