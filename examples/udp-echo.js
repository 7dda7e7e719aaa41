// Sends each datagram back to where it came from.
//
//   wqjs --allow-udp=127.0.0.1 examples/udp-echo.js
//   nc -u 127.0.0.1 7001
import { udp } from 'wqjs:net';

const port = Number(scriptArgs[1] ?? 7001);
const socket = udp({ host: '127.0.0.1', port });
console.log(`listening on ${socket.addr.address}:${socket.addr.port}`);

for await (const { data, address, port } of socket) {
  await socket.send(data, { address, port });
}
