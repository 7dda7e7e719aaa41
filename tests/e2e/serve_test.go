//go:build unix

package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

const served = `
const version = 1;
export default {
  async fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === '/crash') setTimeout(() => { throw new Error('crashed on purpose'); }, 0);
    if (pathname === '/slow') {
      console.error('slow begins');
      return new Response(await request.text() + ' ' + version);
    }
    if (pathname === '/hog') { const a = []; for (;;) a.push(new Array(1e6).fill(0)); }
    return new Response(pathname + ' ' + version);
  },
};
`

var client = &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}

func get(url string) (string, error) {
	res, err := client.Get(url)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return string(b), err
}

// startServe serves an app on a free port and waits until it answers.
func startServe(t *testing.T, app string, flags ...string) (*process, string) {
	t.Helper()
	addr := fmt.Sprintf("127.0.0.1:%d", freePort(t))
	args := append([]string{"serve", "--listen", addr}, flags...)
	p := start(t, append(args, app)...)
	waitFor(t, func() bool { _, err := get("http://" + addr + "/"); return err == nil })
	return p, "http://" + addr
}

func waitFor(t *testing.T, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it did not come true")
		}
	}
}

func writeApp(t *testing.T, source string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "app.js")
	if err := os.WriteFile(file, []byte(source), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestServe: two workers; one that crashes is replaced, new code takes over
// without a refused connection, and SIGTERM lets a request finish.
func TestServe(t *testing.T) {
	app := writeApp(t, served)
	metrics := fmt.Sprintf("127.0.0.1:%d", freePort(t))
	p, url := startServe(t, app, "--workers", "2", "--watch", "--access-log=json", "--metrics", metrics)

	var entry struct {
		Method, URL, Remote string
		Status, Bytes       int
	}
	if l := p.line(); json.Unmarshal([]byte(l), &entry) != nil || entry.Method != "GET" || entry.URL != "/" || entry.Status != 200 || entry.Bytes != 3 || entry.Remote != "127.0.0.1" {
		t.Errorf("access log: %s", l)
	}
	metric := func(name string) string {
		text, err := get("http://" + metrics + "/metrics")
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(text) {
			if v, ok := strings.CutPrefix(line, name+" "); ok {
				return strings.TrimSpace(v)
			}
		}
		return ""
	}
	for _, path := range []string{"/crash", "/hog"} {
		get(url + path)
	}
	restarts := func(i int) string { return metric(fmt.Sprintf("wqjs_worker_restarts_total{worker=%q}", fmt.Sprint(i))) }
	waitFor(t, func() bool { return restarts(0) != "0" || restarts(1) != "0" })
	waitFor(t, func() bool { return metric(`wqjs_up{worker="0"}`) == "1" && metric(`wqjs_up{worker="1"}`) == "1" })

	var failed atomic.Int64
	stop := make(chan struct{})
	var load sync.WaitGroup
	load.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				if _, err := get(url + "/load"); err != nil {
					failed.Add(1)
					t.Log(err)
				}
			}
		}
	})
	if err := os.WriteFile(app, []byte(strings.Replace(served, "version = 1", "version = 22", 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool {
		for range 8 { // of either worker
			if body, err := get(url + "/v"); err != nil || body != "/v 22" {
				return false
			}
		}
		return true
	})
	close(stop)
	load.Wait()
	if n := failed.Load(); n > 0 {
		t.Errorf("%d requests failed during the reload", n)
	}

	slow := startSlow(t, url, "/slow")
	waitFor(t, func() bool { return strings.Contains(p.errs.String(), "slow begins") })
	p.cmd.Process.Signal(syscall.SIGTERM)
	if got := slow.finish(); !strings.HasSuffix(got, "hello 22") {
		t.Errorf("the request in flight: %q", got)
	}
	if err := p.wait(); err != nil {
		t.Errorf("exit: %v\n%s", err, p.errs.String())
	}
	if !strings.Contains(p.errs.String(), "crashed on purpose") {
		t.Errorf("the crash was not reported: %s", p.errs.String())
	}
}

// slow is a request that ends when the test wants it to: the server waits for
// its body.
type slow struct {
	net.Conn
	t *testing.T
}

func startSlow(t *testing.T, url, path string) slow {
	t.Helper()
	c := dial(t, "tcp", strings.TrimPrefix(url, "http://"))
	beginSlow(c, path)
	return slow{c, t}
}

func beginSlow(c net.Conn, path string) {
	fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhel", path)
}

// finish sends the rest once the server accepts nobody, and gives the answer.
func (s slow) finish() string {
	s.t.Helper()
	waitFor(s.t, func() bool {
		c, err := net.Dial("tcp", s.RemoteAddr().String())
		if err == nil {
			c.Close()
		}
		return err != nil
	})
	fmt.Fprint(s, "lo")
	b, err := io.ReadAll(s)
	if err != nil {
		s.t.Errorf("the answer of a request in flight: %v", err)
	}
	return string(b)
}

// TestServeListens: an app that listens by itself gets the listener of its port.
func TestServeListens(t *testing.T) {
	app := writeApp(t, `
import { createServer } from 'wqjs:http';
createServer((req, res) => res.end('mine')).listen(Number(scriptArgs[1]));`)
	port := freePort(t)
	p := start(t, "serve", "--workers", "2", "--access-log", "--listen", fmt.Sprintf("127.0.0.1:%d", port), app, fmt.Sprint(port))
	waitFor(t, func() bool {
		body, err := get(fmt.Sprintf("http://127.0.0.1:%d/", port))
		return err == nil && body == "mine"
	})
	p.line()
	c := dial(t, "tcp", fmt.Sprintf("127.0.0.1:%d", port))
	fmt.Fprint(c, "GET /\"\\ HTTP/1.1\r\nHost: x\r\n\r\nnonsense\r\n\r\n")
	io.Copy(io.Discard, c)
	for _, want := range []string{`^127\.0\.0\.1 - - \[\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d \+0000\] "GET /\\x22\\x5c HTTP/1\.1" 200 4 \d+\.\d\dms$`, `"- - HTTP/1\.1" 400 0 `} {
		if l := p.line(); !regexp.MustCompile(want).MatchString(l) {
			t.Errorf("access log: %s, want %s", l, want)
		}
	}
}

// TestGracefulRun: a script with a server, too, finishes what is in flight.
func TestGracefulRun(t *testing.T) {
	port := freePort(t)
	p := start(t, fmt.Sprintf("--allow-listen=127.0.0.1:%d", port), "-e", fmt.Sprintf(`
import { createServer } from 'wqjs:http';
createServer(async (req, res) => {
  print('begun');
  res.end(await req.text());
}).listen(%d, '127.0.0.1', () => print('up'));`, port))
	p.line()
	idle := dial(t, "tcp", fmt.Sprintf("127.0.0.1:%d", port)) // must not hold the end up
	defer idle.Close()
	c := startSlow(t, fmt.Sprintf("http://127.0.0.1:%d", port), "/")
	p.line()
	p.cmd.Process.Signal(syscall.SIGTERM)
	if got := c.finish(); !strings.HasSuffix(got, "hello") || !strings.Contains(got, "Connection: close") {
		t.Errorf("the request in flight: %q", got)
	}
	if err := p.wait(); err != nil {
		t.Errorf("exit: %v\n%s", err, p.errs.String())
	}
}

func TestServeMistakes(t *testing.T) {
	for name, c := range map[string]struct {
		source, want string
		code         int
		flags        []string
	}{
		"throws":   {source: "throw new Error('no good')", want: "Uncaught Error: no good", code: 1},
		"nothing":  {source: "export const x = 1;", want: "exports no app and listens to nothing", code: 1},
		"no app":   {source: "export default 5;", want: "expected an app", code: 1},
		"exits":    {source: "import * as std from 'std'; std.exit(3)", code: 3},
		"workers":  {flags: []string{"--workers=0"}, want: "--workers=0: want a number from 1 to 256", code: 2},
		"log":      {flags: []string{"--access-log=xml"}, want: "want text or json", code: 2},
		"address":  {flags: []string{"--listen=nowhere"}, want: "--listen nowhere", code: 2},
		"metrics":  {flags: []string{"--metrics=nowhere"}, want: "--metrics nowhere", code: 2},
		"timeout":  {flags: []string{"--timeout=1s"}, want: "serve has no --timeout", code: 2},
		"eval":     {flags: []string{"-e"}, want: "serve needs the file of an app", code: 2},
		"run only": {flags: []string{"--bad"}, want: "unknown flag --bad", code: 2},
	} {
		t.Run(name, func(t *testing.T) {
			args := append([]string{"serve", "--listen=127.0.0.1:0"}, c.flags...)
			_, stderr, code := run(t, append(args, writeApp(t, c.source))...)
			if code != c.code || !strings.Contains(stderr, c.want) {
				t.Errorf("code %d, %s", code, stderr)
			}
		})
	}
}
