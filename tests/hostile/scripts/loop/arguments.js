// arguments that change while they are walked through.
// expect: interrupted
(function () { for (let i = 0; i < arguments.length; i++) { arguments[0] = i; arguments.length++; } })(1);
