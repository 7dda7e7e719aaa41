// A search by an object whose matcher never returns.
// expect: interrupted
'a'.match({ [Symbol.match]() { for (;;); } });
