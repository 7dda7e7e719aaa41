// A source of thirty thousand arrow functions.
// expect: stack
eval('()=>'.repeat(3e4) + '1');
