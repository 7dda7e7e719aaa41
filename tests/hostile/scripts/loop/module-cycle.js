// A cycle of modules whose functions call each other for ever.
// expect: interrupted
// with: module
import { g } from './_cycle.js';
export function f() { return g(); }
for (;;) try { g(); } catch { }
