// The table of what Express 5 answers, run on wqjs:express.
import express from 'express';
import { assertEquals, test } from '../assert.js';
import expected from './_expected.json' with { type: 'json' };
import { observed } from './_observed.js';
import { table } from './_table.js';

for (const [name, setup, ...requests] of table) {
  test(name, async () => {
    const app = express();
    app.set('env', 'production');
    app.disable('body parser');
    setup(app, express);
    const { error } = console;
    console.error = () => {}; // errors of status 500 are printed
    try {
      const failures = [];
      for (let i = 0; i < requests.length; i++) {
        const [method, url, headers, body] = typeof requests[i] === 'string' ? ['GET', requests[i]] : requests[i];
        const res = await app.request(url, { method, headers, body });
        const got = JSON.stringify(observed(res.status, res.headers, await res.bytes()));
        const want = JSON.stringify(expected[name][i]);
        if (got !== want) failures.push(`${method} ${url} ${JSON.stringify(headers ?? {})}\n  got  ${got}\n  want ${want}`);
      }
      assertEquals(failures.join('\n'), '');
    } finally {
      console.error = error;
    }
  });
}
