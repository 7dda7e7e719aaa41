/** TLS of wqjs:net, over tls_wrap of wqjs:sockets. */

import { errnoError, handshakeResult, handshakeStart } from 'wqjs:internal/native';
import { tls_info } from 'wqjs:sockets';

/** Options of TLS as connect() and listen() take them; true is {} where defaults will do. */
export function checkTls(tls, name, allowTrue) {
  if (tls === undefined || tls === null || tls === false) return null;
  if (tls === true && allowTrue) return {};
  if (typeof tls !== 'object') {
    throw new TypeError(`${name}: tls must be ${allowTrue ? 'true or ' : ''}an object of options`);
  }
  return tls;
}

/** Waits for the handshake of a secured fd and gives its session. */
export function handshake(fd, { address, port }) {
  return new Promise((resolve, reject) => {
    handshakeStart(fd, (status, id) => {
      const r = handshakeResult(id);
      if (r < 0) {
        reject(errnoError(r, 'tls_handshake', address, port));
        return;
      }
      try {
        resolve(tls_info(fd));
      } catch (error) {
        reject(error); // closed meanwhile
      }
    });
  });
}
