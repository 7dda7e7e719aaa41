// Groups on the console within groups: each line gets longer.
// expect: interrupted | out of memory | throws RangeError
for (;;) { console.group('a'); console.log('b'); }
