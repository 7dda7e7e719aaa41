/** Name resolution in the host, for wqjs:dns and wqjs:net. */

import { lookupCancel, lookupResult, lookupStart } from 'wqjs:internal/native';

/**
 * Asks for the addresses of a name; family is 0, 4 or 6. Calls
 * done(error, addresses) in a later turn of the event loop, unless the function
 * that it returns was called before. Throws what is wrong with the question.
 */
export function resolve(name, family, done) {
  let wanted = true;
  const af = family === 4 ? 2 : family === 6 ? 10 : 0;
  const op = lookupStart(name, af, (status, id) => {
    let addresses = null;
    let error = null;
    try {
      addresses = lookupResult(id, name); // always fetched: the host keeps it until then
    } catch (caught) {
      error = caught;
    }
    if (!wanted) return;
    wanted = false;
    done(error, addresses);
  });
  return () => {
    if (wanted) lookupCancel(op);
    wanted = false;
  };
}
