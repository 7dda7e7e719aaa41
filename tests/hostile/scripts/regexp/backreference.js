// References back that multiply the ways.
// expect: interrupted
/^(a*)*(a*)*\1\2(b|c)\3$/.test('a'.repeat(60));
