// The internals of the library cannot be imported by their names.
// expect: ok
// with: module
for (const m of ['wqjs:internal/native', 'wqjs:internal/std', 'wqjs:internal/os', 'wqjs:internal/globals/inspect', 'wqjs:internal/prelude', 'wqjs:internal/../internal/native'])
  try { await import(m); throw 1; } catch (e) { if (!(e instanceof Error)) throw new Error(m + ' can be imported'); }
