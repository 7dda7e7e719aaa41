// Runs the table of tests/js/express/_table.js against express from npm and
// compares with tests/js/express/_expected.json; --update writes that file.
import { readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import express from 'express';
import { observed } from '../js/express/_observed.js';
import { table } from '../js/express/_table.js';

const file = new URL('../js/express/_expected.json', import.meta.url);
console.error = () => {};

function send(port, [method, url, headers = {}, body]) {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
    const req = request({ port, host: '127.0.0.1', method, path: url, headers: { host: 'localhost', ...headers, ...length } }, (res) => {
      const chunks = [];
      res.on('data', (chunk) => chunks.push(chunk));
      res.on('end', () => resolve(observed(res.statusCode, res.headers, Buffer.concat(chunks))));
    });
    req.on('error', reject);
    req.end(body);
  });
}

const got = {};
for (const [name, setup, ...requests] of table) {
  const app = express();
  app.disable('x-powered-by');
  app.set('env', 'production');
  setup(app, express);
  const server = await new Promise((resolve) => {
    const s = app.listen(0, '127.0.0.1', () => resolve(s));
  });
  got[name] = [];
  for (const item of requests) got[name].push(await send(server.address().port, typeof item === 'string' ? ['GET', item] : item));
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

if (process.argv.includes('--update')) {
  const text = JSON.stringify(got, null, 1).replace(/\n {3,}/g, ' ');
  writeFileSync(file, `${text}\n`);
  process.exit();
}
const want = JSON.parse(readFileSync(file, 'utf8'));
let failed = 0;
for (const name of new Set([...Object.keys(want), ...Object.keys(got)])) {
  const [a, b] = [JSON.stringify(want[name]), JSON.stringify(got[name])];
  if (a !== b) failed++, console.log(`${name}\n  expected ${a}\n  got      ${b}`);
}
console.log(failed === 0 ? `${Object.keys(got).length} cases are as expected` : `${failed} cases differ`);
process.exit(failed === 0 ? 0 : 1);
