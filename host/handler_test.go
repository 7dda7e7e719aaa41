//go:build unix

package host

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// mounted makes a sandbox of an app, and its Handler.
func mounted(t testing.TB, source string, c HandlerConfig) (*Handler, *Sandbox, *buffer) {
	t.Helper()
	s, out := sandbox(t, SandboxConfig{ModuleLoader: func(context.Context, string) ([]byte, error) { return []byte(source), nil }})
	c.Module = "/app.js"
	h, err := s.Handler(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	return h, s, out
}

// served serves h on loopback.
func served(t testing.TB, h http.Handler) string {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return srv.URL
}

// ask makes a request that h answers in place.
func ask(h http.Handler, method, target, body string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, target, strings.NewReader(body)))
	return w
}

// handlers runs f with a Handler of one sandbox, and with one that has a sandbox
// for each request.
func handlers(t *testing.T, source string, f func(t *testing.T, h http.Handler)) {
	t.Run("shared", func(t *testing.T) {
		h, _, _ := mounted(t, source, HandlerConfig{})
		f(t, h)
	})
	t.Run("each", func(t *testing.T) {
		pool, err := image(t, ImageConfig{}).NewPool(t.Context(), PoolConfig{Size: 4, Sandbox: SandboxConfig{
			ModuleLoader: func(context.Context, string) ([]byte, error) { return []byte(source), nil },
		}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { pool.Close() })
		f(t, pool.Handler(HandlerConfig{Module: "/app.js"}))
	})
}

// TestHandlerForms: every form of an app.
func TestHandlerForms(t *testing.T) {
	for name, source := range map[string]string{
		"express": `import express from 'express';
			const app = express();
			app.use(express.text());
			app.post('/hello', (req, res) => res.set('X-App', 'yes').send(req.method + ' ' + req.originalUrl + ' ' + req.headers.host + ' ' + req.body));
			export default app;`,
		"express that listens": `import express from 'express';
			const app = express();
			app.use(express.text());
			app.post('/hello', (req, res) => res.set('X-App', 'yes').send(req.method + ' ' + req.originalUrl + ' ' + req.headers.host + ' ' + req.body));
			app.listen(3000);`,
		"http": `export default async (req, res) => {
				res.setHeader('X-App', 'yes');
				res.end(req.method + ' ' + req.url + ' ' + req.headers.host + ' ' + await req.text());
			};`,
		"fetch": `export default { async fetch(request) {
				const url = new URL(request.url);
				return new Response(request.method + ' ' + url.pathname + url.search + ' ' + request.headers.get('host') + ' ' + await request.text(), { headers: { 'X-App': 'yes' } });
			} };`,
	} {
		t.Run(name, func(t *testing.T) {
			handlers(t, source, func(t *testing.T, h http.Handler) {
				for range 3 {
					r := httptest.NewRequest("POST", "http://tenant.example/hello?a=1;b", strings.NewReader("the body"))
					r.Header.Set("Content-Type", "text/plain")
					w := httptest.NewRecorder()
					h.ServeHTTP(w, r)
					if got := w.Body.String(); w.Code != 200 || w.Header().Get("X-App") != "yes" || got != "POST /hello?a=1;b tenant.example the body" {
						t.Errorf("%d %q", w.Code, got)
					}
				}
			})
		})
	}
}

// echo is an app that sends what it gets while it gets it.
const echo = `
	export default async (req, res) => {
		res.write('begin ');
		req.on('aborted', () => print('aborted'));
		try {
			for await (const bytes of req) res.write(bytes);
		} catch (e) { print('gone', e.code); return; }
		res.end(' end');
	};`

// TestHandlerStreams: bytes go both ways while both bodies are open.
func TestHandlerStreams(t *testing.T) {
	handlers(t, echo, streams)
}

func streams(t *testing.T, h http.Handler) {
	url := served(t, h)
	body, send := io.Pipe()
	req, _ := http.NewRequest("POST", url, body)
	answers := make(chan *http.Response, 1)
	go func() {
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Error(err)
		}
		answers <- res
	}()
	fmt.Fprint(send, "one")
	res := <-answers
	defer res.Body.Close()
	buf := make([]byte, 9)
	if _, err := io.ReadFull(res.Body, buf); string(buf) != "begin one" || err != nil {
		t.Fatalf("%q, %v", buf, err)
	}
	fmt.Fprint(send, "two")
	if _, err := io.ReadFull(res.Body, buf[:3]); string(buf[:3]) != "two" || err != nil {
		t.Fatalf("%q, %v", buf, err)
	}
	send.Close()
	if rest, err := io.ReadAll(res.Body); string(rest) != " end" || err != nil {
		t.Errorf("%q, %v", rest, err)
	}
}

// TestHandlerAborted: the app hears that the client has left.
func TestHandlerAborted(t *testing.T) {
	h, _, out := mounted(t, echo, HandlerConfig{})
	ctx, cancel := context.WithCancel(t.Context())
	body, send := io.Pipe()
	defer send.Close()
	req, _ := http.NewRequestWithContext(ctx, "POST", served(t, h), body)
	go fmt.Fprint(send, "half of it")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(res.Body, make([]byte, 16)); err != nil {
		t.Fatal(err)
	}
	cancel()
	out.await(t, "gone")
}

