// Many rejections that nobody handles: the first is reported.
// expect: throws Error
// with: run
for (let i = 0; i < 1e4; i++) Promise.reject(new Error('n' + i));
