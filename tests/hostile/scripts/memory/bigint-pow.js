// A power that does not fit into any memory.
// expect: throws RangeError | out of memory | interrupted
7n ** (10n ** 9n);
