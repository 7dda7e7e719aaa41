/** wqjs:serve: one way to serve an app of any form, as `wqjs serve` does. */
declare module 'wqjs:serve' {
  import type { Handler, ListenOptions, Server } from 'wqjs:http';
  import type { TlsOptions } from 'wqjs:sockets';

  export interface FetchApp {
    fetch(request: Request): Response | Promise<Response>;
  }

  export interface ListeningApp {
    listen(options: ListenOptions): Server;
  }

  export type App = Server | ListeningApp | Handler | FetchApp;

  /** Serves a server, an app with listen(), a handler or an object with fetch(request). */
  export function serve(app: App, options?: ListenOptions): Server;

  /** Loads the module of an app and has it serve on the listener fd, as host.Handler does; no use without it. */
  export function mount(fd: number, name: string): Promise<void>;

  /** The main program of a worker of `wqjs serve`; no use without it. */
  export function runWorker(load: () => Promise<{ default?: App }>, options?: { log?: 0 | 1 | 2; metrics?: boolean; tls?: TlsOptions }): Promise<void>;
}
