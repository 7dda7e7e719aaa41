// Objects of which no two have the same shape.
// expect: out of memory
for (let all = [], i = 0; ; i++) all.push({ ['a' + i]: 1, ['b' + i]: 2 });
