/** What of a response the table compares. */

const HEADERS = [
  'allow', 'content-disposition', 'content-security-policy', 'content-type', 'etag', 'last-modified', 'link', 'location',
  'set-cookie', 'vary', 'www-authenticate', 'x-a', 'x-b', 'x-c', 'x-content-type-options', 'x-d', 'x-e', 'x-own', 'x-param',
  'x-trace',
];

export function observed(status, headers, bytes) {
  const kept = {};
  for (const name of HEADERS) if (headers[name] !== undefined) kept[name] = headers[name];
  return { status, headers: kept, body: new TextDecoder().decode(bytes) };
}
