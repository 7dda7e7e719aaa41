// A BigInt of a million bits as text.
// expect: interrupted
const a = (1n << BigInt(Math.floor(scale * 1e6))) - 1n, t = a.toString();
print('ready');
for (;;) { a.toString(); a.toString(16); BigInt(t); }
