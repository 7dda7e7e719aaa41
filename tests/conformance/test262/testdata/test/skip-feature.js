/*---
features: [Temporal, let]
---*/
Temporal.Now;