// TestHandlerUpgrade: a WebSocket passes.
func TestHandlerUpgrade(t *testing.T) {
	handlers(t, `
		import express from 'express';
		const app = express();
		app.ws('/chat', (socket) => socket.on('message', (data) => socket.send('you said ' + data)));
		export default app;`, upgrades)
}

func upgrades(t *testing.T, h http.Handler) {
	conn, err := net.Dial("tcp", strings.TrimPrefix(served(t, h), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	fmt.Fprint(conn, "GET /chat HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
	in := bufio.NewReader(conn)
	res, err := http.ReadResponse(in, nil)
	if err != nil || res.StatusCode != http.StatusSwitchingProtocols {
		t.Fatal(res, err)
	}
	conn.Write([]byte{0x81, 0x82, 0, 0, 0, 0, 'h', 'i'}) // a text, masked with zeros
	want := "\x81\x0byou said hi"
	got := make([]byte, len(want))
	if _, err := io.ReadFull(in, got); string(got) != want || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

// TestHandlerErrors: what the app does not answer is answered.
func TestHandlerErrors(t *testing.T) {
	var logged bytes.Buffer
	h, _, _ := mounted(t, `
		let waiting;
		export default (req, res) => {
			switch (req.url) {
			case '/throw': throw new Error('secret');
			case '/drop': return res.destroy();
			case '/wait': return;
			case '/loop': for (;;);
			}
			res.end('fine');
		};`, HandlerConfig{Timeout: 200 * time.Millisecond, ErrorLog: log.New(&logged, "", 0)})
	for _, c := range []struct {
		path string
		want int
	}{{"/", 200}, {"/throw", 500}, {"/drop", 502}, {"/wait", 504}, {"/", 200}, {"/loop", 504}, {"/", 504}} {
		w := ask(h, "GET", c.path, "")
		if w.Code != c.want || strings.Contains(w.Body.String(), "secret") {
			t.Errorf("%s: %d %q, want %d", c.path, w.Code, w.Body, c.want)
		}
	}
	if h.Err() != nil {
		t.Error(h.Err())
	}
	if err := h.Close(); err != nil {
		t.Error(err)
	}
	<-h.Done()
	if w := ask(h, "GET", "/", ""); w.Code != 503 {
		t.Errorf("closed: %d", w.Code)
	}
	if !errors.Is(h.Err(), ErrHandlerClosed) {
		t.Error(h.Err())
	}
	for _, text := range []string{"GET /wait: the app did not answer in time\n", "GET /: ", "the handler was closed"} {
		if !strings.Contains(logged.String(), text) {
			t.Errorf("no %q in the log %q", text, logged.String())
		}
	}
}

// TestHandlerDies: requests in progress and to come are answered when the
// sandbox ends.
func TestHandlerDies(t *testing.T) {
	for name, end := range map[string]func(*Sandbox){
		"closed":      func(s *Sandbox) { s.Close() },
		"interrupted": func(s *Sandbox) { s.Interrupt(errors.New("enough")) },
	} {
		t.Run(name, func(t *testing.T) {
			h, s, out := mounted(t, `export default (req) => { print('got it'); };`, HandlerConfig{Timeout: -1})
			codes := make(chan int, 1)
			go func() { codes <- ask(h, "GET", "/", "").Code }()
			out.await(t, "got it")
			end(s)
			if code := <-codes; code != 502 {
				t.Errorf("in progress: %d", code)
			}
			<-h.Done()
			if w := ask(h, "POST", "/", "body"); w.Code != 503 {
				t.Errorf("later: %d", w.Code)
			}
		})
	}
	h, _, _ := mounted(t, `
		import { createServer } from 'wqjs:http';
		const server = createServer((req, res) => { res.end('bye'); server.close(); });
		server.listen(80);`, HandlerConfig{})
	if w := ask(h, "GET", "/", ""); w.Body.String() != "bye" {
		t.Error(w.Code, w.Body)
	}
	<-h.Done()
	if w := ask(h, "GET", "/", ""); w.Code != 503 || h.Err() == nil {
		t.Errorf("after the app's end: %d, %v", w.Code, h.Err())
	}
}

func TestHandlerBusy(t *testing.T) {
	h, _, out := mounted(t, `export default (req, res) => { print('got it'); setTimeout(() => res.end('done'), req.url === '/slow' ? 300 : 0); };`, HandlerConfig{MaxRequests: 1})
	codes := make(chan int, 1)
	go func() { codes <- ask(h, "GET", "/slow", "").Code }()
	out.await(t, "got it")
	if w := ask(h, "GET", "/", ""); w.Code != 503 {
		t.Errorf("beyond MaxRequests: %d", w.Code)
	}
	if code := <-codes; code != 200 {
		t.Errorf("within: %d", code)
	}
	if w := ask(h, "GET", "/", ""); w.Code != 200 {
		t.Errorf("afterwards: %d", w.Code)
	}
}

// TestHandlerLoading: what is no app is an error, and leaves the sandbox of use.
func TestHandlerLoading(t *testing.T) {
	for source, text := range map[string]string{
		"":                            "exports no app and listens to nothing",
		"export default 5":            "expected an app",
		"throw new Error('at start')": "at start",
		"await new Promise(() => {})": "settle",
	} {
		s, out := sandbox(t, SandboxConfig{ModuleLoader: func(context.Context, string) ([]byte, error) { return []byte(source), nil }})
		if _, err := s.Handler(t.Context(), HandlerConfig{Module: "/app.js"}); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%q: %v", source, err)
		}
		works(t, s, out)
	}
	s, _ := sandbox(t, SandboxConfig{})
	for _, c := range []HandlerConfig{{}, {Module: "/x.js", MaxRequests: -1}, {Module: "/nowhere.js"}} {
		if _, err := s.Handler(t.Context(), c); err == nil {
			t.Errorf("%+v is no error", c)
		}
	}
}

// counterApp is an app with a state.
const counterApp = `
	let visits = 0;
	export default (req, res) => {
		if (req.url === '/loop') for (;;);
		res.end(String(++visits));
	};`

// appImage is an image that has the app loaded.
func appImage(t testing.TB, source string) *Image {
	t.Helper()
	img, err := engine.NewImage(t.Context(), ImageConfig{
		Sandbox: SandboxConfig{ModuleLoader: func(context.Context, string) ([]byte, error) { return []byte(source), nil }},
		Modules: []string{"/app.js", "wqjs:serve"},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { img.Close() })
	return img
}

// TestPoolHandler: no request sees what another did.
func TestPoolHandler(t *testing.T) {
	img := appImage(t, counterApp)
	pool, err := img.NewPool(t.Context(), PoolConfig{Size: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	h := pool.Handler(HandlerConfig{Module: "/app.js", Timeout: 2 * time.Second})
	for range 5 {
		if w := ask(h, "GET", "/", ""); w.Code != 200 || w.Body.String() != "1" {
			t.Errorf("%d %q", w.Code, w.Body)
		}
	}
	short := pool.Handler(HandlerConfig{Module: "/app.js", Timeout: 100 * time.Millisecond})
	for range 3 {
		if w := ask(short, "GET", "/loop", ""); w.Code != 504 {
			t.Errorf("a loop: %d", w.Code)
		}
	}
	if w := ask(h, "GET", "/", ""); w.Body.String() != "1" {
		t.Errorf("%d %q", w.Code, w.Body)
	}
	a, _ := pool.Get(t.Context())
	b, _ := pool.Get(t.Context())
	if w := ask(short, "GET", "/", ""); w.Code != 504 {
		t.Errorf("no sandbox in time: %d", w.Code)
	}
	pool.Put(a)
	pool.Put(b)
	if w := ask(pool.Handler(HandlerConfig{Module: "/other.js"}), "GET", "/", ""); w.Code != 500 {
		t.Errorf("no app: %d", w.Code)
	}
	pool.Close()
	if w := ask(h, "GET", "/", ""); w.Code != 503 {
		t.Errorf("a closed pool: %d", w.Code)
	}
}

// TestPoolHandlerAhead: an app of the image is loaded before the next request, and
// in nobody's way.
func TestPoolHandlerAhead(t *testing.T) {
	img := image(t, ImageConfig{
		Sandbox: SandboxConfig{ModuleLoader: func(_ context.Context, name string) ([]byte, error) {
			if name == "/other.js" {
				return []byte("export default (req, res) => res.end('other')"), nil
			}
			return []byte(counterApp), nil
		}},
		Modules: []string{"/app.js", "/other.js", "wqjs:serve"},
	})
	pool, err := img.NewPool(t.Context(), PoolConfig{Size: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	waiting := func() *Handler {
		t.Helper()
		for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
			pool.mu.Lock()
			idle := pool.idle
			pool.mu.Unlock()
			if len(idle) == 1 {
				return idle[0].app
			}
		}
		t.Fatal("no sandbox is idle")
		return nil
	}
	h, other := pool.Handler(HandlerConfig{Module: "/app.js"}), pool.Handler(HandlerConfig{Module: "/other.js"})
	for range 3 {
		for range 2 {
			if w := ask(h, "GET", "/", ""); w.Body.String() != "1" {
				t.Errorf("%d %q", w.Code, w.Body)
			}
			if app := waiting(); app == nil || app.module != "/app.js" {
				t.Fatalf("%+v waits", app)
			}
		}
		if w := ask(other, "GET", "/", ""); w.Body.String() != "other" {
			t.Errorf("%d %q", w.Code, w.Body)
		}
		if app := waiting(); app == nil || app.module != "/other.js" {
			t.Fatalf("%+v waits", app)
		}
		s, err := pool.Get(t.Context()) // as new
		if err != nil {
			t.Fatal(err)
		}
		if held, st := s.guest.Pending(), s.Stats(); len(held) != 0 || st.FDs != 0 {
			t.Errorf("it holds %v, %+v", held, st)
		}
		pool.Put(s)
	}
	if st := pool.Stats(); st.Made != 1 || st.Evicted != 0 {
		t.Errorf("%+v", st)
	}
}
