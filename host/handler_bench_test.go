//go:build unix

package host

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

// BenchmarkHandler is a trivial function behind Go's server on loopback, with
// keep-alive: one sandbox for all requests, and one for each; and Go's own.
func BenchmarkHandler(b *testing.B) {
	const source = `export default (req, res) => res.end('hello');`
	b.Run("shared", func(b *testing.B) {
		h, _, _ := mounted(b, source, HandlerConfig{})
		benchHandler(b, h)
	})
	b.Run("perRequest", func(b *testing.B) {
		pool, err := appImage(b, source).NewPool(b.Context(), PoolConfig{Size: 8, Warm: 8})
		if err != nil {
			b.Fatal(err)
		}
		defer pool.Close()
		benchHandler(b, pool.Handler(HandlerConfig{Module: "/app.js"}))
	})
	b.Run("go", func(b *testing.B) {
		benchHandler(b, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello") }))
	})
}

func benchHandler(b *testing.B, h http.Handler) {
	server := httptest.NewServer(h)
	defer server.Close()
	for b.Loop() {
		res, err := http.Get(server.URL)
		if err != nil {
			b.Fatal(err)
		}
		if text, err := io.ReadAll(res.Body); string(text) != "hello" || err != nil {
			b.Fatalf("%q, %v", text, err)
		}
		res.Body.Close()
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "req/s")
}
