import { nothingOfThatName } from './cycle-a.mjs';
export const z = nothingOfThatName;
