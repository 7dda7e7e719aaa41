/**
 * The key of a method (depth, options, inspect) that says how its object is
 * shown by inspect() and console. A module of its own so that classes can use
 * it without loading the inspector.
 */
export const customInspect = Symbol.for('nodejs.util.inspect.custom');
