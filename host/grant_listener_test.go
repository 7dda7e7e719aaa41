//go:build unix

package host

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// pipes is a net.Listener whose connections are net.Pipes.
type pipes struct {
	conns  chan net.Conn
	errs   chan error // of Accept
	closed chan struct{}
	once   sync.Once
}

func newPipes() *pipes {
	return &pipes{conns: make(chan net.Conn), errs: make(chan error, 10), closed: make(chan struct{})}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case err := <-p.errs:
		return nil, err
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(10, 1, 2, 3), Port: 80} }

func (p *pipes) dial(t testing.TB) net.Conn {
	t.Helper()
	ours, theirs := net.Pipe()
	t.Cleanup(func() { ours.Close() })
	select {
	case p.conns <- theirs:
		return ours
	case <-time.After(10 * time.Second):
		t.Fatal("nobody accepts")
		return nil
	}
}

// listeners are ways to grant a listener, with how to reach it.
func listeners(t *testing.T, f func(t *testing.T, g Grant, dial func(testing.TB) net.Conn)) {
	t.Run("pipes", func(t *testing.T) {
		p := newPipes()
		f(t, Grant{Name: "it", Listener: p}, p.dial)
	})
	t.Run("TCP", func(t *testing.T) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		f(t, Grant{Name: "it", Listener: l}, func(t testing.TB) net.Conn { return dialed(t, l.Addr()) })
	})
	t.Run("VirtualNet", func(t *testing.T) {
		v := virtualNet(t, VirtualNetConfig{})
		l, err := v.Listen("tcp", "10.0.0.1:80")
		if err != nil {
			t.Fatal(err)
		}
		f(t, Grant{Name: "it", Listener: l}, func(t testing.TB) net.Conn {
			c, err := v.Dial(t.Context(), "tcp", "10.0.0.1:80")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { c.Close() })
			return c
		})
	})
	t.Run("File", func(t *testing.T) { // with terms, which make it one as well
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		file, err := l.(*net.TCPListener).File()
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		defer l.Close()
		f(t, Grant{Name: "it", File: file, RecvBytes: 1 << 30}, func(t testing.TB) net.Conn { return dialed(t, l.Addr()) })
	})
}

