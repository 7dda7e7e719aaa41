// One buffer of two gigabytes.
// expect: out of memory | throws RangeError
new ArrayBuffer(2 ** 31 - 1);
