// Objects of arguments that are kept.
// expect: out of memory
for (const all = []; ;) (function () { all.push(arguments); })(1, 2, 3, 4, 5, 6, 7, 8);
