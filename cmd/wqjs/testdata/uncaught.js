function inner(value) {
  return value.missing.property;
}

function outer() {
  return inner({});
}

console.log('before');
outer();
console.log('never');
