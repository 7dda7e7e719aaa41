package e2e

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/wqjs/wqjs/tests/certs"
)

const examples = "../../examples/"

// exampleTests has an entry for each file of examples/.
var exampleTests = map[string]func(*testing.T, string){
	"express.js":   testExpress,
	"seed-rest.js": testSeedRest,
	"tcp-echo.js":  testTCPEcho,
	"http.js":      testHTTP,
	"seed-tcp.js":  testSeed,
	"udp-echo.js":  testUDPEcho,
	"chat.js":      testChat,
	"unix-echo.js": testUnixEcho,
	"ipv6.js":      testIPv6,
	"granted.js":   testGranted,

	"http-server.js": testHTTPServer,
	"ws-echo.js":     testWSEcho,
	"https.js":       testHTTPS,
}

func TestExamples(t *testing.T) {
	files, err := filepath.Glob(examples + "*.js")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		name := filepath.Base(file)
		test, ok := exampleTests[name]
		if !ok {
			t.Errorf("examples/%s has no test", name)
			continue
		}
		t.Run(name, func(t *testing.T) { test(t, file) })
	}
}

// serve starts an example on a free port and returns its address.
func serve(t *testing.T, file string) (*process, string) {
	t.Helper()
	port := freePort(t)
	addr := fmt.Sprintf("127.0.0.1:%d", port)
	p := start(t, "--allow-listen="+addr, "--allow-read="+file, file, strconv.Itoa(port))
	if l := p.line(); !strings.Contains(l, addr) {
		t.Fatalf("first line %q does not name %s", l, addr)
	}
	return p, addr
}

func testTCPEcho(t *testing.T, file string) {
	_, addr := serve(t, file)
	a, b := dial(t, "tcp", addr), dial(t, "tcp", addr)
	exchange(t, a, "first")
	exchange(t, b, "second, while the first is open")
	exchange(t, a, strings.Repeat("0123456789", 20_000))
}

func testHTTPServer(t *testing.T, file string) {
	_, addr := serve(t, file)
	for _, c := range []struct{ method, path, body, want string }{
		{"GET", "/", "", "Hello from wqjs:http\n"},
		{"POST", "/sum", "[1,2,3.5]", `{"sum":6.5}`},
		{"GET", "/count", "", "0\n1\n2\n3\n4\n"},
		{"GET", "/source", "", ""},
		{"PUT", "/", "", "Not found\n"},
	} {
		req, err := http.NewRequest(c.method, "http://"+addr+c.path, strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		res, err := (&http.Client{Timeout: 30 * time.Second}).Do(req)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(res.Body)
		res.Body.Close()
		if c.path == "/source" {
			source, _ := os.ReadFile(file)
			c.want = string(source)
		}
		if err != nil || string(got) != c.want {
			t.Errorf("%s %s: %q (%v)", c.method, c.path, got, err)
		}
	}
}

func testWSEcho(t *testing.T, file string) {
	_, addr := serve(t, file)
	_, port, _ := strings.Cut(addr, ":")
	for _, text := range []string{"hallo wörld", strings.Repeat("long ", 10_000)} {
		out, stderr, code := run(t, "--allow-connect="+addr, "--allow-read="+file, file, port, text)
		if code != 0 || out != text+"\n" {
			t.Errorf("code %d, printed %.40q, %q", code, out, stderr)
		}
	}
	out, stderr, code := run(t, "--allow-read="+file, file, port, "x")
	if flag := "--allow-connect=" + addr; out != "" || !strings.Contains(stderr, flag) {
		t.Errorf("without the flag: code %d, printed %q, %q does not name %s", code, out, stderr, flag)
	}
}

func testHTTP(t *testing.T, file string) {
	_, addr := serve(t, file)
	client := http.Client{Timeout: 30 * time.Second}
	for _, c := range []struct {
		path, body, want string
		status           int
	}{
		{"/hello?name=you", "", "Hello, you!\n", 200},
		{"/hello", "", "Hello, world!\n", 200},
		{"/echo", strings.Repeat("körper ", 10_000), strings.Repeat("körper ", 10_000), 200},
		{"/nowhere", "", "Not found\n", 404},
		{"/echo", strings.Repeat("x", 2<<20), "Too large\n", 413},
	} {
		var res *http.Response
		var err error
		if c.body == "" {
			res, err = client.Get("http://" + addr + c.path)
		} else {
			res, err = client.Post("http://"+addr+c.path, "text/plain", strings.NewReader(c.body))
		}
		if err != nil {
			if c.status == 413 {
				continue // the server may close before it has read everything
			}
			t.Fatal(err)
		}
		got, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || res.StatusCode != c.status || string(got) != c.want {
			t.Errorf("%s: status %d, %d bytes, error %v", c.path, res.StatusCode, len(got), err)
		}
	}
	bad := dial(t, "tcp", addr)
	fmt.Fprintf(bad, "GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\nHost: x\r\n\r\n")
	answer, err := io.ReadAll(bad)
	if err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 400 ") {
		t.Errorf("smuggling attempt: %q, %v", answer, err)
	}
}

