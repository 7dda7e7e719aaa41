// Code that is compiled and kept.
// expect: out of memory
for (let all = [], i = 0; ; i++) all.push((0, eval)(`(function () { return [${i}, ${'1,'.repeat(100)}]; })`));
