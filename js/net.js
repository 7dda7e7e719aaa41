/**
 * wqjs:net: TCP, Unix and UDP sockets on promises. See net.d.ts for the API.
 *
 * Nothing is read before somebody asks: a connection that is not read makes its
 * peer wait, and takes no memory. An open socket does not keep the program
 * running, an operation that waits does.
 */

import { Conn } from 'wqjs:internal/net-conn';
import { connect } from 'wqjs:internal/net-connect';
import { listen, Server } from 'wqjs:internal/net-server';
import { udp, UdpSocket } from 'wqjs:internal/net-udp';

/**
 * Copies from one connection to the other until the end, which it passes on by
 * a half-close; at the pace of the slower one. Gives the number of bytes.
 */
async function pipe(from, to) {
  let total = 0;
  for await (const chunk of from) total += await to.write(chunk);
  await to.end();
  return total;
}

export { Conn, connect, listen, pipe, Server, udp, UdpSocket };
export default { Conn, connect, listen, pipe, Server, udp, UdpSocket };
