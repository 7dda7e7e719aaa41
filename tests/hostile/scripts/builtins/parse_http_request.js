// HTTP requests of millions of bytes.
// expect: interrupted
// with: module
import { parse_http_request } from 'wqjs:sockets';
const a = 'GET / HTTP/1.1\r\n' + 'a: b\r\n'.repeat(scale * 3e5) + '\r\n', b = 'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n' + '1\r\nx\r\n'.repeat(scale * 3e6) + '0\r\n\r\n', c = 'GET /' + 'x'.repeat(scale * 50e6) + ' HTTP/1.1\r\n\r\n', d = 'POST / HTTP/1.1\r\nContent-Length: ' + scale * 50e6 + '\r\n\r\n' + 'x'.repeat(scale * 50e6);
print('ready');
for (;;) for (const s of [a, b, c, d]) try { parse_http_request(s); } catch { }
