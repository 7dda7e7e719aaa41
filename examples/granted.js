// Serves on a listener it was given: no permission is needed, and the script
// cannot open any other.
//
//   wqjs --listen web=127.0.0.1:7003 examples/granted.js
//   nc 127.0.0.1 7003
import { granted } from 'wqjs:sockets';
import { listen } from 'wqjs:net';

const web = granted.find((g) => g.name === 'web');
if (!web) throw new Error('start me with --listen web=ADDR');
console.log(`serving ${web.address}:${web.port}`);

for await (const conn of listen({ fd: web.fd })) {
  conn.write('this sandbox was given one listener\n').catch((err) => console.error(err.message)).finally(() => conn.close());
}
