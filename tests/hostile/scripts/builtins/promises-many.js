// Many promises, all settled at once.
// expect: interrupted
print('ready');
for (;;) { const all = []; for (let i = 0; i < scale * 2e5; i++) all.push(new Promise(() => {})); Promise.all(all); }
