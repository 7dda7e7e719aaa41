// The import stands in line 3.
export const x = 1;
import { y } from './does-not-exist.mjs';
