// A loop that catches and goes on in finally blocks.
// expect: interrupted
for (;;) { try { for (;;); } catch { continue; } finally { for (;;); } }
