// A global search that is set back each time.
// expect: interrupted
const r = /a/g;
while (r.exec('aa')) r.lastIndex = 0;
