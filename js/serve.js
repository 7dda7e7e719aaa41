/** Serving an app, alone or as a worker of `wqjs serve`: see serve.d.ts. */

import { createServer, Server } from 'wqjs:http';
import { closeAll, openServers } from 'wqjs:internal/http-server';
import { fetchHandler } from 'wqjs:internal/globals/fetch';
import { exit } from 'wqjs:internal/native';
import { observe, observed, watchHeap } from 'wqjs:internal/http-native';
import { Conn, TOKEN } from 'wqjs:internal/net-conn';
import { useListener, useListeners } from 'wqjs:internal/net-server';
import { granted } from 'wqjs:sockets';

export function serve(app, options = {}) {
  if (app instanceof Server) return app.listen(options);
  if (typeof app?.listen === 'function') return app.listen(options);
  if (typeof app === 'function') return createServer(app).listen(options);
  if (typeof app?.fetch === 'function') return createServer(fetchHandler((request) => app.fetch(request))).listen(options);
  throw new TypeError('serve: expected an app with listen(), a handler, or an object with fetch(request)');
}

/**
 * Loads an app, the module with this name, that is to serve on the listener fd:
 * the first that it listens to, or what it exports.
 */
export async function mount(fd, name) {
  const taken = useListener(fd);
  const { default: app } = await import(name);
  if (taken()) return;
  if (app === undefined) throw new TypeError('serve: the module exports no app and listens to nothing');
  serve(app, { fd });
}

/**
 * The main program of a worker. The command holds the other end of a socket:
 * lines come in ("stop MS", "metrics"), lines go out ("ready", JSON, "full" when memory is).
 */
export async function runWorker(load, { log = 0, metrics = false, tls } = {}) {
  const control = granted.find((g) => g.name === 'wqjs:control');
  if (control === undefined) throw new TypeError('runWorker: only for `wqjs serve`');
  const conn = new Conn(TOKEN, control.fd, { address: '', port: 0, family: 'unix' }).unref();
  observe(log, metrics);
  const listeners = granted.filter((g) => g.name === 'wqjs:listener');
  useListeners(listeners.map((g) => g.fd), tls);
  const { default: app } = await load();
  if (openServers.size === 0) {
    if (app === undefined) throw new TypeError('serve: the module exports no app and listens to nothing');
    for (const { fd } of listeners) serve(app, { fd });
  }
  const answer = (text) => conn.write(`${text}\n`).catch(() => {});
  answer('ready');
  watchHeap(control.fd);
  commands(conn, answer).catch(() => exit(0)); // the command is gone
}

async function commands(conn, answer) {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const bytes of conn) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n');
    rest = lines.pop();
    for (const line of lines) {
      const [word, argument] = line.split(' ');
      if (word === 'metrics') answer(JSON.stringify({ ...observed(), connections: connections() }));
      if (word === 'stop') {
        await closeAll({ timeout: Number(argument) });
        exit(0);
      }
    }
  }
  exit(0);
}

function connections() {
  let n = 0;
  for (const server of openServers) n += server.connections;
  return n;
}
