// Runs once in every sandbox before user code.
import { install } from 'wqjs:internal/globals/index';
import { scriptArgs } from 'wqjs:internal/native';

install(globalThis);

// Read when first used: a sandbox gets its arguments after the prelude ran.
Object.defineProperty(globalThis, 'scriptArgs', {
  configurable: true,
  enumerable: false,
  get() {
    const value = scriptArgs();
    Object.defineProperty(globalThis, 'scriptArgs', { value, writable: true, configurable: true, enumerable: false });
    return value;
  },
  set(value) {
    Object.defineProperty(globalThis, 'scriptArgs', { value, writable: true, configurable: true, enumerable: false });
  },
});
