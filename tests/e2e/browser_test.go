//go:build unix

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestBrowser opens examples/chat in Chromium, if there is one: two pages talk
// over WebSocket and see each other by server-sent events. They are driven by a
// script in a sandbox, over a WebSocket of its own.
func TestBrowser(t *testing.T) {
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("chromium is not installed")
	}
	site := fmt.Sprintf("127.0.0.1:%d", freePort(t))
	_, port, _ := strings.Cut(site, ":")
	p := start(t, "--allow-listen="+site, "--allow-read="+examples+"chat", examples+"chat/app.js", port)
	p.line()

	dir, err := os.MkdirTemp("", "wqjs-browser") // not t.TempDir: processes of a browser may write for longer than it lives
	if err != nil {
		t.Fatal(err)
	}
	browser := exec.Command(chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
		"--disable-background-networking", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
		"--user-data-dir="+dir, "--remote-debugging-port=0", "about:blank")
	var out lockedBuffer
	browser.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	browser.Stdout, browser.Stderr = &out, &out
	if err := browser.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		syscall.Kill(-browser.Process.Pid, syscall.SIGKILL) // all its processes
		browser.Wait()
		os.RemoveAll(dir)
		if t.Failed() {
			t.Log(out.String())
		}
	})
	var devtools string
	waitFor(t, func() bool {
		b, err := os.ReadFile(filepath.Join(dir, "DevToolsActivePort")) // the port, and a path
		where, path, ok := strings.Cut(string(b), "\n")
		devtools = "127.0.0.1:" + where + strings.TrimSpace(path)
		return err == nil && ok && path != ""
	})
	host, _, _ := strings.Cut(devtools, "/")
	stdout, stderr, code := run(t, "--allow-connect="+host, "testdata/browser.js", "ws://"+devtools, "http://"+site)
	if want := "members Ada,Bob\nmessages 1010 Ada,Bob\n"; code != 0 || stdout != want {
		t.Errorf("code %d, %s%s, want %s", code, stdout, stderr, want)
	}
}
