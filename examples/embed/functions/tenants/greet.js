// A function as an Express app. It runs in a sandbox of its own for each request:
// `calls` is 1 in all of them.
import express from 'express';

const app = express();
let calls = 0;

app.get('/:who', (req, res) => res.json({ hello: req.params.who, calls: ++calls }));

app.post('/sum', express.json(), (req, res) => {
  if (!Array.isArray(req.body)) res.status(400).json({ error: 'want an array' });
  else res.json(req.body.reduce((sum, n) => sum + n, 0));
});

export default app;
