package bench

import (
	"crypto/tls"
	"fmt"
	"testing"

	"github.com/wqjs/wqjs/tests/certs"
)

// tlsEchoScript is echoScript with TLS.
const tlsEchoScript = `
import { granted, accept, recvInto, send, close, tls_context, tls_wrap } from 'wqjs:sockets';
const context = tls_context({ isServer: true, cert: %q, key: %q });
const buffer = new Uint8Array(%d);
for (;;) {
  const { fd } = accept(granted[0].fd);
  tls_wrap(fd, context);
  for (let n; (n = recvInto(fd, buffer)) > 0;) {
    for (let sent = 0; sent < n;) sent += send(fd, buffer, sent, n - sent, 0);
  }
  close(fd);
}`

// BenchmarkTLSEchoRatio is BenchmarkEchoRatio with TLS 1.3 on both, in units of
// Go's crypto/tls.
func BenchmarkTLSEchoRatio(b *testing.B) {
	set := certs.New(b)
	cert, key := set["server"].Cert, set["server"].Key
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		b.Fatal(err)
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{pair}})
	native := serveGo(b, l, err)
	js := serveJS(b, fmt.Sprintf(tlsEchoScript, cert, key, piece))
	roots := set.Pool()
	compareEcho(b, 512<<20, js, native, func(tb testing.TB, addr string) halfConn {
		tb.Helper()
		c, err := tls.Dial("tcp", addr, &tls.Config{RootCAs: roots})
		if err != nil {
			tb.Fatal(err)
		}
		return c
	})
}
