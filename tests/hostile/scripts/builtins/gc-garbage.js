// Huge graphs of cycles become garbage at once.
// expect: interrupted
print('ready');
for (;;) { let all = []; for (let i = 0; i < scale * 8e5; i++) all.push({ all }); }
