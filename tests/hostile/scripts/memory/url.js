// URLs that are kept.
// expect: out of memory | throws InternalError
for (let all = [], i = 0; ; i++) all.push(new URL('http://a/' + i));
