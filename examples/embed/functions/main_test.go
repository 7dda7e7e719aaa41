package main

import (
	"io"
	"io/fs"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
)

func TestFunctions(t *testing.T) {
	functions, err := fs.Sub(files, "tenants")
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(t.Context(), functions, log.New(io.Discard, "", 0))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close(t.Context())
	server := httptest.NewServer(s)
	defer server.Close()
	ask := func(method, path, body string) (int, string) {
		req, err := http.NewRequest(method, server.URL+path, strings.NewReader(body))
		if err != nil {
			t.Error(err)
			return 0, ""
		}
		req.Header.Set("Content-Type", "application/json")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Error(err)
			return 0, ""
		}
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		if err != nil {
			t.Error(err)
		}
		return res.StatusCode, strings.TrimSpace(string(text))
	}
	cases := []struct {
		method, path, body string
		code               int
		want               string
	}{
		{"GET", "/greet/Ada", "", 200, `{"hello":"Ada","calls":1}`},
		{"GET", "/greet/Grace", "", 200, `{"hello":"Grace","calls":1}`}, // it knows nothing of Ada
		{"POST", "/greet/sum", "[1,2,3]", 200, "6"},
		{"POST", "/greet/sum", "{}", 400, `{"error":"want an array"}`},
		{"POST", "/upper/", "hello", 200, "HELLO"},
		{"GET", "/nobody/", "", 404, "404 page not found"},
		{"GET", "/greedy/loop", "", 502, "Bad Gateway"},
	}
	for _, c := range cases {
		if code, got := ask(c.method, c.path, c.body); code != c.code || got != c.want {
			t.Errorf("%s %s: %d %q, want %d %q", c.method, c.path, code, got, c.code, c.want)
		}
	}
	if code, _ := ask("GET", "/greedy/memory", ""); code < 500 {
		t.Errorf("a function that takes all memory: %d", code)
	}
	var all sync.WaitGroup // more than there are sandboxes
	for range 40 {
		all.Go(func() {
			if code, got := ask("GET", "/greet/Ada", ""); code != 200 || got != `{"hello":"Ada","calls":1}` {
				t.Errorf("%d %q", code, got)
			}
		})
	}
	all.Wait()
}

// TestBadFunction is told when the server starts.
func TestBadFunction(t *testing.T) {
	bad := fstest.MapFS{"bad.js": {Data: []byte("export default nothing;")}}
	if _, err := New(t.Context(), bad, log.New(io.Discard, "", 0)); err == nil || !strings.Contains(err.Error(), "bad.js") {
		t.Error(err)
	}
}
