import { b, callA } from './cycle-b.mjs';
export function a() {
  return `a sees ${b}`;
}
export const early = callA();
export let count = 0;
export function increment() {
  count++;
}
