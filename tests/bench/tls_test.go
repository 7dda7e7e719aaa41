package bench

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/wqjs/wqjs/host"
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

func serveTLSInJS(tb testing.TB, set certs.Set) string {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer l.Close()
	f, err := l.(*net.TCPListener).File()
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	sb, err := newEngine(tb).NewSandbox(context.Background(), host.SandboxConfig{
		Grants: []host.Grant{{File: f}}, Stderr: os.Stderr,
	})
	if err != nil {
		tb.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- sb.EvalModule(ctx, "/echo.js", fmt.Sprintf(tlsEchoScript, set["server"].Cert, set["server"].Key, piece))
	}()
	tb.Cleanup(func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			tb.Errorf("echo script ended: %v", err)
		}
		sb.Close()
	})
	return l.Addr().String()
}

func serveTLSInGo(tb testing.TB, set certs.Set) string {
	tb.Helper()
	pair, err := tls.X509KeyPair(set["server"].Cert, set["server"].Key)
	if err != nil {
		tb.Fatal(err)
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{pair}})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = io.CopyBuffer(struct{ io.Writer }{c}, struct{ io.Reader }{c}, make([]byte, piece))
			c.Close()
		}
	}()
	return l.Addr().String()
}

// tlsEcho sends n pieces to addr and reads them back.
func tlsEcho(tb testing.TB, addr string, set certs.Set, n int) time.Duration {
	tb.Helper()
	c, err := tls.Dial("tcp", addr, &tls.Config{RootCAs: set.Pool()})
	if err != nil {
		tb.Fatal(err)
	}
	defer c.Close()
	start := time.Now()
	go func() {
		buf := make([]byte, piece)
		for range n {
			if _, err := c.Write(buf); err != nil {
				return
			}
		}
		c.CloseWrite()
	}()
	got, err := io.Copy(io.Discard, struct{ io.Reader }{c})
	if err != nil || got != int64(n)*piece {
		tb.Fatalf("echoed %d of %d bytes: %v", got, n*piece, err)
	}
	return time.Since(start)
}

// BenchmarkTLSEchoRatio is BenchmarkEchoRatio with TLS 1.3 on both, in units of
// Go's crypto/tls.
func BenchmarkTLSEchoRatio(b *testing.B) {
	const rounds = 8
	total := 512 << 20
	if testing.Short() || b.N == 1 && os.Getenv("WQJS_BENCH_FULL") == "" {
		total = 32 << 20
	}
	set := certs.New(b)
	js, native := serveTLSInJS(b, set), serveTLSInGo(b, set)
	pieces := total / piece / rounds
	tlsEcho(b, js, set, pieces/8+1) // warm up
	tlsEcho(b, native, set, pieces/8+1)
	for b.Loop() {
		var ratios []float64
		for range rounds {
			n := tlsEcho(b, native, set, pieces)
			j := tlsEcho(b, js, set, pieces)
			ratios = append(ratios, n.Seconds()/j.Seconds())
		}
		slices.Sort(ratios)
		b.ReportMetric(ratios[rounds/2], "×Go")
	}
}
