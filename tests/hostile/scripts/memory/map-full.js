// A map whose table cannot grow, for want of memory, while entries come and go.
// expect: interrupted
// with: memory=16
const m = new Map(), keep = [];
let i = 0;
for (; i < 131071; i++) m.set(i, 0);
for (let size = 1 << 20; size >= 1 << 14; size /= 2) try { for (;;) keep.push(new ArrayBuffer(size)); } catch { }
keep.length -= 2;
print('ready');
for (;; i++) {
  try { m.set(i, 0); } catch { }
  m.delete(i - 131072);
}
