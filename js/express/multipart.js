/** Multipart bodies as middleware: see internal/multipart.js. */

import { isMultipart, readParts } from 'wqjs:internal/multipart';

/**
 * Middleware that reads multipart bodies into memory: fields to req.body, files
 * to req.files ({ name, filename, type, bytes }). For large files use
 * req.parts().
 */
export function multipart({ limits } = {}) {
  const max = { fileSize: 1 << 20, files: 10, ...limits };
  return async function readMultipart(req, res, next) {
    const type = req.getHeader('content-type');
    if (!isMultipart(type)) return next();
    const body = Object.create(null);
    const files = [];
    for await (const part of readParts(req, type, { limits: max })) {
      if (part.isFile) {
        files.push({ name: part.name, filename: part.filename, type: part.type, bytes: await part.bytes() });
      } else {
        const value = await part.text();
        const had = body[part.name];
        body[part.name] = had === undefined ? value : Array.isArray(had) ? [...had, value] : [had, value];
      }
    }
    req.body = body;
    req.files = files;
    return next();
  };
}
