// apply with a hundred million arguments.
// expect: throws RangeError
Math.max.apply(null, { length: 1e8 });