func dialed(t testing.TB, a net.Addr) net.Conn {
	t.Helper()
	c, err := net.Dial(a.Network(), a.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// TestGrantListener accepts in every way there is.
func TestGrantListener(t *testing.T) {
	const head = "import s, { granted } from 'wqjs:sockets'; const { fd } = granted[0];"
	for name, source := range map[string]string{
		"accept": head + `const c = s.accept(fd); s.send(c.fd, 'hello ' + s.recv(c.fd, 10, 0), 0); s.close(c.fd);`,
		"poll": head + `
			s.fcntl(fd, s.F_SETFL, s.O_NONBLOCK);
			for (;;) {
				const [r] = s.poll([{ fd, events: s.POLLIN | s.POLLOUT }], -1);
				if (r.revents !== s.POLLIN) throw new Error('revents ' + r.revents);
				break;
			}
			const c = s.accept(fd);
			if (s.accept(fd) !== null) throw new Error('there is no other');
			s.setsockopt(fd, s.IPPROTO_TCP, s.TCP_NODELAY, 1); // means nothing here
			s.send(c.fd, 'hello ' + s.recv(c.fd, 10, 0), 0); s.close(c.fd);`,
		"epoll": head + `
			const ep = s.epoll_create1(0);
			s.epoll_ctl(ep, s.EPOLL_CTL_ADD, fd, s.EPOLLIN | s.EPOLLET);
			const [r] = s.epoll_wait(ep, 8, -1);
			if (r.fd !== fd || r.events !== s.EPOLLIN) throw new Error(JSON.stringify(r));
			const c = s.accept(fd);
			s.send(c.fd, 'hello ' + s.recv(c.fd, 10, 0), 0); s.close(c.fd); s.close(ep);`,
		"net": `
			import { listen } from 'wqjs:net';
			import { granted } from 'wqjs:sockets';
			const server = listen({ fd: granted[0].fd });
			for await (const c of server) { await c.write('hello ' + new TextDecoder().decode(await c.read())); c.close(); break; }
			server.close();`,
		"http": `
			import { createServer } from 'wqjs:http';
			import { granted } from 'wqjs:sockets';
			const server = createServer((req, res) => { res.end(); server.close(); });
			server.listen({ fd: granted[0].fd });`,
		"express": `
			import express from 'express';
			import { granted } from 'wqjs:sockets';
			const server = express().get('/', (req, res) => { res.end(); server.close(); }).listen({ fd: granted[0].fd });`,
	} {
		t.Run(name, func(t *testing.T) {
			listeners(t, func(t *testing.T, g Grant, dial func(testing.TB) net.Conn) {
				s, _ := sandbox(t, SandboxConfig{Grants: []Grant{g}})
				done := make(chan struct{})
				go func() {
					defer close(done)
					err := errors.Join(s.EvalModule(t.Context(), "/a.js", source), s.Run(t.Context()))
					if err != nil {
						t.Error(err)
						s.Close() // and so the connection
					}
				}()
				c := dial(t)
				want := "hello world"
				if name == "http" || name == "express" {
					io.WriteString(c, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
					want = "HTTP/1.1 200"
				} else {
					io.WriteString(c, "world")
				}
				if got, err := io.ReadAll(c); err != nil || !strings.HasPrefix(string(got), want) {
					t.Errorf("%q, %v", got, err)
				}
				<-done
			})
		})
	}
}

// TestGrantListenerMany: no connection is lost, in order of arrival.
func TestGrantListenerMany(t *testing.T) {
	p := newPipes()
	s, _ := sandbox(t, SandboxConfig{Grants: []Grant{{Listener: p}}})
	background(t, s, `
		import { listen } from 'wqjs:net';
		import { granted } from 'wqjs:sockets';
		let n = 0;
		(async () => {
			for await (const c of listen({ fd: granted[0].fd })) (async (n) => { await c.read(); await c.write(String(n)); c.close(); })(n++);
		})();`)
	var wg sync.WaitGroup
	for i := range 200 {
		c := p.dial(t)
		wg.Go(func() {
			io.WriteString(c, "x")
			if got, err := io.ReadAll(c); err != nil || string(got) != fmt.Sprint(i) {
				t.Errorf("%d: %q, %v", i, got, err)
			}
		})
	}
	wg.Wait()
}

// TestGrantListenerWaiting: a script that does not accept makes others wait.
func TestGrantListenerWaiting(t *testing.T) {
	p := newPipes()
	s, out := sandbox(t, SandboxConfig{Grants: []Grant{{Listener: p}}})
	var first net.Conn
	for i := range 16 {
		if c := p.dial(t); i == 0 {
			first = c
		}
	}
	select {
	case p.conns <- nil:
		t.Fatal("a 17th was accepted")
	case <-time.After(20 * time.Millisecond):
	}
	go func() { first.Write([]byte("x")) }()
	if err := s.EvalModule(t.Context(), "/a.js", "import s, { granted } from 'wqjs:sockets'; const c = s.accept(granted[0].fd); print(c.address, c.port, s.recv(c.fd, 1, 0))"); err != nil {
		t.Fatal(err)
	}
	p.dial(t) // there is room for one more
	if !strings.HasSuffix(out.String(), " x\n") {
		t.Errorf("%q", out)
	}
}

// acceptFails accepts again and again, and prints how that ends.
const acceptFails = `
	import s, { granted } from 'wqjs:sockets';
	print(s.getsockname(granted[0].fd).address, granted[0].port);
	for (let i = 0; i < 2; i++) try { s.close(s.accept(granted[0].fd).fd); i--; } catch (e) { print(e.code, e.message); }`

func TestGrantListenerErrors(t *testing.T) {
	for name, c := range map[string]struct {
		fail func(*pipes)
		want string
	}{
		"closed": {func(p *pipes) { p.Close() }, `EINVAL granted listener "it": it was closed`},
		"failed": {func(p *pipes) { p.errs <- errors.New("no more") }, `EIO granted listener "it": no more`},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPipes()
			s, out := sandbox(t, SandboxConfig{Grants: []Grant{{Name: "it", Listener: p}}})
			p.errs <- temporary{}
			p.dial(t)
			c.fail(p)
			if err := s.EvalModule(t.Context(), "/a.js", acceptFails); err != nil {
				t.Fatal(err)
			}
			if want := "10.1.2.3 80\n" + strings.Repeat(c.want+"\n", 2); out.String() != want {
				t.Errorf("%q, want %q", out, want)
			}
			<-p.closed
		})
	}
	// In the loop it ends the iteration.
	p := newPipes()
	s, _ := sandbox(t, SandboxConfig{Grants: []Grant{{Name: "it", Listener: p}}})
	time.AfterFunc(5*time.Millisecond, func() { p.Close() })
	err := s.EvalModule(t.Context(), "/a.js", `
		import { listen } from 'wqjs:net';
		import { granted } from 'wqjs:sockets';
		for await (const c of listen({ fd: granted[0].fd }));`)
	if e := jsError(t, err); e.Code != "EINVAL" || !strings.Contains(e.Message, "it was closed") {
		t.Error(err)
	}
}

type temporary struct{}

func (temporary) Error() string   { return "it passes" }
func (temporary) Temporary() bool { return true }

// TestGrantListenerEnds: a context, Reset and Close end what waits, and close the
// listener and what was not accepted.
func TestGrantListenerEnds(t *testing.T) {
	const waiting = "import s, { granted } from 'wqjs:sockets'; s.accept(granted[0].fd)"
	for name, end := range map[string]func(*Sandbox) error{
		"Reset": func(s *Sandbox) error { return s.Reset(context.Background()) },
		"Close": (*Sandbox).Close,
	} {
		t.Run(name, func(t *testing.T) {
			p := newPipes()
			s, _ := sandbox(t, SandboxConfig{Grants: []Grant{{Name: "it", Listener: p}}})
			ctx, cancel := context.WithTimeoutCause(t.Context(), 5*time.Millisecond, errHandlerTimeout)
			defer cancel()
			interrupted(t, s.EvalModule(ctx, "/a.js", waiting), errHandlerTimeout)
			c := p.dial(t)
			if err := end(s); err != nil {
				t.Fatal(err)
			}
			<-p.closed
			if _, err := c.Read(make([]byte, 1)); err != io.EOF {
				t.Error(err)
			}
		})
	}
}

// TestGrantListenerBudget: what all connections have together.
func TestGrantListenerBudget(t *testing.T) {
	listeners(t, func(t *testing.T, g Grant, dial func(testing.TB) net.Conn) {
		g.RecvBytes, g.SendBytes = 25, 1000
		s, out := sandbox(t, SandboxConfig{Grants: []Grant{g}})
		go func() {
			for range 3 {
				c := dial(t)
				io.WriteString(c, "0123456789")
				if h, ok := c.(interface{ CloseWrite() error }); ok {
					_ = h.CloseWrite()
				} else {
					c.Close()
				}
			}
		}()
		err := s.EvalModule(t.Context(), "/a.js", `
			import s, { granted } from 'wqjs:sockets';
			for (let i = 0; i < 3; i++) {
				const c = s.accept(granted[0].fd);
				let text = '';
				try {
					for (let part; part = s.recv(c.fd, 100, 0);) text += part;
					print(text);
				} catch (e) { print(text, e.code, e.message); }
				s.close(c.fd);
			}`)
		if err != nil {
			t.Fatal(err)
		}
		if got := out.String(); !strings.HasPrefix(got, "0123456789\n0123456789\n01234 EDQUOT ") || !strings.Contains(got, "budget of 25 bytes to receive is spent") {
			t.Errorf("%q", got)
		}
	})
}

func TestGrantListenerDeadline(t *testing.T) {
	listeners(t, func(t *testing.T, g Grant, dial func(testing.TB) net.Conn) {
		g.Deadline = time.Now().Add(100 * time.Millisecond)
		s, out := sandbox(t, SandboxConfig{Grants: []Grant{g}})
		go func() {
			c := dial(t)
			io.Copy(io.Discard, c)
		}()
		err := s.EvalModule(t.Context(), "/a.js", `
			import s, { granted } from 'wqjs:sockets';
			const c = s.accept(granted[0].fd);
			for (const f of [() => s.recv(c.fd, 1, 0), () => s.accept(granted[0].fd)]) try { f(); } catch (e) { print(e.code, e.message); }`)
		if err != nil {
			t.Fatal(err)
		}
		got := out.String()
		if strings.Count(got, "ETIMEDOUT") != 2 || !strings.Contains(got, `granted listener "it": its deadline has passed`) || time.Now().Before(g.Deadline) {
			t.Errorf("%q", got)
		}
	})
}

func TestGrantListenerRights(t *testing.T) {
	p := newPipes()
	s, out := sandbox(t, SandboxConfig{Grants: []Grant{{Listener: p, Rights: RightGetOpt}}})
	if err := s.EvalModule(t.Context(), "/a.js", `
		import s, { granted } from 'wqjs:sockets';
		const { fd } = granted[0];
		s.getsockopt(fd, s.SOL_SOCKET, s.SO_TYPE);
		for (const f of [() => s.accept(fd), () => s.listen(fd, 1), () => s.setsockopt(fd, s.SOL_SOCKET, s.SO_REUSEADDR, 1)])
			try { f(); } catch (e) { print(e.code); }`); err != nil || out.String() != "EACCES\nEACCES\nEACCES\n" {
		t.Error(err, out.String())
	}
	if _, err := s.Grant(t.Context(), Grant{Listener: newPipes(), SendBytes: -1}); err == nil {
		t.Error("a negative budget")
	}
	// One too many.
	few, _ := sandbox(t, SandboxConfig{Limits: Limits{FDs: 1}, Grants: []Grant{{Listener: newPipes()}}})
	over := newPipes()
	if _, err := few.Grant(t.Context(), Grant{Name: "it", Listener: over}); err == nil || !strings.Contains(err.Error(), "grant it: ") {
		t.Error(err)
	}
	<-over.closed
}

// TestGrantListenerServes behind Go's own client, with a listener of Go's server.
func TestGrantListenerServes(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s, _ := sandbox(t, SandboxConfig{Grants: []Grant{{Listener: l}}})
	background(t, s, `
		import { createServer } from 'wqjs:http';
		import { granted } from 'wqjs:sockets';
		createServer(async (req, res) => res.end(await req.bytes())).listen({ fd: granted[0].fd });`)
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	body := bytes.Repeat([]byte("0123456789"), 50_000)
	for range 3 {
		r, err := client.Post("http://"+l.Addr().String(), "", bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r.Body)
		r.Body.Close()
		if err != nil || !bytes.Equal(got, body) {
			t.Fatalf("%d bytes, %v", len(got), err)
		}
	}
}

// TestGrantRecorded: a grant in the course of a recorded run.
func TestGrantRecorded(t *testing.T) {
	r := record(t, SandboxConfig{}, func(ctx context.Context, s *Sandbox) error {
		if err := s.EvalModule(ctx, "/first.js", "import 'wqjs:sockets'"); err != nil {
			return err
		}
		p := newPipes()
		if _, err := s.Grant(ctx, Grant{Name: "it", Listener: p}); err != nil {
			return err
		}
		go func() { io.WriteString(p.dial(t), "hello") }()
		return s.EvalModule(ctx, "/a.js", "import s, { granted } from 'wqjs:sockets'; print(granted[0].name, s.recv(s.accept(granted[0].fd).fd, 10, 0))")
	})
	r.replay(t, ReplayConfig{})
	if r.out != "it hello\n" {
		t.Errorf("%q, %v", r.out, r.failure)
	}
}
