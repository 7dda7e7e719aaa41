// A property key that is never a string.
// expect: interrupted
({})[{ toString() { for (;;); } }];
