/*---
flags: [module]
---*/
import { v } from './dir/part_FIXTURE.js'; assert(v === 3);
