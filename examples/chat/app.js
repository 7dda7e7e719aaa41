// A chat for browsers: messages over WebSocket, who is there by server-sent
// events, the page and its history from Express.
//
//   wqjs --allow-listen=127.0.0.1:8080 --allow-read=examples/chat examples/chat/app.js
//
// Then open http://127.0.0.1:8080/ in two windows.
import express, { securityHeaders, sse } from 'express';

const port = Number(scriptArgs[1] ?? 8080);
const KEPT = 50;

const app = express();
app.use(securityHeaders());
app.use(express.static(`${import.meta.dirname}/public`));

const rooms = new Map();

function roomOf(name) {
  if (!rooms.has(name)) rooms.set(name, { members: new Map(), history: [], watchers: new Set() });
  return rooms.get(name);
}

function tellWatchers(room) {
  const names = [...room.members.values()].sort();
  for (const events of room.watchers) events.send(names, { event: 'members' });
}

app.get('/rooms/:room/members', sse(async (events, req) => {
  const room = roomOf(req.params.room);
  room.watchers.add(events);
  events.send([...room.members.values()].sort(), { event: 'members' });
  await events.closed;
  room.watchers.delete(events);
}));

app.ws('/rooms/:room', { maxPayload: 4096, perMessageDeflate: true }, async (ws, req) => {
  const room = roomOf(req.params.room);
  const name = String(req.query.name ?? '').trim().slice(0, 30) || 'nobody';
  room.members.set(ws, name);
  tellWatchers(room);
  for (const message of room.history) ws.send(message);
  for await (const text of ws) {
    if (typeof text !== 'string') continue;
    const message = JSON.stringify({ name, text, at: Date.now() });
    room.history.push(message);
    if (room.history.length > KEPT) room.history.shift();
    for (const member of room.members.keys()) member.send(message);
  }
  room.members.delete(ws);
  tellWatchers(room);
  if (room.members.size === 0 && room.watchers.size === 0) rooms.delete(req.params.room);
});

app.listen(port, '127.0.0.1', () => console.log(`http://127.0.0.1:${port}/`));
