/** HTTP/1 server: see http.d.ts. */

import { methods, statusCodes } from 'wqjs:internal/http-native';
import { IncomingMessage, ServerResponse } from 'wqjs:internal/http-message';
import { createServer, Server } from 'wqjs:internal/http-server';

const STATUS_CODES = Object.freeze(statusCodes());
const METHODS = Object.freeze(methods());

export { createServer, IncomingMessage, METHODS, Server, ServerResponse, STATUS_CODES };
export default { createServer, IncomingMessage, METHODS, Server, ServerResponse, STATUS_CODES };
