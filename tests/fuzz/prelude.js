// What generated programs stand on. Each loop and function ticks, so that they
// end; show makes any value a text that every engine gives alike.
let fuel = 500; // also how deep calls nest: the stack must hold that
function tick() {
  if (--fuel < 0) throw new RangeError('out of fuel');
}
function show(v, depth = 3) {
  try {
    if (typeof v === 'string') return JSON.stringify(v.length > 60 ? v.slice(0, 60) + '…' + v.length : v);
    if (typeof v === 'bigint') return v.toString(36).slice(0, 60) + 'n';
    if (typeof v === 'symbol') return v.toString();
    if (typeof v === 'number' && v === 0) return 1 / v < 0 ? '-0' : '0';
    if (typeof v === 'function') return 'function/' + v.length;
    if (v === null || typeof v !== 'object') return String(v);
    if (v instanceof Error) return v.name + ': ' + v.message;
    if (depth === 0) return Object.prototype.toString.call(v);
    if (v instanceof Map || v instanceof Set) return (v instanceof Map ? 'Map' : 'Set') + show([...v].slice(0, 12), depth - 1);
    const keys = Reflect.ownKeys(v).slice(0, 12);
    return (Array.isArray(v) ? '[' + v.length : '{') + keys.map(k => show(k, 0) + ':' + show(v[k], depth - 1)).join() + '}';
  } catch (e) {
    return 'threw ' + (e instanceof Error ? e.name + (e.name === 'InternalError' ? ': ' + e.message : '') : typeof e);
  }
}
