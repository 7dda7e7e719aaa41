// One line that is as large as memory.
// expect: output
// with: output=65536
print('x'.repeat(1e6));
