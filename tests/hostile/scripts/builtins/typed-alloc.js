// 200 MB of zeros, again and again.
// expect: interrupted | out of memory
print('ready');
for (;;) { new Uint8Array(scale * 200e6); new ArrayBuffer(scale * 200e6); }
