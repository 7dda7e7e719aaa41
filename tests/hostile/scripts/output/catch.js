// A flood that catches whatever ends it.
// expect: output
// with: output=65536
for (;;) try { console.log('flood'); } catch { } finally { console.log('more'); }
