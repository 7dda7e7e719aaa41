// A function of a hundred thousand variables.
// expect: interrupted | throws SyntaxError | throws InternalError | ok
new Function('let ' + Array.from({ length: 1e5 }, (_, i) => 'v' + i).join())();
