// Rejections that nobody handles, all at once.
// expect: out of memory | interrupted
for (;;) Promise.reject(1);
