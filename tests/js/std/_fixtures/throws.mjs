// The error stands in line 4, column 9.
function inner() {
  const text = 'thrown by a module';
  throw new RangeError(text);
}
inner();
