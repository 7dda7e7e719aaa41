/*---
description: fails
---*/
throw new Test262Error('no');
