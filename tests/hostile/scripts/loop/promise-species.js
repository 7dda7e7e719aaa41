// A promise class whose constructor never returns.
// expect: interrupted
class P extends Promise { static get [Symbol.species]() { for (;;); } }
P.resolve(1).then(() => {});
