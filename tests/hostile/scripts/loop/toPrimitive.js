// An object that is never a primitive.
// expect: interrupted
+{ [Symbol.toPrimitive]() { for (;;); } };
