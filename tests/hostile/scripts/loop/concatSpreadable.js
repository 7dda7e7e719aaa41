// An object of which it is never known whether it spreads.
// expect: interrupted
[].concat({ get [Symbol.isConcatSpreadable]() { for (;;); } });
