async function fails() {
  await null;
  throw new TypeError('in an async function');
}

fails();
setTimeout(() => console.log('never'), 1000);
