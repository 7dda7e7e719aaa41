export { b } from '../cycle-b.mjs';
export { default as std } from './std-alias.mjs';
