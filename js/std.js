/**
 * The module std as QuickJS users know it, over WASI and the granted folders.
 * Absent is what a sandbox has not: popen, urlGet, tmpfile.
 */

import { evalScript as evaluate } from 'wqjs:internal/native';
import { open, writeFile as writeAll } from 'wqjs:internal/std';

export {
  Error, err, fdopen, gc, in, loadFile, loadScript, open, out, printf, puts, SEEK_CUR, SEEK_END,
  SEEK_SET, setenv, sprintf, strerror, unsetenv,
} from 'wqjs:internal/std';
export { getenv, getenviron } from 'wqjs:internal/env';
export { exit } from 'wqjs:internal/native';

/** Runs a script in the global scope; with async, await is allowed and a promise of {value} given. */
export function evalScript(source, options = undefined) {
  return evaluate(source, options?.backtrace_barrier, options?.async);
}

/** As QuickJS has it, but of a view only its own bytes are written, and an empty file is no error. */
export function writeFile(path, data = '') {
  if (ArrayBuffer.isView(data)) data = data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength);
  const size = data instanceof ArrayBuffer ? data.byteLength : (data = `${data}`).length;
  const file = size === 0 ? open(path, 'w') : null;
  if (file === null) writeAll(path, data); // says what is wrong, too
  else file.close();
}
