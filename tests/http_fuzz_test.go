package tests

import (
	"context"
	"encoding/base64"
	"fmt"
	"testing"
	"time"

	"github.com/wqjs/wqjs/host"
)

// judge parses bytes and fails on whatever a caller could not rely on: an error
// without code and status, a request without its parts, a count out of range,
// or a prefix that is refused although the whole is a request.
const judge = `
import { parse_http_request as parse } from 'wqjs:sockets';
const check = (ok, what) => { if (!ok) throw new Error('broken promise: ' + what); };
function look(bytes) {
  let r;
  try {
    r = parse(bytes);
  } catch (e) {
    check(e instanceof Error && /^HPE_/.test(e.code) && e.status >= 400 && e.status <= 505, 'error ' + e + ' ' + e?.code + ' ' + e?.status);
    check(e.position >= 0 && e.position <= bytes.length, 'position ' + e.position);
    return null;
  }
  check(typeof r.complete === 'boolean', 'complete');
  if (!r.complete) {
    check(r.needed === 'headers' || r.needed === 'body', 'needed ' + r.needed);
    return r;
  }
  check(typeof r.method === 'string' && r.method && typeof r.url === 'string' && r.url, 'request line');
  check(r.bytesParsed > 0 && r.bytesParsed <= bytes.length, 'bytesParsed ' + r.bytesParsed);
  check(r.body instanceof Uint8Array && r.body.length <= bytes.length, 'body');
  for (const k in r.headers) check(k === k.toLowerCase() && !/[\r\n\0]/.test(r.headers[k]), 'header ' + k);
  return r;
}
globalThis.judge = (text) => {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const whole = look(bytes);
  if (whole?.complete) {
    const end = whole.bytesParsed;
    for (const n of [0, 1, end >> 1, end - 1]) check(look(bytes.subarray(0, n)) !== null, 'prefix of ' + n + ' refused');
  }
};
`

func FuzzParseHTTPRequest(f *testing.F) {
	for _, s := range []string{
		"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
		"POST /p?a=b%20c&__proto__=1 HTTP/1.1\r\nHost: a:80\r\nContent-Length: 3\r\n\r\nabcGET",
		"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nT: v\r\n\r\n",
		"OPTIONS * HTTP/1.1\r\nHost: a\r\nSet-Cookie: a\r\nset-cookie: b\r\n\r\n",
		"GET http://u@h:1/x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
		"CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n",
		"GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\nHost: x\r\n\r\n",
		"GET / HTTP/1.1\n\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\r\n\r\nGET",
	} {
		f.Add([]byte(s))
	}
	ctx := context.Background()
	engine, err := host.NewEngine(ctx, host.Config{})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { engine.Close(ctx) })
	sb, err := engine.NewSandbox(ctx, host.SandboxConfig{Limits: host.Limits{Memory: 64 << 20}})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { sb.Close() })
	if err := sb.EvalModule(ctx, "/judge.js", judge); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 64<<10 {
			return
		}
		ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		err := sb.Eval(ctx, "fuzz.js", fmt.Sprintf("judge(%q)", base64.StdEncoding.EncodeToString(data)))
		if err != nil {
			t.Fatalf("%q: %v", data, err)
		}
	})
}
