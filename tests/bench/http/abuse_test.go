package http

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var (
	aborts = flag.Int("aborts", 1000, "requests of TestAborts")
	idle   = flag.Int("idle", 300, "connections of TestIdle")
	slow   = flag.Int("slow", 20, "connections of TestSlow, of each kind")
)

// abusedApp has a route for each phase of an exchange. It counts its requests
// as the garbage collector frees them.
const abusedApp = `
import * as std from 'std';
import express from 'express';
let made = 0;
let freed = 0;
const registry = new FinalizationRegistry(() => freed++);
const app = express();
app.set('env', 'test');
app.use((req, res, next) => {
  made++;
  registry.register(req);
  next();
});
app.get('/api/items/:id', (req, res) => res.json({ id: req.params.id, name: 'item', tags: ['a', 'b'] }));
app.post('/echo', async (req, res) => res.send(await req.bytes()));
app.post('/unread', (req, res) => res.send('no'));
app.get('/later/:id', (req, res) => setTimeout(() => res.send(req.params.id), 5));
app.get('/big/:n', (req, res) => res.stream((async function* () {
  const n = Number(req.params.n);
  for (let i = 0; i < n; i++) yield String(i % 10).repeat(1000);
})()));
app.get('/state', async (req, res) => {
  for (let i = 0; i < 3; i++) {
    std.gc();
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  res.json({ alive: made - freed, connections: server.connections });
});
const server = app.listen({ host: '127.0.0.1', port: PORT, maxConnections: 60000, headersTimeout: WAIT, bodyTimeout: WAIT,
  sendTimeout: WAIT, keepAliveTimeout: IDLE });
`

// abused starts the server; idle connections may stay for so long, and others
// wait so long for the peer.
func abused(t *testing.T, idle, wait time.Duration) *server {
	t.Helper()
	c := contender{name: "wqjs:express", file: "abused.js",
		code: strings.NewReplacer("IDLE", fmt.Sprint(idle.Milliseconds()), "WAIT", fmt.Sprint(wait.Milliseconds())).Replace(abusedApp),
		args: func(file string, port int) []string {
			return []string{buildWqjs(t), fmt.Sprintf("--allow-listen=127.0.0.1:%d", port), "--max-fds=60000", file}
		}}
	s := c.start(t, t.TempDir())
	http.DefaultClient.CloseIdleConnections()
	t.Cleanup(s.stop)
	return s
}

type state struct{ Alive, Connections int }

func (s *server) state(t *testing.T) (st state) {
	t.Helper()
	tr := &http.Transport{DisableKeepAlives: true}
	res, err := (&http.Client{Transport: tr, Timeout: 30 * time.Second}).Get("http://" + s.addr + "/state")
	if err != nil {
		t.Fatalf("the server does not answer: %v", err)
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(&st); err != nil {
		t.Fatal(err)
	}
	return st
}

// settled waits until only the connection that asks is left.
func (s *server) settled(t *testing.T) state {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if st := s.state(t); st.Connections <= 1 && st.Alive <= 3 {
			return st
		} else if time.Now().After(end) {
			t.Fatalf("%d connections and %d requests are left", st.Connections, st.Alive)
		}
	}
}

func (s *server) fds(t *testing.T) int {
	t.Helper()
	dir, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", s.cmd.Process.Pid))
	if err != nil {
		return 0 // no /proc here
	}
	return len(dir)
}

// client is one connection that may do what it must not.
type client struct {
	*net.TCPConn
	in *bufio.Reader
}

func (s *server) dial() (*client, error) {
	c, err := net.DialTimeout("tcp", s.addr, 10*time.Second)
	if err != nil {
		return nil, err
	}
	c.SetDeadline(time.Now().Add(2 * time.Minute))
	return &client{c.(*net.TCPConn), bufio.NewReader(c)}, nil
}

func (c *client) ask(method, path string, body []byte) error {
	var head string
	if body != nil {
		head = fmt.Sprintf("Content-Length: %d\r\n", len(body))
	}
	_, err := c.Write(fmt.Appendf(nil, "%s %s HTTP/1.1\r\nHost: a\r\n%s\r\n%s", method, path, head, body))
	return err
}

// expect reads a response, which has to be this one.
func (c *client) expect(want []byte) error {
	res, err := http.ReadResponse(c.in, nil)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	got, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode != 200 || !bytes.Equal(got, want) {
		return fmt.Errorf("status %d and %d bytes, want %d: %.60q", res.StatusCode, len(got), len(want), got)
	}
	return nil
}

