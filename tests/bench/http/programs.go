package http

// The same route in each server. PORT stands for the port.
const (
	wqjsRaw = `
import { createServer } from 'wqjs:http';
createServer((req, res) => {
  res.setHeader('Content-Type', 'application/json; charset=utf-8');
  res.end(JSON.stringify({ id: req.path.slice(11), name: 'item', tags: ['a', 'b'] }));
}).listen({ host: '127.0.0.1', port: PORT });`
	nodeRaw = `
import { createServer } from 'node:http';
createServer((req, res) => {
  res.setHeader('Content-Type', 'application/json; charset=utf-8');
  res.end(JSON.stringify({ id: req.url.slice(11), name: 'item', tags: ['a', 'b'] }));
}).listen(PORT, '127.0.0.1');`
	anyExpress = `
import express from 'express';
const app = express();
app.get('/api/items/:id', (req, res) => res.json({ id: req.params.id, name: 'item', tags: ['a', 'b'] }));
app.listen(PORT, '127.0.0.1');`
	nodeCluster = `
import cluster from 'node:cluster';
import { createServer } from 'node:http';
import { availableParallelism } from 'node:os';
if (cluster.isPrimary) {
  for (let i = 0; i < availableParallelism(); i++) cluster.fork();
  process.on('SIGTERM', () => process.exit(0));
} else {
  createServer((req, res) => {
    res.setHeader('Content-Type', 'application/json; charset=utf-8');
    res.end(JSON.stringify({ id: req.url.slice(11), name: 'item', tags: ['a', 'b'] }));
  }).listen(PORT, '127.0.0.1');
}`
)

// Downloads of SIZE bytes, and a route with about 1 ms of JavaScript.
const (
	wqjsMore = `
import { createServer } from 'wqjs:http';
const work = () => { let n = 0; for (let i = 0; i < WORK; i++) n = (n * 31 + i) | 0; return n; };
const piece = new Uint8Array(65536).fill(97);
createServer(async (req, res) => {
  if (req.path === '/file') {
    res.file('FILE');
  } else if (req.path === '/generated') {
    for (let left = SIZE; left > 0; left -= piece.length) {
      const room = res.write(piece);
      if (room !== true) await room;
    }
    res.end();
  } else {
    if (req.path === '/work') work();
    res.setHeader('Content-Type', 'application/json; charset=utf-8');
    res.end(JSON.stringify({ id: '42', name: 'item', tags: ['a', 'b'] }));
  }
}).listen({ host: '127.0.0.1', port: PORT });`
	nodeMore = `
import { createReadStream } from 'node:fs';
import { createServer } from 'node:http';
const piece = new Uint8Array(65536).fill(97);
createServer(async (req, res) => {
  if (req.url === '/file') {
    createReadStream('FILE').pipe(res);
  } else if (req.url === '/generated') {
    for (let left = SIZE; left > 0; left -= piece.length) {
      if (!res.write(piece)) await new Promise((resolve) => res.once('drain', resolve));
    }
    res.end();
  } else {
    res.setHeader('Content-Type', 'application/json; charset=utf-8');
    res.end(JSON.stringify({ id: '42', name: 'item', tags: ['a', 'b'] }));
  }
}).listen(PORT, '127.0.0.1');`
)
