// A replacement that is never computed.
// expect: interrupted
'aaa'.replace(/a/g, () => { for (;;); });
