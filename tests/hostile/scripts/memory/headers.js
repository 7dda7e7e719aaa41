// Headers without end.
// expect: out of memory | throws RangeError
for (let h = new Headers(), i = 0; ; i++) h.append('n' + i, 'v');