// seed is the example on another port.
func seed(t *testing.T, file string) (script string, port int) {
	t.Helper()
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	port = freePort(t)
	script = filepath.Join(t.TempDir(), "seed.js")
	text := strings.Replace(string(src), `"0.0.0.0", 8080`, fmt.Sprintf(`"0.0.0.0", %d`, port), 1)
	if err := os.WriteFile(script, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return script, port
}

func testSeed(t *testing.T, file string) {
	script, port := seed(t, file)
	p := start(t, fmt.Sprintf("--allow-listen=127.0.0.1:%d", port), script)
	var body []byte
	var err error
	for range 100 { // it does not say when it listens
		var res *http.Response
		if res, err = http.Get(fmt.Sprintf("http://127.0.0.1:%d/", port)); err == nil {
			body, err = io.ReadAll(res.Body)
			res.Body.Close()
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if err != nil || string(body) != "Hello!" {
		t.Fatalf("%q, %v", body, err)
	}
	if l := p.line(); !strings.HasPrefix(l, "Client connected from 127.0.0.1:") {
		t.Errorf("printed %q", l)
	}

	_, stderr, code := run(t, script)
	flag := fmt.Sprintf("--allow-listen=0.0.0.0:%d", port)
	if code != 1 || !strings.Contains(stderr, flag) || !strings.Contains(stderr, "seed.js:10:") {
		t.Errorf("without the flag: code %d, %q does not name %s and the line", code, stderr, flag)
	}
}

func testUDPEcho(t *testing.T, file string) {
	port := freePort(t)
	addr := fmt.Sprintf("127.0.0.1:%d", port)
	p := start(t, "--allow-udp=127.0.0.1", file, strconv.Itoa(port))
	p.line()
	exchange(t, dial(t, "udp", addr), "a datagram")
}

func testChat(t *testing.T, file string) {
	_, addr := serve(t, file)
	a, b := dial(t, "tcp", addr), dial(t, "tcp", addr)
	expect(t, a, "you are guest1\n")
	expect(t, b, "you are guest2\n")
	fmt.Fprintf(a, "hallo ")
	fmt.Fprintf(a, "wörld\n")
	expect(t, b, "guest1: hallo wörld\n")
	fmt.Fprintf(b, "hi\n")
	expect(t, a, "guest2: hi\n")
}

// expect reads exactly want.
func expect(t *testing.T, c net.Conn, want string) {
	t.Helper()
	buf := make([]byte, len(want))
	if n, err := io.ReadFull(c, buf); err != nil || string(buf) != want {
		t.Fatalf("got %q (%v), want %q", buf[:n], err, want)
	}
}

func testUnixEcho(t *testing.T, file string) {
	path := filepath.Join(t.TempDir(), "echo.sock")
	p := start(t, "--allow-unix="+path, file, path)
	p.line()
	exchange(t, dial(t, "unix", path), "over a Unix socket")
}

func testIPv6(t *testing.T, file string) {
	if l, err := net.Listen("tcp", "[::1]:0"); err != nil {
		t.Skip("no IPv6 on this machine")
	} else {
		l.Close()
	}
	stdout, stderr, code := run(t, "--allow-listen=[::1]:0", "--allow-connect=[::1]", file)
	if code != 0 || !strings.HasSuffix(stdout, "client from [::1]\nhello over IPv6\n") {
		t.Errorf("code %d, %q, %q", code, stdout, stderr)
	}
}

func testGranted(t *testing.T, file string) {
	port := freePort(t)
	addr := fmt.Sprintf("127.0.0.1:%d", port)
	p := start(t, "--listen", "web="+addr, file)
	if l := p.line(); l != "serving "+addr {
		t.Fatalf("printed %q", l)
	}
	got, err := io.ReadAll(dial(t, "tcp", addr))
	if err != nil || string(got) != "this sandbox was given one listener\n" {
		t.Errorf("%q, %v", got, err)
	}
}

// curl gets a URL for localhost, whose certificate the authority must have signed.
func curl(t *testing.T, ca, url string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "curl", "-sS", "-m", "20", "--noproxy", "*", "--cacert", ca, url).CombinedOutput()
	if err != nil {
		return fmt.Sprintf("%s: %v", out, err)
	}
	return string(out)
}

func testHTTPS(t *testing.T, file string) {
	dir := t.TempDir()
	certs.New(t).Write(t, dir)
	port := freePort(t)
	cert, key := filepath.Join(dir, "server.pem"), filepath.Join(dir, "server.key")
	p := start(t, fmt.Sprintf("--allow-listen=127.0.0.1:%d", port), "--allow-read="+cert+","+key, file, cert, key, strconv.Itoa(port))
	p.line()
	got := curl(t, filepath.Join(dir, "ca.pem"), fmt.Sprintf("https://localhost:%d/", port))
	if got != "Hello over TLSv1.3 from wqjs:http\n" {
		t.Errorf("%s", got)
	}
}
