// A replacement that names what comes before and after, a thousand times.
// expect: out of memory | throws RangeError
'a'.repeat(1e5).replace(/a/g, "$`$'".repeat(100));
