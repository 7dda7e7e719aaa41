// A web application without the network: requests as text, router, middleware,
// sessions, forms, templates, responses as text.
kernels.webapp = (() => {
  class Router {
    constructor() { this.root = Router.node(); }
    static node() { return { children: new Map(), param: null, wild: null, handlers: new Map() }; }
    on(method, path, ...handlers) {
      let node = this.root;
      const names = [];
      for (const part of path.split('/').filter(Boolean)) {
        if (part[0] === ':') {
          names.push(part.slice(1));
          node = node.param = node.param || Router.node();
        } else if (part === '*') {
          names.push('*');
          node = node.wild = node.wild || Router.node();
        } else {
          if (!node.children.has(part)) node.children.set(part, Router.node());
          node = node.children.get(part);
        }
      }
      node.handlers.set(method, { handlers, names });
      return this;
    }
    find(method, path) {
      const parts = path.split('/').filter(Boolean);
      let allowed = null;
      const walk = (node, i, values) => {
        if (i === parts.length) {
          const h = node.handlers.get(method);
          if (h) return { handlers: h.handlers, params: Object.fromEntries(h.names.map((n, k) => [n, decodeURIComponent(values[k])])) };
          if (node.handlers.size) allowed = [...node.handlers.keys()];
          return null;
        }
        const child = node.children.get(parts[i]);
        return child && walk(child, i + 1, values) ||
          node.param && walk(node.param, i + 1, [...values, parts[i]]) ||
          node.wild && walk(node.wild, parts.length, [...values, parts.slice(i).join('/')]);
      };
      return walk(this.root, 0, []) || { status: allowed ? 405 : 404, allowed };
    }
  }

  const entities = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  const escape = v => String(v).replace(/[&<>"']/g, c => entities[c]);

  // Templates compile to a list of closures: {{x.y}}, {{{raw}}}, {{#each}},
  // {{#if}} … {{else}}, {{> partial}}.
  class Templates {
    constructor() { this.compiled = new Map(); }
    define(name, source) {
      const tokens = source.split(/(\{\{\{?[^}]+\}?\}\})/);
      this.compiled.set(name, this.block(tokens, { pos: 0 }, null));
      return this;
    }
    block(tokens, cursor, until) {
      const parts = [];
      while (cursor.pos < tokens.length) {
        const t = tokens[cursor.pos++];
        const m = /^\{\{(\{)?\s*(#each|#if|\/each|\/if|else|>)?\s*([^}]*?)\s*\}?\}\}$/.exec(t);
        if (!m) {
          if (t) parts.push(() => t);
          continue;
        }
        const [, raw, tag, arg] = m;
        const get = Templates.path(arg);
        if (tag === undefined) {
          parts.push(raw ? s => get(s) : s => escape(get(s)));
        } else if (tag === '#each') {
          const body = this.block(tokens, cursor, '/each');
          parts.push(s => (get(s) || []).map((item, index) => body({ ...s, this: item, index })).join(''));
        } else if (tag === '#if') {
          const then = this.block(tokens, cursor, '/if');
          const other = cursor.stopped === 'else' ? this.block(tokens, cursor, '/if') : () => '';
          parts.push(s => (get(s) ? then(s) : other(s)));
        } else if (tag === '>') {
          parts.push(s => this.render(arg, s));
        } else {
          cursor.stopped = tag;
          break;
        }
      }
      return scope => {
        let out = '';
        for (const p of parts) out += p(scope);
        return out;
      };
    }
    static path(text) {
      const keys = text.split('.');
      return scope => keys.reduce((o, k) => o?.[k], scope) ?? '';
    }
    render(name, scope) { return this.compiled.get(name)(scope); }
  }

  function parseForm(text) {
    const out = {};
    for (const pair of text.split('&')) {
      if (!pair) continue;
      const [k, v = ''] = pair.split('=').map(s => decodeURIComponent(s.replace(/\+/g, ' ')));
      out[k] = v;
    }
    return out;
  }

  function parseRequest(text) {
    const end = text.indexOf('\r\n\r\n');
    const [first, ...lines] = text.slice(0, end).split('\r\n');
    const [method, target] = first.split(' ');
    const headers = {};
    for (const l of lines) {
      const colon = l.indexOf(':');
      headers[l.slice(0, colon).toLowerCase()] = l.slice(colon + 1).trim();
    }
    const [path, query = ''] = target.split('?');
    const cookies = Object.fromEntries((headers.cookie || '').split('; ').filter(Boolean).map(c => c.split('=')));
    return { method, path, query: parseForm(query), headers, cookies, body: text.slice(end + 4) };
  }

  class Response {
    constructor() {
      this.status = 200;
      this.headers = { 'content-type': 'text/html; charset=utf-8' };
      this.body = '';
    }
    json(value) {
      this.headers['content-type'] = 'application/json';
      this.body = JSON.stringify(value);
    }
    redirect(to) {
      this.status = 303;
      this.headers.location = to;
    }
    toString() {
      const lines = Object.entries(this.headers).map(([k, v]) => `${k}: ${v}\r\n`).join('');
      return `HTTP/1.1 ${this.status}\r\n${lines}content-length: ${this.body.length}\r\n\r\n${this.body}`;
    }
  }

  function makeApp() {
    const sessions = new Map(), notes = [];
    const views = new Templates()
      .define('page', '<!doctype html><title>{{title}}</title><nav>{{#if user}}Hello {{user.name}}{{else}}<a href="/login">Log in</a>{{/if}}</nav>{{{content}}}')
      .define('note', '<li class="n{{index}}"><a href="/notes/{{this.id}}">{{this.title}}</a>{{#if this.tags.length}} <i>{{#each this.tags}}{{this}} {{/each}}</i>{{/if}}</li>')
      .define('list', '<h1>{{title}} ({{notes.length}})</h1><ul>{{#each notes}}{{> note}}{{/each}}</ul>');
    const page = (res, view, scope) => { res.body = views.render('page', { ...scope, content: view ? views.render(view, scope) : scope.text }); };

    const session = (req, res, next) => {
      req.session = sessions.get(req.cookies.sid);
      return next();
    };
    const form = (req, res, next) => {
      if (req.headers['content-type'] === 'application/x-www-form-urlencoded') req.form = parseForm(req.body);
      else if (req.headers['content-type'] === 'application/json') req.form = JSON.parse(req.body);
      return next();
    };
    const member = (req, res, next) => (req.session ? next() : res.redirect('/login'));

    const router = new Router()
      .on('GET', '/', session, (req, res) => page(res, 'list', { title: 'Notes', user: req.session, notes: notes.slice(-10) }))
      .on('POST', '/login', form, (req, res) => {
        const sid = 's' + checksum(req.form.name).toString(36);
        sessions.set(sid, { name: req.form.name });
        res.headers['set-cookie'] = `sid=${sid}; HttpOnly; Path=/`;
        res.redirect('/');
      })
      .on('POST', '/notes', session, member, form, (req, res) => {
        const tags = [...new Set((req.form.tags || '').split(/[\s,]+/).filter(Boolean))].sort();
        notes.push({ id: notes.length + 1, title: req.form.title, tags, by: req.session.name });
        res.redirect('/notes/' + notes.length);
      })
      .on('GET', '/notes/:id', session, (req, res) => {
        const note = notes[req.params.id - 1];
        if (!note) throw Object.assign(new Error('no such note'), { status: 404 });
        page(res, null, { title: note.title, user: req.session, text: `<p>${escape(note.title)}</p>` });
      })
      .on('GET', '/api/tags/:tag/notes', (req, res) => res.json(notes.filter(n => n.tags.includes(req.params.tag)).slice(0, Number(req.query.limit || 5))))
      .on('GET', '/files/*', (req, res) => { res.body = 'file ' + req.params['*']; });

    return text => {
      const req = parseRequest(text), res = new Response();
      try {
        const { handlers, params, status, allowed } = router.find(req.method, req.path);
        if (!handlers) throw Object.assign(new Error(allowed ? 'use ' + allowed.join() : 'not found'), { status });
        req.params = params;
        const run = i => handlers[i](req, res, () => run(i + 1));
        run(0);
      } catch (e) {
        res.status = e.status || 500;
        res.body = escape(e.message);
      }
      return res.toString();
    };
  }

  return () => {
    const app = makeApp();
    const r = random(21);
    let sum = 0;
    const send = (line, headers = '', body = '') => {
      const out = app(`${line} HTTP/1.1\r\nHost: example.com\r\nAccept: */*\r\n${headers}\r\n${body}`);
      sum = checksum(out, sum);
      return out;
    };
    const type = 'Content-Type: application/x-www-form-urlencoded\r\n';
    const cookie = 'Cookie: ' + /sid=[^;]+/.exec(send('POST /login', type, 'name=O%27Brien+%26+Co'))[0] + '\r\n';
    for (let i = 0; i < 150; i++) {
      send('POST /notes', type + cookie, `title=Note+%3C${i}%3E&tags=t${Math.floor(r() * 9)},all+x`);
      send('GET /', i % 2 ? cookie : '');
      send(`GET /notes/${Math.floor(r() * 160)}`, cookie);
      send(`GET /api/tags/t${i % 9}/notes?limit=3&x=%20`);
      send(i % 3 ? `GET /files/css/${i}/a%20b.css` : `DELETE /notes/${i}`);
      send('POST /notes', type, 'title=nobody');
    }
    return expect('webapp', sum, 2862682328);
  };
})();
