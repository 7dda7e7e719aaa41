/*---
flags: [async]
---*/
$DONE('wrong');
