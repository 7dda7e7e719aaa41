// Connections on promises, all at once.
// expect: ok
// with: module
import { connect, listen } from 'wqjs:net';
const server = await listen({ host: '127.0.0.1', port: 0 });
const all = await Promise.allSettled(Array.from({ length: 200 }, () => connect({ host: '127.0.0.1', port: server.port ?? server.address?.port })));
if (all.every((r) => r.status === 'fulfilled')) throw new Error('no limit');
server.close();
for (const r of all) r.value?.close();
