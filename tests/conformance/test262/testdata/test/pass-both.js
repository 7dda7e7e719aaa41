/*---
description: >
  runs in both modes
includes: [extra.js]
---*/
assert(included === 7);
