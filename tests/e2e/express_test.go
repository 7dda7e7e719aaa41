package e2e

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
)

var expressClient = http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{DisableCompression: true}}

// ask sends a request and returns the response with its body read.
func ask(t *testing.T, method, url, contentType, body string, headers ...string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := expressClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	got, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(got)
}

func testExpress(t *testing.T, file string) {
	port := freePort(t)
	addr := fmt.Sprintf("127.0.0.1:%d", port)
	p := start(t, "--allow-listen="+addr, "--allow-read="+filepath.Dir(file), file, fmt.Sprint(port))
	if l := p.line(); !strings.Contains(l, addr) {
		t.Fatalf("first line %q", l)
	}
	url := "http://" + addr
	events, err := expressClient.Get(url + "/notes/events")
	if err != nil {
		t.Fatal(err)
	}
	defer events.Body.Close()

	res, body := ask(t, "POST", url+"/notes", "application/json", `{"text":"hello"}`)
	if res.StatusCode != 201 || body != `{"id":1,"text":"hello"}` || res.Header.Get("Location") != "/notes/1" {
		t.Errorf("%s %q %v", res.Status, body, res.Header)
	}
	lines := bufio.NewReader(events.Body)
	for _, want := range []string{"event: note\n", "id: 1\n", "data: {\"id\":1,\"text\":\"hello\"}\n"} {
		if got, err := lines.ReadString('\n'); got != want {
			t.Errorf("event line %q, %v; want %q", got, err, want)
		}
	}
	for _, c := range []struct {
		method, path, body string
		status             int
	}{
		{"GET", "/notes", `[{"id":1,"text":"hello"}]`, 200},
		{"GET", "/notes/1", `{"id":1,"text":"hello"}`, 200},
		{"GET", "/notes/7", `"error":"no note 7"`, 404},
		{"POST", "/notes", `"error":"a note needs a text"`, 400},
		{"PUT", "/notes/1", "Cannot PUT /notes/1", 404},
		{"OPTIONS", "/notes/1", "DELETE, GET, HEAD", 200},
		{"GET", "/health", `"status":"ok"`, 200},
		{"GET", "/files/", "Cannot GET /files/", 404},
		{"DELETE", "/notes/1", "", 204},
		{"GET", "/notes/1", "no note 1", 404},
	} {
		if res, body := ask(t, c.method, url+c.path, "", ""); res.StatusCode != c.status || !strings.Contains(body, c.body) {
			t.Errorf("%s %s: %s %q, want %d with %q", c.method, c.path, res.Status, body, c.status, c.body)
		}
	}

	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	f, _ := w.CreateFormFile("file", "big.bin")
	f.Write(make([]byte, 3<<20))
	w.WriteField("note", "x")
	w.Close()
	_, body = ask(t, "POST", url+"/upload", w.FormDataContentType(), form.String())
	if want := `[{"name":"big.bin","bytes":3145728},{"name":"note","bytes":1}]`; body != want {
		t.Errorf("upload: %s", body)
	}

	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for encoding, decode := range map[string]func(io.Reader) (io.Reader, error){
		"identity": func(r io.Reader) (io.Reader, error) { return r, nil },
		"gzip":     func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) },
		"br":       func(r io.Reader) (io.Reader, error) { return brotli.NewReader(r), nil },
	} {
		res, body := ask(t, "GET", url+"/files/express.js", "", "", "Accept-Encoding", encoding)
		r, err := decode(strings.NewReader(body))
		if err != nil {
			t.Errorf("%s: %v", encoding, err)
			continue
		}
		got, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(got, src) || res.Header.Get("Content-Encoding") != strings.ReplaceAll(encoding, "identity", "") {
			t.Errorf("%s: %d bytes of %d, %v, %v", encoding, len(got), len(src), err, res.Header)
		}
	}
	if res, body := ask(t, "GET", url+"/files/express.js", "", "", "Range", "bytes=3-9"); res.StatusCode != 206 || body != string(src[3:10]) {
		t.Errorf("range: %s %q", res.Status, body)
	}
}

func testSeedRest(t *testing.T, file string) {
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	port := freePort(t)
	script := filepath.Join(t.TempDir(), "seed.js")
	if err := os.WriteFile(script, []byte(strings.Replace(string(src), "listen(8080", fmt.Sprintf("listen(%d", port), 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	p := start(t, fmt.Sprintf("--allow-listen=127.0.0.1:%d", port), script)
	if l := p.line(); l != "Server running on port 8080" {
		t.Fatalf("printed %q", l)
	}
	url := fmt.Sprintf("http://127.0.0.1:%d/api/users", port)
	var user struct {
		ID   int64
		Name string
	}
	for _, c := range [][2]string{{"application/json", `{"name":"Ann"}`}, {"application/x-www-form-urlencoded", "name=Ann"}} {
		res, body := ask(t, "POST", url, c[0], c[1])
		if err := json.Unmarshal([]byte(body), &user); err != nil || res.StatusCode != 201 || user.Name != "Ann" || user.ID == 0 {
			t.Errorf("%s: %s %q", c[0], res.Status, body)
		}
	}
	if l := p.line(); l != "POST /api/users" {
		t.Errorf("printed %q", l)
	}
	// The document's handler answers 404 in either case.
	res, body := ask(t, "GET", fmt.Sprintf("%s/%d", url, user.ID), "", "")
	if res.StatusCode != 404 || body != fmt.Sprintf(`{"id":%d,"name":"Ann"}`, user.ID) {
		t.Errorf("%s %q", res.Status, body)
	}
	if _, body := ask(t, "GET", url+"/5", "", ""); body != `{"error":"Not found"}` {
		t.Errorf("%q", body)
	}
}
