// Functions are compiled for ever.
// expect: interrupted
for (let i = 0; ; i++) new Function(`return ${i}`)();
