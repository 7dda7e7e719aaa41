package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/wqjs/wqjs/host"
)

// piece is how much is read and written at a time.
const piece = 64 << 10

// echoScript accepts connections one after the other and echoes each.
const echoScript = `
import { granted, accept, recvInto, send, close } from 'wqjs:sockets';
const buffer = new Uint8Array(%d);
for (;;) {
  const { fd } = accept(granted[0].fd);
  for (let n; (n = recvInto(fd, buffer)) > 0;) {
    for (let sent = 0; sent < n;) sent += send(fd, buffer, sent, n - sent, 0);
  }
  close(fd);
}`

func newEngine(tb testing.TB) *host.Engine {
	tb.Helper()
	dir, err := os.UserCacheDir()
	if err != nil {
		dir = tb.TempDir()
	}
	e, err := host.NewEngine(context.Background(), host.Config{CacheDir: filepath.Join(dir, "wqjs-bench")})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { e.Close(context.Background()) })
	return e
}

// serveJS runs an echo script, which accepts on its granted fd, and returns its
// address.
func serveJS(tb testing.TB, script string) string {
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
	go func() { done <- sb.EvalModule(ctx, "/echo.js", script) }()
	tb.Cleanup(func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			tb.Errorf("echo script ended: %v", err)
		}
		sb.Close()
	})
	return l.Addr().String()
}

// serveGo is the same echo in Go, on l.
func serveGo(tb testing.TB, l net.Listener, err error) string {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { l.Close() })
	go func() {
		buf := make([]byte, piece)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = io.CopyBuffer(struct{ io.Writer }{c}, struct{ io.Reader }{c}, buf)
			c.Close()
		}
	}()
	return l.Addr().String()
}

// halfConn is a connection of which one direction can be closed.
type halfConn interface {
	net.Conn
	CloseWrite() error
}

// echo sends n pieces on c and reads them back.
func echo(tb testing.TB, c halfConn, n int) time.Duration {
	tb.Helper()
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

func dialTCP(tb testing.TB, addr string) halfConn {
	tb.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		tb.Fatal(err)
	}
	return c.(*net.TCPConn)
}

func echoJS(tb testing.TB) string { return serveJS(tb, fmt.Sprintf(echoScript, piece)) }

func echoGo(tb testing.TB) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	return serveGo(tb, l, err)
}

func BenchmarkEchoGo(b *testing.B)   { benchEcho(b, echoGo(b)) }
func BenchmarkEchoWqjs(b *testing.B) { benchEcho(b, echoJS(b)) }

func benchEcho(b *testing.B, addr string) {
	b.SetBytes(piece)
	b.ResetTimer()
	echo(b, dialTCP(b, addr), b.N)
}

// BenchmarkEchoRatio moves 1 GiB through each in rounds that alternate, and
// reports the median throughput of wqjs in units of Go's. Shorter with -short.
func BenchmarkEchoRatio(b *testing.B) {
	compareEcho(b, 1<<30, echoJS(b), echoGo(b), dialTCP)
}

// compareEcho moves total bytes (less in a single iteration, or with -short)
// through two servers in turn and reports the ratio of their speeds.
func compareEcho(b *testing.B, total int, js, native string, dial func(testing.TB, string) halfConn) {
	const rounds = 8
	if testing.Short() || b.N == 1 && os.Getenv("WQJS_BENCH_FULL") == "" {
		total /= 16
	}
	pieces := total / piece / rounds
	for _, addr := range []string{js, native} { // warm up
		echo(b, dial(b, addr), pieces/8+1)
	}
	for b.Loop() {
		var ratios []float64
		for range rounds {
			n := echo(b, dial(b, native), pieces)
			j := echo(b, dial(b, js), pieces)
			ratios = append(ratios, n.Seconds()/j.Seconds())
		}
		slices.Sort(ratios)
		b.ReportMetric(ratios[rounds/2], "×Go")
	}
}
