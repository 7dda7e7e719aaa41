// A template whose value is never text.
// expect: interrupted
`${{ toString() { for (;;); } }}`;
