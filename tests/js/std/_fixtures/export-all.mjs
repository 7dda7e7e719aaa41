export * from './cycle-a.mjs';
export * as nested from './cycle-b.mjs';
export default class Named {}
