var fromScript = typeof this === 'object' && this === globalThis;
let lexical = 5;
function scriptFunction() { return lexical; }
fromScript;
