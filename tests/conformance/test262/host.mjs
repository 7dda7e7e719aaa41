// $262, the hooks that tests call. Agents and realms do not exist here: the
// runner skips the tests that need them.
import * as std from 'std';

const transfer = Function.prototype.call.bind(ArrayBuffer.prototype.transfer);
globalThis.$262 = {
  global: globalThis,
  gc() { std.gc(); },
  evalScript(source) { return std.evalScript(source); },
  detachArrayBuffer(buffer) { transfer(buffer); return null; },
};
