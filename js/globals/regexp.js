/**
 * Source and flags of a RegExp, read from its internal state: the standard
 * `flags` getter asks properties that user code can define.
 */

import { getterOf } from 'wqjs:internal/globals/primordials';

export const regexpSource = getterOf(RegExp.prototype, 'source');

const FLAGS = [
  ['d', getterOf(RegExp.prototype, 'hasIndices')],
  ['g', getterOf(RegExp.prototype, 'global')],
  ['i', getterOf(RegExp.prototype, 'ignoreCase')],
  ['m', getterOf(RegExp.prototype, 'multiline')],
  ['s', getterOf(RegExp.prototype, 'dotAll')],
  ['u', getterOf(RegExp.prototype, 'unicode')],
  ['v', getterOf(RegExp.prototype, 'unicodeSets')],
  ['y', getterOf(RegExp.prototype, 'sticky')],
];

export function regexpFlags(value) {
  let flags = '';
  for (let i = 0; i < FLAGS.length; i++) if (FLAGS[i][1](value)) flags += FLAGS[i][0];
  return flags;
}
