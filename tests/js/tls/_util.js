// Certificates (tests/certs writes them) and pairs of connections with TLS.
import { connect, listen } from 'wqjs:net';
import * as std from 'std';

const dir = scriptArgs[1];

/** The text of NAME.pem and NAME.key. */
export function certificate(name) {
  return { cert: std.loadFile(`${dir}/${name}.pem`), key: std.loadFile(`${dir}/${name}.key`) };
}

export const ca = certificate('ca').cert;
export const server = certificate('server');
export const client = certificate('client');

/** Runs fn with a server for localhost, its port, and what listening was told. */
export async function withServer(tls, fn) {
  const listener = listen({ host: '127.0.0.1', tls: { ...server, ...tls } });
  try {
    return await fn(listener, listener.addr.port);
  } finally {
    listener.close();
  }
}

/** Runs fn with the two ends of a connection whose handshake is done. */
export function withPair(fn, { serverTls = {}, clientTls = {} } = {}) {
  return withServer(serverTls, async (listener, port) => {
    const [a, b] = await Promise.all([
      connect({ host: '127.0.0.1', port, tls: { ca, ...clientTls } }),
      listener.accept().then(async (conn) => {
        await conn.handshake();
        return conn;
      }),
    ]);
    try {
      return await fn(a, b);
    } finally {
      a.close();
      b.close();
    }
  });
}
