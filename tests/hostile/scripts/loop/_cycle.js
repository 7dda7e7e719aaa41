// The other half of a cycle of modules.
import { f } from './module-cycle.js';
export const g = () => f();
