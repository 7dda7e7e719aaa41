// 100 MB of zeros, again and again.
// expect: interrupted
print('ready');
for (;;) { new Uint8Array(scale * 100e6); new ArrayBuffer(scale * 100e6); }
