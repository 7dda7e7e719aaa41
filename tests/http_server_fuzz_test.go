package tests

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/wqjs/wqjs/host"
)

// echoServer looks at all of each request, echoes its body, and ends with an
// error when something is not as promised.
const echoServer = `
import { createServer } from 'wqjs:http';
const check = (ok, what) => { if (!ok) throw new Error('broken promise: ' + what); };
const server = createServer({ maxBodySize: 1000, headersTimeout: 300, bodyTimeout: 300, keepAliveTimeout: 300 }, async (req, res) => {
  try {
    check(/^[A-Z-]+$/.test(req.method) && req.url.length > 0 && req.path.length > 0, 'request line');
    for (const k in req.headers) check(k === k.toLowerCase() && !/[\r\n\0]/.test(String(req.headers[k])), 'header ' + k);
    check(req.rawHeaders.length % 2 === 0 && req.rawHeaders.length <= 200, 'rawHeaders');
    check(typeof req.query === 'object', 'query');
    let body;
    try {
      body = await req.bytes();
    } catch (error) {
      check(error.status >= 400 && typeof error.code === 'string', 'error ' + error);
      return;
    }
    check(req.complete && body.length <= 1000, 'body');
    for (const k in req.trailers) check(!/[\r\n\0]/.test(String(req.trailers[k])), 'trailer ' + k);
    res.end(body);
  } catch (error) {
    setTimeout(() => { throw error; }, 0);
  }
});
server.listen({ host: '127.0.0.1', port: 0 }, () => print(server.address().port));`

// FuzzHTTPServer sends bytes, cut in two, to a server. Whatever they are, the
// answers are HTTP, and the server serves on.
func FuzzHTTPServer(f *testing.F) {
	for _, s := range []string{
		"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
		"POST /p?a=b HTTP/1.1\r\nHost: a:80\r\nContent-Length: 3\r\n\r\nabcGET",
		"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nT: v\r\n\r\nGET /",
		"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx",
		"HEAD http://h/x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
		"\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/1.1\n\n", "\x16\x03\x01",
	} {
		f.Add([]byte(s), uint16(len(s)/2))
	}
	addr := startServer(f, echoServer)
	f.Fuzz(func(t *testing.T, data []byte, cut uint16) {
		if len(data) > 32<<10 {
			return
		}
		at := min(int(cut), len(data))
		answers := talk(t, addr, data[:at], data[at:])
		in := bufio.NewReader(bytes.NewReader(answers))
		for {
			if _, err := in.Peek(1); err == io.EOF {
				break
			}
			// Whether an answer has a body depends on its method, which the data hides.
			head, err := http.ReadResponse(in, &http.Request{Method: methodOf(data)})
			if err != nil {
				t.Fatalf("%q answered with %q: %v", data, answers, err)
			}
			if head.StatusCode >= 400 && !head.Close {
				t.Fatalf("%q was refused and not closed: %q", data, answers)
			}
			if _, err := io.Copy(io.Discard, head.Body); err != nil && !bytes.Contains(data, []byte("HEAD")) {
				t.Fatalf("%q answered with %q: %v", data, answers, err)
			}
			if bytes.Contains(data, []byte("HEAD")) {
				break
			}
		}
		const good = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
		if a := talk(t, addr, []byte(good)); !bytes.HasPrefix(a, []byte("HTTP/1.1 200 OK\r\n")) {
			t.Fatalf("after %q the server answers %q", data, a)
		}
	})
}

func methodOf(data []byte) string {
	if bytes.Contains(data, []byte("HEAD")) {
		return "HEAD"
	}
	return "GET"
}

// startServer runs a script that prints the port it listens on.
func startServer(tb testing.TB, script string) (addr string) {
	tb.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	engine, err := host.NewEngine(ctx, host.Config{})
	if err != nil {
		tb.Fatal(err)
	}
	out, in := io.Pipe()
	sb, err := engine.NewSandbox(ctx, host.SandboxConfig{
		Policy: host.Policy{Listen: []string{"127.0.0.1"}}, Limits: host.Limits{Memory: 64 << 20}, Stdout: in,
	})
	if err != nil {
		tb.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		err := sb.EvalModule(ctx, "/server.js", script)
		if err == nil {
			err = sb.Run(ctx)
		}
		in.CloseWithError(err)
		done <- err
	}()
	tb.Cleanup(func() {
		if ctx.Err() == nil {
			cancel()
		}
		if err := <-done; err != nil && !strings.Contains(err.Error(), "canceled") {
			tb.Error(err)
		}
		engine.Close(context.Background())
	})
	port, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		tb.Fatal(err)
	}
	go io.Copy(io.Discard, out)
	return fmt.Sprintf("127.0.0.1:%s", strings.TrimSpace(port))
}

// talk sends the pieces, closes its side, and gives all that comes.
func talk(t *testing.T, addr string, pieces ...[]byte) []byte {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(20 * time.Second))
	for _, p := range pieces {
		if _, err := c.Write(p); err != nil {
			break // refused already
		}
	}
	c.(*net.TCPConn).CloseWrite()
	b, err := io.ReadAll(c)
	if err, ok := err.(net.Error); ok && err.Timeout() {
		t.Fatalf("%q: no end of the answer", pieces)
	}
	return b
}
