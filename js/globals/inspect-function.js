/**
 * The text of functions and classes: [Function: f], [class A extends B].
 */

import { startsWith, uncurry } from 'wqjs:internal/globals/primordials';
import { ownDescriptor, safePrototype } from 'wqjs:internal/globals/inspect-lookup';
import { limit, stylize } from 'wqjs:internal/globals/inspect-text';

const functionToString = uncurry(Function.prototype.toString);

function ownName(value) {
  const name = ownDescriptor(value, 'name')?.value;
  return typeof name === 'string' ? limit(name) : '';
}

function describeClass(ctx, value, ctor, tag) {
  const name = ownName(value);
  let text = name === '' ? '[class (anonymous)' : `[class ${name}`;
  if (ctor !== 'Function' && ctor !== null) text += ` [${limit(ctor)}]`;
  if (tag !== '' && tag !== ctor) text += ` [${limit(tag)}]`;
  if (ctor === null) return `${text} extends [null prototype]]`;
  const parent = safePrototype(value);
  const parentName = parent === null ? '' : ownName(parent);
  return parentName === '' ? `${text}]` : `${text} extends ${parentName}]`;
}

/** `kind` is the internal class, `ctor` the constructor's name or null. */
export function describeFunction(ctx, value, kind, ctor, tag) {
  const source = functionToString(value);
  if (startsWith(source, 'class') && source[source.length - 1] === '}') {
    return stylize(ctx, describeClass(ctx, value, ctor, tag), 'special');
  }
  let text = `[${kind}`;
  if (ctor === null) text += ' (null prototype)';
  const name = ownName(value);
  text += name === '' ? ' (anonymous)]' : `: ${name}]`;
  if (ctor !== kind && ctor !== null && ctor !== 'Function') text += ` ${limit(ctor)}`;
  if (tag !== '' && tag !== ctor && tag !== kind) text += ` [${limit(tag)}]`;
  return stylize(ctx, text, 'special');
}
