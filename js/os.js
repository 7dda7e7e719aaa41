// The module os as QuickJS users know it, over WASI and the granted folders.
// Timers are those of the event loop.
export * from 'wqjs:internal/os';
import { timerStart, timerStop } from 'wqjs:internal/native';

export function setTimeout(func, delay) {
  return timerStart(func, Number(delay) || 0, false, undefined);
}

export function setInterval(func, delay) {
  return timerStart(func, Number(delay) || 0, true, undefined);
}

export function clearTimeout(id) {
  timerStop(id);
}

export { clearTimeout as clearInterval };

export function sleepAsync(delay) {
  return new Promise((resolve) => timerStart(resolve, Number(delay) || 0, false, undefined));
}
