// Repetitions that multiply in the compiled code.
// expect: interrupted
for (;;) try { new RegExp('(?:'.repeat(8) + 'a' + '{1000}){9}'.repeat(8)).test('a'); } catch { }
