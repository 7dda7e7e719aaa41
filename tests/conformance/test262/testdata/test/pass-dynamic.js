/*---
flags: [async]
features: [dynamic-import]
---*/
import('./dir/part_FIXTURE.js').then(m => assert(m.v === 3)).then(() => $DONE(), $DONE);
