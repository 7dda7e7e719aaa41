// One object of ever more properties.
// expect: out of memory
for (let o = {}, i = 0; ; i++) o['k' + i] = i;
