/** Parameters of header values: RFC 9110, section 5.6.6. */

/** A parameter of a Content-Type or Content-Disposition header; undefined when it is missing. */
export function parameter(header, name) {
  const pattern = /;\s*([^\s=;]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;]*))/g;
  for (const [, key, quoted, plain] of (header ?? '').matchAll(pattern)) {
    if (key.toLowerCase() === name) return quoted === undefined ? plain : quoted.replace(/\\(["\\])/g, '$1');
  }
  return undefined;
}