func bigBody(n int) []byte {
	var b bytes.Buffer
	for i := range n {
		b.WriteString(strings.Repeat(fmt.Sprint(i%10), 1000))
	}
	return b.Bytes()
}

// phases is where exchanges are broken off, and some that are not. What is read
// to its end has to be right.
var phases = []struct {
	name string
	run  func(c *client, r *rand.Rand) error
}{
	{"nothing sent", func(c *client, r *rand.Rand) error { return nil }},
	{"in the head", func(c *client, r *rand.Rand) error {
		const head = "GET /api/items/1 HTTP/1.1\r\nHost: a\r\nX-A: b"
		_, err := io.WriteString(c, head[:1+r.IntN(len(head))])
		return err
	}},
	{"before the body", func(c *client, r *rand.Rand) error {
		_, err := io.WriteString(c, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n")
		return err
	}},
	{"in the body", func(c *client, r *rand.Rand) error {
		_, err := fmt.Fprintf(c, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n%s", bytes.Repeat([]byte("x"), r.IntN(90000)))
		return err
	}},
	{"in a chunk", func(c *client, r *rand.Rand) error {
		const chunked = "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n10\r\nha"
		_, err := io.WriteString(c, chunked[:len(chunked)-r.IntN(16)])
		return err
	}},
	{"after the request", func(c *client, r *rand.Rand) error { return c.ask("GET", "/api/items/1", nil) }},
	{"while the handler waits", func(c *client, r *rand.Rand) error {
		defer time.Sleep(time.Duration(r.IntN(7)) * time.Millisecond)
		return c.ask("GET", "/later/1", nil)
	}},
	{"in the response's head", func(c *client, r *rand.Rand) error {
		if err := c.ask("GET", "/api/items/1", nil); err != nil {
			return err
		}
		_, err := io.CopyN(io.Discard, c.in, int64(r.IntN(60)))
		return err
	}},
	{"in the response's body", func(c *client, r *rand.Rand) error {
		if err := c.ask("GET", "/big/1000", nil); err != nil {
			return err
		}
		_, err := io.CopyN(io.Discard, c.in, int64(r.IntN(500_000)))
		return err
	}},
	{"in pipelined requests", func(c *client, r *rand.Rand) error {
		for i := range 5 {
			if err := c.ask("GET", fmt.Sprintf("/later/%d", i), nil); err != nil {
				return err
			}
		}
		return c.expect([]byte("0"))
	}},
	{"with an unread body", func(c *client, r *rand.Rand) error {
		if err := c.ask("POST", "/unread", bytes.Repeat([]byte("x"), r.IntN(300_000))); err != nil {
			return nil // answered and closed before all was sent
		}
		return nil
	}},
	{"not at all: keep-alive", func(c *client, r *rand.Rand) error {
		for range 5 {
			id := r.IntN(1000)
			if err := c.ask("GET", fmt.Sprintf("/api/items/%d", id), nil); err != nil {
				return err
			}
			if err := c.expect(fmt.Appendf(nil, `{"id":"%d","name":"item","tags":["a","b"]}`, id)); err != nil {
				return err
			}
		}
		return nil
	}},
	{"not at all: a body there and back", func(c *client, r *rand.Rand) error {
		body := make([]byte, r.IntN(20_000))
		for i := range body {
			body[i] = byte(r.Uint32())
		}
		if err := c.ask("POST", "/echo", body); err != nil {
			return err
		}
		return c.expect(body)
	}},
	{"not at all: a long response, then the end", func(c *client, r *rand.Rand) error {
		n := r.IntN(200)
		if err := c.ask("GET", fmt.Sprintf("/big/%d", n), nil); err != nil {
			return err
		}
		c.CloseWrite()
		return c.expect(bigBody(n))
	}},
}

// TestAborts breaks off exchanges in every phase, by closing or by a reset, many
// at a time. Nothing may be left behind, no byte may be wrong, and the server
// has to answer at the end.
func TestAborts(t *testing.T) {
	s := abused(t, time.Minute, time.Minute) // longer than a busy machine holds a client up
	run := func(n int, seed uint64) {
		var left atomic.Int64
		left.Store(int64(n))
		var all sync.WaitGroup
		for w := range 32 {
			all.Go(func() {
				r := rand.New(rand.NewPCG(seed, uint64(w)))
				for left.Add(-1) >= 0 {
					c, err := s.dial()
					if err != nil {
						t.Errorf("connecting: %v", err)
						return
					}
					p := phases[r.IntN(len(phases))]
					if err := p.run(c, r); err != nil {
						t.Errorf("%s: %v", p.name, err)
					}
					if r.IntN(2) == 0 {
						c.SetLinger(0) // a reset
					}
					c.Close()
				}
			})
		}
		all.Wait()
	}
	run(max(*aborts/10, 300), 1)
	s.settled(t)
	fds, memory := s.fds(t), rss(s.cmd.Process.Pid)
	start := time.Now()
	run(*aborts, 2)
	took := time.Since(start)
	end := s.settled(t)
	if n := s.fds(t); n > fds+2 {
		t.Errorf("%d fds, before there were %d", n, fds)
	}
	grown := rss(s.cmd.Process.Pid) - memory
	if grown > 16 {
		t.Errorf("the process has grown by %.1f MiB", grown)
	}
	t.Logf("%d connections in %v: %d requests alive, %d fds (%d before), RSS %+.1f MiB of %.1f", *aborts, took.Round(time.Millisecond), end.Alive-1, s.fds(t), fds, grown, memory)
}

// TestIdle keeps connections open after a request each.
func TestIdle(t *testing.T) {
	s := abused(t, 5*time.Minute, time.Minute)
	before := rss(s.cmd.Process.Pid)
	conns := make([]*client, 0, *idle)
	defer func() {
		for _, c := range conns {
			c.Close()
		}
	}()
	ask := func(c *client) error {
		if err := c.ask("GET", path, nil); err != nil {
			return err
		}
		return c.expect([]byte(want))
	}
	for range *idle {
		c, err := s.dial()
		if err == nil {
			err = ask(c)
		}
		if err != nil {
			t.Fatalf("connection %d: %v", len(conns), err)
		}
		conns = append(conns, c)
	}
	st, after := s.state(t), rss(s.cmd.Process.Pid)
	if st.Connections != *idle+1 {
		t.Errorf("%d connections, want %d", st.Connections, *idle+1)
	}
	for i := 0; i < len(conns); i += 1 + len(conns)/100 {
		conns[i].SetDeadline(time.Now().Add(30 * time.Second))
		if err := ask(conns[i]); err != nil {
			t.Errorf("connection %d, after a while: %v", i, err)
		}
	}
	t.Logf("%d idle connections: %.2f KiB each (RSS %.1f to %.1f MiB)", *idle, (after-before)*1024/float64(*idle), before, after)
}

// TestSlow: peers that send or read slowly hold no slot for ever and no memory,
// and others are served meanwhile.
func TestSlow(t *testing.T) {
	s := abused(t, 2*time.Second, 2*time.Second)
	s.settled(t)
	before := rss(s.cmd.Process.Pid)
	var all sync.WaitGroup
	stop := make(chan struct{})
	slowly := func(what, once, forever string, pause time.Duration) {
		for range *slow {
			all.Go(func() {
				c, err := s.dial()
				if err != nil {
					t.Error(err)
					return
				}
				defer c.Close()
				io.WriteString(c, once)
				for {
					_, err := io.WriteString(c, forever)
					if err == nil {
						c.SetReadDeadline(time.Now().Add(pause))
						_, err = io.Copy(io.Discard, c) // a refusal, perhaps
					}
					if !errors.Is(err, os.ErrDeadlineExceeded) {
						return // dropped, as it has to be
					}
					select {
					case <-stop:
						t.Errorf("%s: not dropped", what)
						return
					default:
					}
				}
			})
		}
	}
	slowly("head", "GET / HTTP/1.1\r\nHost: a\r\n", "X-A: b\r\n", 200*time.Millisecond)
	slowly("silence", "", "", 500*time.Millisecond)
	slowly("body", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n", "", 500*time.Millisecond)
	for range *slow { // asks for 100 MB and does not read
		all.Go(func() {
			c, err := s.dial()
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close()
			c.SetReadBuffer(4096)
			c.ask("GET", "/big/100000", nil)
			<-stop
		})
	}
	peak := 0.0
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		peak = max(peak, rss(s.cmd.Process.Pid))
		c, err := s.dial()
		if err == nil {
			err = errors.Join(c.ask("GET", path, nil), c.expect([]byte(want)))
			c.Close()
		}
		if err != nil {
			t.Fatalf("a good client: %v", err)
		}
		if st := s.state(t); st.Connections <= 1 {
			break
		} else if time.Now().After(end) {
			t.Errorf("%d connections are left", st.Connections)
			break
		}
	}
	close(stop)
	all.Wait()
	st := s.settled(t)
	t.Logf("4 × %d slow connections: all dropped, %d requests alive, RSS %.1f MiB, peak %.1f", *slow, st.Alive-1, before, peak)
}
