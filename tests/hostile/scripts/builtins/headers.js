// Thousands of headers.
// expect: interrupted
print('ready');
for (;;) { const h = new Headers(); for (let i = 0; i < 2e4; i++) h.append('n' + i % 5000, 'v'); [...h]; }
