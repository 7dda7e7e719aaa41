//go:build unix

package e2e

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"
)

// keptAlive keeps one connection open and asks over it.
type keptAlive struct {
	net.Conn
	in *bufio.Reader
}

func (k *keptAlive) get(path string) (string, error) {
	if _, err := fmt.Fprintf(k, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path); err != nil {
		return "", err
	}
	res, err := http.ReadResponse(k.in, nil)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return string(b), err
}

// TestWorkerEnds: a worker that throws, or takes more time than it may, takes its
// own connections with it and nobody else's.
func TestWorkerEnds(t *testing.T) {
	app := writeApp(t, `
const id = Math.random();
export default {
  fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === '/crash') setTimeout(() => { throw new Error('on purpose'); }, 0);
    if (pathname === '/spin') for (;;);
    return new Response(String(id));
  },
};`)
	p, url := startServe(t, app, "--workers", "2", "--cpu-time", "1s")
	for _, how := range []string{"/crash", "/spin"} {
		byWorker := map[string][]*keptAlive{}
		waitFor(t, func() bool { // connections are spread by the kernel
			c := dial(t, "tcp", strings.TrimPrefix(url, "http://"))
			k := &keptAlive{c, bufio.NewReader(c)}
			id, err := k.get("/")
			if err != nil {
				t.Fatal(err)
			}
			byWorker[id] = append(byWorker[id], k)
			return len(byWorker) == 2
		})
		var ids []string
		for id := range byWorker {
			ids = append(ids, id)
		}
		victim, other := byWorker[ids[0]], byWorker[ids[1]]
		fmt.Fprintf(victim[0], "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", how)
		for _, k := range victim {
			if _, err := io.Copy(io.Discard, k.in); err != nil && !isReset(err) {
				t.Errorf("%s: a connection of the worker that ended: %v", how, err)
			}
		}
		for _, k := range other {
			if id, err := k.get("/"); err != nil || id != ids[1] {
				t.Errorf("%s: a connection of the other worker: %q, %v", how, id, err)
			}
		}
		// It has a successor.
		waitFor(t, func() bool {
			id, err := get(url + "/")
			return err == nil && id != ids[0] && id != ids[1]
		})
	}
	if log := p.errs.String(); !strings.Contains(log, "on purpose") || !strings.Contains(log, "is replaced") {
		t.Error(log)
	}
}

func isReset(err error) bool {
	return strings.Contains(err.Error(), "reset")
}

// TestServeEndsWebSockets: those who listen are told that the server goes.
func TestServeEndsWebSockets(t *testing.T) {
	app := writeApp(t, `
import express from 'express';
const app = express();
app.get('/', (req, res) => res.send('ok'));
app.ws('/ws', (ws) => ws.send('hello'));
export default app;`)
	p, url := startServe(t, app, "--workers", "2", "--grace", "5s")
	c := dial(t, "tcp", strings.TrimPrefix(url, "http://"))
	fmt.Fprint(c, "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
	in := bufio.NewReader(c)
	res, err := http.ReadResponse(in, nil)
	if err != nil || res.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("%v, %v", res, err)
	}
	hello := make([]byte, 7)
	if _, err := io.ReadFull(in, hello); err != nil || string(hello[2:]) != "hello" {
		t.Fatalf("%q, %v", hello, err)
	}
	p.cmd.Process.Signal(syscall.SIGTERM)
	head := make([]byte, 4)
	if _, err := io.ReadFull(in, head); err != nil || head[0] != 0x88 || int(head[2])<<8|int(head[3]) != 1001 {
		t.Fatalf("the server went with %x, %v", head, err)
	}
	c.Write([]byte{0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe9}) // the same back, with a mask
	ended := time.Now()
	io.Copy(io.Discard, in)
	c.Close()
	if err := p.wait(); err != nil {
		t.Errorf("exit: %v\n%s", err, p.errs.String())
	}
	if time.Since(ended) > 4*time.Second {
		t.Error("it waited for a WebSocket that was closed")
	}
}
