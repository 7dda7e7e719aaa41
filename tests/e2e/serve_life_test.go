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
	in     *bufio.Reader
	worker string // what it answers for "/"
}

// twoWorkers gives connections to each of two workers, two at least, over which
// the kernel spreads them.
func twoWorkers(t *testing.T, url string) (a, b []*keptAlive) {
	t.Helper()
	waitFor(t, func() bool {
		c := dial(t, "tcp", strings.TrimPrefix(url, "http://"))
		k := &keptAlive{Conn: c, in: bufio.NewReader(c)}
		var err error
		if k.worker, err = k.get("/"); err != nil {
			t.Fatal(err)
		}
		if len(a) == 0 || a[0].worker == k.worker {
			a = append(a, k)
		} else {
			b = append(b, k)
		}
		return len(a) >= 2 && len(b) >= 2
	})
	return a, b
}

// waitForSuccessor waits until a third worker answers.
func waitForSuccessor(t *testing.T, url string, a, b []*keptAlive) {
	t.Helper()
	waitFor(t, func() bool {
		id, err := get(url + "/")
		return err == nil && id != a[0].worker && id != b[0].worker
	})
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
import { createServer } from 'wqjs:http';
const id = Math.random();
export default createServer({ keepAliveTimeout: 60000 }, ({ path }, res) => {
  if (path === '/crash') setTimeout(() => { throw new Error('on purpose'); }, 0);
  if (path === '/spin') for (;;);
  res.end(String(id));
});`)
	p, url := startServe(t, app, "--workers", "2", "--cpu-time", "1s")
	for _, how := range []string{"/crash", "/spin"} {
		victim, other := twoWorkers(t, url)
		fmt.Fprintf(victim[0], "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", how)
		for _, k := range victim {
			if _, err := io.Copy(io.Discard, k.in); err != nil && !isReset(err) {
				t.Errorf("%s: a connection of the worker that ended: %v", how, err)
			}
		}
		for _, k := range other {
			if id, err := k.get("/"); err != nil || id != k.worker {
				t.Errorf("%s: a connection of the other worker: %q, %v", how, id, err)
			}
		}
		waitForSuccessor(t, url, victim, other)
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
	for name, app := range map[string]string{
		"app.ws()": `
import express from 'express';
const app = express();
app.get('/', (req, res) => res.send('ok'));
app.ws('/ws', (ws) => ws.send('hello'));
export default app;`,
		"upgrade()": `
import { createServer } from 'wqjs:http';
import { upgrade } from 'wqjs:ws';
export default createServer((req, res) => res.end('ok'))
  .on('upgrade', async (...args) => (await upgrade(...args))?.send('hello'));`,
	} {
		t.Run(name, func(t *testing.T) { testServeEndsWebSockets(t, writeApp(t, app)) })
	}
}

func testServeEndsWebSockets(t *testing.T, app string) {
	p, url := startServe(t, app, "--workers", "2", "--grace", "40s")
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
	if time.Since(ended) > 30*time.Second {
		t.Error("it waited for a WebSocket that was closed")
	}
}

// TestWorkerFull: a worker whose script keeps nearly all of the memory, or so much
// that requests fail for want of it, gets a successor, and finishes what it began.
func TestWorkerFull(t *testing.T) {
	app := writeApp(t, `
import express from 'express';
const id = Math.random();
const kept = [];
const app = express();
app.get('/', (req, res) => res.send(String(id)));
app.get('/keep/:n', async (req, res) => {
  kept.push(new Array(req.params.n * 131072).fill(1.5)); // of 8 bytes
  res.send(String(id));
});
app.use('/slow', async (req, res) => {
  console.error('slow begins');
  res.send(await req.text() + " " + id);
});
app.use((error, req, res, next) => res.status(500).send('sorry')); // hides the reason
export default app.createServer({ keepAliveTimeout: 60000 });`)
	p, url := startServe(t, app, "--workers", "2", "--memory", "64M")
	for i, path := range []string{"/keep/4", "/keep/32"} {
		victim, other := twoWorkers(t, url)
		slow := victim[1]
		beginSlow(slow, "/slow")
		waitFor(t, func() bool { return strings.Count(p.errs.String(), "slow begins") > i })
		waitFor(t, func() bool {
			_, err := victim[0].get(path)
			return err != nil || strings.Count(p.errs.String(), "has hardly any memory left") > i
		})
		waitForSuccessor(t, url, victim, other)
		fmt.Fprint(slow, "lo")
		if b, err := io.ReadAll(slow); err != nil || !strings.HasSuffix(string(b), "hello "+slow.worker) {
			t.Errorf("%s: a request in flight: %q, %v", path, b, err)
		}
		for _, k := range other {
			if id, err := k.get("/"); err != nil || id != k.worker {
				t.Errorf("%s: a connection of the other worker: %q, %v", path, id, err)
			}
		}
	}
}
