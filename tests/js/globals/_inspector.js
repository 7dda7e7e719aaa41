// The inspect function, as any script can get it: the console passes it to
// custom inspectors. Files that start with "_" are no tests.
export let inspect;

console.log('%c%O', '', {
  [Symbol.for('nodejs.util.inspect.custom')](depth, options, given) {
    inspect = given;
    return '# inspector';
  },
});
