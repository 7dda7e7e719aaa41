import { a, early } from './cycle-a.mjs';
export const b = 'b';
// Functions are there already while a module is still to be evaluated.
export const callA = () => a();
export function readEarly() {
  return early;
}
export const tooSoon = (() => {
  try {
    return early;
  } catch (error) {
    return error.name;
  }
})();
