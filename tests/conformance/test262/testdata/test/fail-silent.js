/*---
flags: [async]
---*/

