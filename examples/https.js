// HTTPS, with a certificate and its key in PEM form:
//
//   wqjs --allow-listen=127.0.0.1:8443 --allow-read=cert.pem,key.pem examples/https.js cert.pem key.pem
import { createServer } from 'wqjs:http';
import * as std from 'std';

const [, cert, key, port = 8443] = scriptArgs;

function pem(file) {
  const text = std.loadFile(file);
  if (text === null) throw new Error(`cannot read ${file}`);
  return text;
}

const tls = { cert: pem(cert), key: pem(key) };

createServer((req, res) => res.end(`Hello over ${req.tls?.protocol} from wqjs:http\n`))
  .listen({ host: '127.0.0.1', port, tls }, () => console.log(`https://127.0.0.1:${port}/`));
