// Talks to itself over IPv6.
//
//   wqjs --allow-listen=[::1]:0 --allow-connect=[::1] examples/ipv6.js
import { connect, listen } from 'wqjs:net';

const server = listen({ host: '::1', port: 0 });
console.log(`listening on [${server.addr.address}]:${server.addr.port}`);

const client = await connect({ host: '::1', port: server.addr.port });
const conn = await server.accept();
console.log(`client from [${conn.remoteAddr.address}]`);

await client.write('hello over IPv6');
console.log(new TextDecoder().decode((await conn.read(1024)) ?? undefined));

for (const c of [client, conn, server]) c.close();
