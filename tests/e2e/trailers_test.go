//go:build unix

package e2e

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// TestTrailers: fields behind a body, both ways, as Go's client has them.
func TestTrailers(t *testing.T) {
	port := freePort(t)
	p := start(t, fmt.Sprintf("--allow-listen=127.0.0.1:%d", port), "-e", fmt.Sprintf(`
import { createServer } from 'wqjs:http';
createServer(async (req, res) => {
  const body = await req.text();
  res.setHeader('Trailer', 'X-Sum, X-Got');
  for (const piece of ['a', 'bc']) await res.write(piece);
  res.addTrailers({ 'X-Sum': String(body.length), 'X-Got': req.trailers['x-sent'] ?? 'none' });
  res.end();
}).listen(%d, '127.0.0.1', () => print('up'));`, port))
	p.line()
	for _, sent := range []string{"yes", ""} {
		req, err := http.NewRequest("POST", fmt.Sprintf("http://127.0.0.1:%d/", port), io.MultiReader(strings.NewReader("hello"), strings.NewReader(" you")))
		if err != nil {
			t.Fatal(err)
		}
		want := "none"
		if sent != "" {
			req.Trailer = http.Header{"X-Sent": {sent}}
			want = sent
		}
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || string(body) != "abc" || res.ContentLength != -1 {
			t.Errorf("%q, %v, length %d", body, err, res.ContentLength)
		}
		if res.Trailer.Get("X-Sum") != "9" || res.Trailer.Get("X-Got") != want {
			t.Errorf("trailers: %v, want %s", res.Trailer, want)
		}
	}
}
