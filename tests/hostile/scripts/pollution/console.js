// The console under poisoned prototypes: whatever it shows, it returns.
// expect: ok | throws EvalError | output
// with: output=65536
for (const o of [Array.prototype, String.prototype, Map.prototype, Set.prototype, RegExp.prototype, Object.getPrototypeOf([].values())])
  for (const k of Reflect.ownKeys(o)) { const d = Reflect.getOwnPropertyDescriptor(o, k); if (d.configurable && typeof d.value === 'function' && k !== 'constructor') Reflect.defineProperty(o, k, { ...d, value() { throw new EvalError('poisoned'); } }); }
console.log({ a: [1, new Map([])] }, new Set(), /a/, [1, , 2], 'x');
