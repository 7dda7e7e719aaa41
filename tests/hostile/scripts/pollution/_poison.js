// Poisons what library code could rely on: the methods of the prototypes throw, and options that nobody gave are asked for on Object.prototype.
const { ownKeys, getOwnPropertyDescriptor, defineProperty } = Reflect;

export function poison() {
  const found = [];
  for (const o of [Array.prototype, String.prototype, RegExp.prototype, Map.prototype, Set.prototype, WeakMap.prototype,
    Number.prototype, Date.prototype, Uint8Array.prototype, Object.getPrototypeOf(Uint8Array.prototype), ArrayBuffer.prototype,
    Object.getPrototypeOf([].values()), Object.getPrototypeOf(new Map().values()), Function.prototype, Symbol.prototype])
    for (const k of ownKeys(o)) {
      const d = getOwnPropertyDescriptor(o, k);
      if (k !== 'constructor' && d.configurable && typeof d.value === 'function') found.push([o, k]);
    }
  const options = ['port', 'host', 'path', 'signal', 'tls', 'allow', 'code', 'family', 'timeout'];
  for (let i = 0; i < options.length; i++)
    defineProperty(Object.prototype, options[i], {
      __proto__: null, configurable: true, get() { return undefined; },
      set(value) { defineProperty(this, options[i], { __proto__: null, value, writable: true, enumerable: true, configurable: true }); },
    });
  const value = () => { throw new EvalError('poisoned'); };
  for (let i = 0; i < found.length; i++)
    defineProperty(found[i][0], found[i][1], { __proto__: null, value, writable: true, configurable: true });
}
