// A function of a hundred thousand parameters.
// expect: throws SyntaxError | throws InternalError | throws RangeError | stack | ok
new Function(Array.from({ length: 1e5 }, (_, i) => 'p' + i).join(), '1')();
