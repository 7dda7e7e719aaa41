// Files until there are no more.
// expect: ok
// with: module
import { open } from 'std';
const all = [];
while (all.length < 1000) { const f = open('file', 'r'); if (!f) break; all.push(f); }
if (all.length >= 1000) throw new Error('no limit');
