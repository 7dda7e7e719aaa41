// An object literal whose key is never computed.
// expect: interrupted
({ [(() => { for (;;); })()]: 1 });
