/** Headers that make browsers careful. */

const POLICY = {
  'default-src': ["'self'"],
  'base-uri': ["'self'"],
  'font-src': ["'self'", 'https:', 'data:'],
  'form-action': ["'self'"],
  'frame-ancestors': ["'self'"],
  'img-src': ["'self'", 'data:'],
  'object-src': ["'none'"],
  'script-src': ["'self'"],
  'script-src-attr': ["'none'"],
  'style-src': ["'self'", 'https:', "'unsafe-inline'"],
};

const HEADERS = {
  contentSecurityPolicy: ['Content-Security-Policy', POLICY],
  crossOriginEmbedderPolicy: ['Cross-Origin-Embedder-Policy', false],
  crossOriginOpenerPolicy: ['Cross-Origin-Opener-Policy', 'same-origin'],
  crossOriginResourcePolicy: ['Cross-Origin-Resource-Policy', 'same-origin'],
  originAgentCluster: ['Origin-Agent-Cluster', '?1'],
  permissionsPolicy: ['Permissions-Policy', false],
  referrerPolicy: ['Referrer-Policy', 'no-referrer'],
  strictTransportSecurity: ['Strict-Transport-Security', 'max-age=31536000; includeSubDomains'],
  contentTypeOptions: ['X-Content-Type-Options', 'nosniff'],
  dnsPrefetchControl: ['X-DNS-Prefetch-Control', 'off'],
  frameOptions: ['X-Frame-Options', 'SAMEORIGIN'],
  permittedCrossDomainPolicies: ['X-Permitted-Cross-Domain-Policies', 'none'],
  xssProtection: ['X-XSS-Protection', '0'],
};

function text(value) {
  if (typeof value !== 'object') return String(value);
  return Object.keys(value).filter((name) => value[name] !== false).map((name) => [name, ...[value[name]].flat().filter((v) => v !== true)].join(' ')).join('; ');
}

/**
 * @param {object} [options] for each header (see HEADERS): false to leave it
 *   out, or its value; for contentSecurityPolicy an object of directives.
 */
export function securityHeaders(options = {}) {
  for (const name of Object.keys(options)) {
    if (!(name in HEADERS)) throw new TypeError(`securityHeaders: no option ${name}; there are ${Object.keys(HEADERS).join(', ')}`);
  }
  const pairs = [];
  for (const option of Object.keys(HEADERS)) {
    const [name, preset] = HEADERS[option];
    const given = options[option];
    const value = given === undefined || given === true ? preset : given;
    if (value !== false) pairs.push([name, text(value)]);
  }
  return function setSecurityHeaders(req, res, next) {
    for (let i = 0; i < pairs.length; i++) res.setHeader(pairs[i][0], pairs[i][1]);
    next();
  };
}
