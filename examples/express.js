// A small web service: routes, JSON, files, an upload, events and errors.
//
//   wqjs --allow-listen=127.0.0.1:8080 --allow-read=examples examples/express.js
//   curl http://127.0.0.1:8080/notes
//   curl --json '{"text":"hello"}' http://127.0.0.1:8080/notes
//   curl -F file=@README.md http://127.0.0.1:8080/upload
//   curl http://127.0.0.1:8080/files/express.js
import express, { compression, health, httpError, logger, rateLimit, requestId, securityHeaders, sse } from 'express';

const app = express();
app.use(requestId(), logger(), securityHeaders(), compression(), health());

const notes = new Map();
const listeners = new Set();

const api = express.Router();
api.use(rateLimit({ limit: 100, window: '1m' }), express.json());

api.param('id', (req, res, next, id) => {
  req.note = notes.get(Number(id));
  next(req.note ? undefined : httpError(404, `no note ${id}`));
});

api.get('/', (req, res) => res.json([...notes.values()]));

api.post('/', (req, res) => {
  if (typeof req.body?.text !== 'string') throw httpError(400, 'a note needs a text');
  const note = { id: notes.size + 1, text: req.body.text };
  notes.set(note.id, note);
  for (const events of listeners) events.send(note, { event: 'note', id: note.id });
  res.status(201).location(`/notes/${note.id}`).json(note);
});

api.get('/events', sse(async (events) => {
  listeners.add(events);
  await events.closed;
  listeners.delete(events);
}));

api.route('/:id').get((req, res) => res.json(req.note)).delete((req, res) => {
  notes.delete(req.note.id);
  res.sendStatus(204);
});

app.use('/notes', api);

// An upload is counted as it arrives; nothing of it is kept.
app.post('/upload', async (req, res) => {
  const files = [];
  for await (const part of req.parts({ limits: { fileSize: 1 << 30 } })) {
    let bytes = 0;
    for await (const piece of part) bytes += piece.length;
    files.push({ name: part.filename ?? part.name, bytes });
  }
  res.json(files);
});

app.use('/files', express.static(import.meta.dirname, { maxAge: '1h' }));

app.use((error, req, res, next) => {
  const status = error.status ?? 500;
  if (status >= 500) console.error(error);
  res.status(status).json({ error: status < 500 ? error.message : 'Internal Server Error', id: req.id });
});

const port = Number(scriptArgs[1] ?? 8080);
app.listen(port, '127.0.0.1', () => console.log(`listening on http://127.0.0.1:${port}/`));
