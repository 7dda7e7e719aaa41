/**
 * wqjs:express, also "express": a web framework with the interface of Express 5
 * and that of the native C module's express.js. See express.d.ts for the API.
 */

import { application, createApplication } from 'wqjs:internal/express/application';
import { json, raw, text, urlencoded } from 'wqjs:internal/express/body';
import { compression } from 'wqjs:internal/express/compression';
import { cookieParser } from 'wqjs:internal/express/cookie';
import { cors } from 'wqjs:internal/express/cors';
import { basicAuth, health, requestId, timeout } from 'wqjs:internal/express/guards';
import { logger } from 'wqjs:internal/express/logger';
import { multipart } from 'wqjs:internal/express/multipart';
import { rateLimit } from 'wqjs:internal/express/ratelimit';
import { request } from 'wqjs:internal/express/request';
import { response } from 'wqjs:internal/express/response';
import { Route } from 'wqjs:internal/express/route';
import { Router } from 'wqjs:internal/express/router';
import { securityHeaders } from 'wqjs:internal/express/security';
import { sse } from 'wqjs:internal/express/sse';
import { serveStatic } from 'wqjs:internal/express/static';
import { httpError } from 'wqjs:internal/express/status';

function express() {
  return createApplication();
}

Object.assign(express, {
  application, basicAuth, compression, cookieParser, cors, health, httpError, json, logger, multipart, rateLimit, raw,
  request, requestId, response, Route, Router, securityHeaders, sse, static: serveStatic, text, timeout, urlencoded,
});

export {
  application, basicAuth, compression, cookieParser, cors, express, health, httpError, json, logger, multipart, rateLimit,
  raw, request, requestId, response, Route, Router, securityHeaders, serveStatic as static, sse, text, timeout,
  urlencoded,
};
export default express;
