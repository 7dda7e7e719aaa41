/*---

---*/
assert($262.evalScript('1 + 1') === 2); const b = new ArrayBuffer(4); $262.detachArrayBuffer(b); assert(b.detached); $262.gc();
