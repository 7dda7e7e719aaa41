// wqjs:express, under strict.
import express, {
  basicAuth, compression, cors, health, httpError, json, logger, multipart, rateLimit, requestId, Router, securityHeaders, sse,
  static as serve, timeout, type ErrorRequestHandler, type RequestHandler,
} from 'express';

const app = express();
const auth: RequestHandler = basicAuth({ users: { a: 'b' } });
app.use(logger('json'), compression({ level: 5 }), cors({ origin: [/x/, 'http://y'] }), securityHeaders({ frameOptions: false }));
app.use('/files', serve('/srv', { maxAge: '1d', index: ['a.html'], precompressed: true }));
app.use(rateLimit({ limit: 5, window: '1m' }), requestId(), timeout('5s'), health({ checks: { db: async () => {} } }));
app.set('trust proxy', 1).set('query parser', 'extended').enable('etag').disable('x');
const offset: number = app.get('subdomain offset');
app.get('/users/:id', auth, async (req, res) => {
  const id: string = req.params.id;
  const types: string | false = req.accepts('json', ['html']);
  const range = req.range(offset);
  if (Array.isArray(range)) range[0].end.toFixed();
  res.status(201).set('X-A', types).cookie('a', { id }, { maxAge: 5, sameSite: 'lax' }).json({ id }, 200);
});
app.post('/up', json({ limit: '1mb', strict: false }), multipart(), async (req, res) => {
  for await (const part of req.parts({ limits: { files: 1 } })) for await (const piece of part) piece.byteLength;
  await res.stream(['a', new Uint8Array(1)]);
  const entry: string | File | null = (await req.formData({ limits: { files: 1 } })).get('a');
  if (entry instanceof File) (await entry.slice(1).bytes()).length.toFixed();
});
app.get('/events', sse((events) => events.send({ a: 1 }, { id: 5 })));
const onError: ErrorRequestHandler = (error, req, res, next) => next(httpError(error.status ?? 500));
app.use(onError);
const router = Router({ mergeParams: true });
new Router().get('/', (req, res) => res.redirect(301, '/x'));
router.param('id', (req, res, next, value) => next());
app.use(['/a', /b/], router);
app.route('/r').get((req, res) => res.sendStatus(204)).post((req, res) => res.end());
app.request.extra = 1;
app.request('/x', { method: 'POST', body: { a: 1 } }).then(async (r) => (await r.json()).a + r.headers.get('etag'));
const server = app.listen({ port: 0, maxBodySize: 1 }, (error) => error);
server.close();
// @ts-expect-error
app.get('/x', 5);
// @ts-expect-error
serve('/x', { dotfiles: 'maybe' });
// @ts-expect-error
timeout();
