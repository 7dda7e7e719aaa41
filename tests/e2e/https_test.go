//go:build unix

package e2e

import (
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/wqjs/wqjs/tests/certs"
)

// TestServeTLS: the files are the command's to read, who talks no TLS disturbs
// nobody, and new files are taken without a restart.
func TestServeTLS(t *testing.T) {
	dir := t.TempDir()
	set := certs.New(t)
	set.Write(t, dir)
	in := func(name string) string { return filepath.Join(dir, name) }
	put := func(name string, p certs.Pair) {
		for file, b := range map[string][]byte{name + ".pem": p.Cert, name + ".key": p.Key} {
			if err := os.WriteFile(in(file), b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	put("live", set["server"])
	app := writeApp(t, `export default { fetch: (request) => new Response(request.url) };`)
	port := freePort(t)
	metrics := fmt.Sprintf("127.0.0.1:%d", freePort(t))
	p := start(t, "serve", "--workers=2", "--watch", "--access-log=json", "--metrics", metrics, "--tls-cert", in("live.pem"), "--tls-key", in("live.key"),
		"--listen", fmt.Sprintf("127.0.0.1:%d", port), app)
	url := fmt.Sprintf("https://localhost:%d/x", port)
	waitFor(t, func() bool { return curl(t, in("ca.pem"), url) == url })

	c := dial(t, "tcp", fmt.Sprintf("127.0.0.1:%d", port)) // says nothing
	defer c.Close()
	plain := dial(t, "tcp", fmt.Sprintf("127.0.0.1:%d", port))
	fmt.Fprint(plain, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	if b, _ := io.ReadAll(plain); strings.Contains(string(b), "HTTP/1.1 200") {
		t.Errorf("an answer in the clear: %q", b)
	}
	for want := `"error":"tls: the peer does not speak TLS: `; ; {
		if l := p.line(); strings.Contains(l, want) && strings.Contains(l, `"remote":"127.0.0.1"`) && json.Valid([]byte(l)) {
			break
		}
	}
	if text, err := get("http://" + metrics + "/metrics"); err != nil || !regexp.MustCompile(`(?m)^wqjs_tls_handshake_failures_total{worker="\d"} [1-9]`).MatchString(text) {
		t.Errorf("metrics: %v\n%s", err, text)
	}
	if got := curl(t, in("ca.pem"), url); got != url {
		t.Error(got)
	}

	// Half of a new pair: the old one stays.
	put("live", certs.Pair{Cert: set["other"].Cert, Key: set["server"].Key})
	waitFor(t, func() bool { return strings.Contains(p.errs.String(), "reload failed, the old code stays: --tls-cert") })
	if got := curl(t, in("ca.pem"), url); got != url {
		t.Error(got)
	}
	put("live", set["other"])
	client := &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: set.Pool(), ServerName: "other.test"},
	}}
	waitFor(t, func() bool {
		for range 8 { // of either worker
			res, err := client.Get(fmt.Sprintf("https://127.0.0.1:%d/", port))
			if err != nil {
				return false
			}
			res.Body.Close()
		}
		return true
	})
	p.cmd.Process.Signal(syscall.SIGTERM)
	c.SetDeadline(time.Now().Add(20 * time.Second))
	if err := p.wait(); err != nil {
		t.Errorf("exit: %v\n%s", err, p.errs.String())
	}
}

func TestServeTLSMistakes(t *testing.T) {
	dir := t.TempDir()
	certs.New(t).Write(t, dir)
	in := func(name string) string { return filepath.Join(dir, name) }
	if err := os.WriteFile(in("big"), make([]byte, 300<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	app := writeApp(t, "export default { fetch: () => new Response('') };")
	for name, c := range map[string]struct{ cert, key, want string }{
		"alone":    {in("server.pem"), "", "--tls-cert and --tls-key need each other"},
		"missing":  {in("none.pem"), in("server.key"), "--tls-cert: open " + in("none.pem")},
		"mismatch": {in("server.pem"), in("other.key"), "private key does not match public key"},
		"swapped":  {in("server.key"), in("server.pem"), "--tls-cert " + in("server.key")},
		"large":    {in("server.pem"), in("big"), "larger than"},
	} {
		t.Run(name, func(t *testing.T) {
			args := []string{"serve", "--listen=127.0.0.1:0", "--tls-cert=" + c.cert}
			if c.key != "" {
				args = append(args, "--tls-key="+c.key)
			}
			_, stderr, code := run(t, append(args, app)...)
			if code != 2 || !strings.Contains(stderr, c.want) {
				t.Errorf("code %d, %s", code, stderr)
			}
		})
	}
}
