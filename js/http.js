/** HTTP/1 server: see http.d.ts. */

import { methods, statusCodes } from 'wqjs:internal/http-native';

export { IncomingMessage, ServerResponse } from 'wqjs:internal/http-message';
export { createServer, Server } from 'wqjs:internal/http-server';

export const STATUS_CODES = Object.freeze(statusCodes());
export const METHODS = Object.freeze(methods());
