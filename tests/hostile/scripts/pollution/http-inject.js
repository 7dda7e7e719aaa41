// A header with a line break, under poisoned prototypes, does not leave the server.
// expect: ok | throws EvalError | throws TypeError
// with: module
import { createServer } from 'wqjs:http';
import { poison } from './_poison.js';
let refused = false;
const server = createServer((req, res) => {
  try { res.setHeader('X-A', 'b\r\nSet-Cookie: evil=1'); } catch { refused = true; }
  res.end('x');
});
const before = await server.inject('/');
if (!refused) throw new Error('not refused');
refused = false;
poison();
const answer = await server.inject('/');
if (!refused && answer.headers['set-cookie']) throw new Error('split');
