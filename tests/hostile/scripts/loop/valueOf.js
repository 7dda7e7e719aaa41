// An object that never has a value.
// expect: interrupted
({ valueOf() { for (;;); } }) * 2;
