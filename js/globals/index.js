/**
 * Installs the web-standard globals.
 *
 * What programs use at once (console, timers, print) is there from the start;
 * the rest are accessors that load their module on first use and then become
 * plain data properties. Assigning to one before that works as well. All are
 * writable, configurable and not enumerable, as in browsers.
 */

import { importNow } from 'wqjs:internal/native';
import { makeConsole, print } from 'wqjs:internal/globals/console';
import { defineProperty } from 'wqjs:internal/globals/primordials';
import { timers } from 'wqjs:internal/globals/timers';

const LAZY = {
  AbortController: 'abort',
  AbortSignal: 'abort',
  Blob: 'blob',
  CloseEvent: 'websocket',
  CustomEvent: 'event',
  Event: 'event',
  EventTarget: 'eventtarget',
  File: 'blob',
  FormData: 'formdata',
  Headers: 'fetch',
  MessageEvent: 'websocket',
  Request: 'fetch',
  Response: 'fetch',
  TextDecoder: 'encoding',
  TextEncoder: 'encoding',
  URL: 'url',
  URLSearchParams: 'searchparams',
  WebSocket: 'websocket',
  crypto: 'crypto',
  performance: 'performance',
  structuredClone: 'structured-clone',
};

function define(target, name, value) {
  defineProperty(target, name, { value, writable: true, enumerable: false, configurable: true });
}

function defineLazy(global, name, module) {
  defineProperty(global, name, {
    get() {
      const value = importNow(`wqjs:internal/globals/${module}`)[name];
      define(global, name, value);
      return value;
    },
    set(value) {
      // An object that inherits from the global gets a property of its own.
      const target = this === undefined || this === null ? global : this;
      if (target === global) define(global, name, value);
      else defineProperty(target, name, { value, writable: true, enumerable: true, configurable: true });
    },
    enumerable: false,
    configurable: true,
  });
}

/** Defines all globals on the given global object. */
export function install(global) {
  define(global, 'console', makeConsole());
  define(global, 'print', print);
  for (const name in timers) define(global, name, timers[name]);
  for (const name in LAZY) defineLazy(global, name, LAZY[name]);
}
