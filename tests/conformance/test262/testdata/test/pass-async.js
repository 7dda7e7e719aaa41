/*---
flags: [async]
---*/
Promise.reject(1); Promise.resolve().then(() => $DONE());
