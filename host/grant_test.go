//go:build unix

package host

import (
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"
)

// loopback is a TCP connection.
func loopback(t *testing.T) (a, b *net.TCPConn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	s, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(); s.Close() })
	return c.(*net.TCPConn), s.(*net.TCPConn)
}

// grants are the two ways to grant a connection.
func grants(t *testing.T, f func(t *testing.T, g Grant, peer net.Conn)) {
	t.Run("File", func(t *testing.T) {
		a, b := loopback(t)
		file, err := a.File()
		if err != nil {
			t.Fatal(err)
		}
		a.Close()
		defer file.Close()
		f(t, Grant{Name: "it", File: file}, b)
	})
	t.Run("Conn", func(t *testing.T) {
		a, b := net.Pipe()
		defer b.Close()
		f(t, Grant{Name: "it", Conn: a}, b)
	})
}

// received prints what comes by the granted connection, and how it ends.
const received = `
	import { granted, recv } from 'wqjs:sockets';
	let text = '';
	try {
		for (;;) {
			const part = recv(granted[0].fd, 100, 0);
			if (part.length === 0) break;
			text += part;
		}
		print(granted[0].name, text);
	} catch (e) { print(text, e.code, e.message); }`

func TestGrantConn(t *testing.T) {
	grants(t, func(t *testing.T, g Grant, peer net.Conn) {
		s, out := sandbox(t, SandboxConfig{Grants: []Grant{g}})
		go func() { io.WriteString(peer, "hello"); peer.Close() }()
		if err := s.EvalModule(t.Context(), "/a.js", received); err != nil {
			t.Fatal(err)
		}
		if out.String() != "it hello\n" {
			t.Errorf("%q", out)
		}
	})
}

func TestGrantRecvBytes(t *testing.T) {
	grants(t, func(t *testing.T, g Grant, peer net.Conn) {
		g.RecvBytes = 8
		s, out := sandbox(t, SandboxConfig{Grants: []Grant{g}})
		go io.WriteString(peer, "0123456789")
		if err := s.EvalModule(t.Context(), "/a.js", received); err != nil {
			t.Fatal(err)
		}
		if got := out.String(); !strings.HasPrefix(got, "01234567 EDQUOT ") || !strings.Contains(got, `granted connection "it": its budget of 8 bytes to receive is spent`) {
			t.Errorf("%q", got)
		}
	})
	// An end after just so many bytes is an end.
	grants(t, func(t *testing.T, g Grant, peer net.Conn) {
		g.RecvBytes = 10
		s, out := sandbox(t, SandboxConfig{Grants: []Grant{g}})
		go func() { io.WriteString(peer, "0123456789"); peer.Close() }()
		if err := s.EvalModule(t.Context(), "/a.js", received); err != nil {
			t.Fatal(err)
		}
		if out.String() != "it 0123456789\n" {
			t.Errorf("%q", out)
		}
	})
}

func TestGrantSendBytes(t *testing.T) {
	grants(t, func(t *testing.T, g Grant, peer net.Conn) {
		g.SendBytes = 8
		s, out := sandbox(t, SandboxConfig{Grants: []Grant{g}})
		g.File.Close() // the peer sees the end of the last duplicate
		all := make(chan string, 1)
		go func() {
			text, _ := io.ReadAll(peer)
			all <- string(text)
		}()
		if err := s.EvalModule(t.Context(), "/a.js", `
			import { granted, recv, send } from 'wqjs:sockets';
			send(granted[0].fd, '0123456789', 0);
			try { recv(granted[0].fd, 1, 0); } catch (e) { print(e.code, e.message); }
			try { send(granted[0].fd, 'more', 0); } catch (e) { print(e.code); }
		`); err != nil {
			t.Fatal(err)
		}
		if got := out.String(); !strings.Contains(got, `granted connection "it": its budget of 8 bytes to send is spent`) || !strings.HasSuffix(got, "\nEDQUOT\n") {
			t.Errorf("%q", got)
		}
		if text := <-all; text != "01234567" {
			t.Errorf("the peer got %q", text)
		}
	})
}

// TestGrantDeadline ends a wait in the host, and in the loop.
func TestGrantDeadline(t *testing.T) {
	for name, source := range map[string]string{
		"blocking": received,
		"loop": `
			import { connect } from 'wqjs:net';
			import { granted } from 'wqjs:sockets';
			const conn = await connect({ fd: granted[0].fd });
			try { await conn.read(); } catch (e) { print('', e.code, e.message); }
			conn.close();`,
	} {
		t.Run(name, func(t *testing.T) {
			grants(t, func(t *testing.T, g Grant, peer net.Conn) {
				g.Deadline = time.Now().Add(50 * time.Millisecond)
				s, out := sandbox(t, SandboxConfig{Grants: []Grant{g}})
				g.File.Close()
				if err := s.EvalModule(t.Context(), "/a.js", source); err != nil {
					t.Fatal(err)
				}
				if got := out.String(); !strings.HasPrefix(got, " ETIMEDOUT ") || !strings.Contains(got, `granted connection "it": its deadline has passed`) {
					t.Errorf("%q", got)
				}
				if time.Now().Before(g.Deadline) {
					t.Error("it ended too early")
				}
				if _, err := io.ReadAll(peer); err != nil && !errors.Is(err, io.ErrClosedPipe) {
					t.Error("the peer:", err)
				}
			})
		})
	}
}

func TestGrantRights(t *testing.T) {
	grants(t, func(t *testing.T, g Grant, peer net.Conn) {
		g.Rights = RightRecv
		s, out := sandbox(t, SandboxConfig{Grants: []Grant{g}})
		go io.WriteString(peer, "x")
		if err := s.EvalModule(t.Context(), "/a.js", `
			import { granted, recv, send, shutdown, SHUT_WR } from 'wqjs:sockets';
			const { fd } = granted[0];
			print(recv(fd, 1, 0));
			for (const f of [() => send(fd, 'x', 0), () => shutdown(fd, SHUT_WR)]) {
				try { f(); } catch (e) { print(e.code, e.message); }
			}
		`); err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{"x\n", "EACCES", "without the right to send", "without the right to shutdown"} {
			if !strings.Contains(out.String(), text) {
				t.Errorf("no %q in %q", text, out)
			}
		}
	})
}

// TestGrantReset: neither a budget nor a Conn comes back; what Grant gives is new.
func TestGrantReset(t *testing.T) {
	grants(t, func(t *testing.T, g Grant, peer net.Conn) {
		if g.File != nil {
			g.RecvBytes = 5
		}
		s, out := sandbox(t, SandboxConfig{Grants: []Grant{g}})
		if err := s.Reset(t.Context()); err != nil {
			t.Fatal(err)
		}
		const list = "import { granted } from 'wqjs:sockets'; print(granted.length)"
		if err := s.EvalModule(t.Context(), "/a.js", list); err != nil || out.String() != "0\n" {
			t.Fatal(err, out.String())
		}
		a, b := net.Pipe()
		go func() { io.WriteString(b, "hello"); b.Close() }()
		if _, err := s.Grant(t.Context(), Grant{Name: "new", Conn: a}); err != nil {
			t.Fatal(err)
		}
		if err := s.EvalModule(t.Context(), "/b.js", received); err != nil || out.String() != "0\nnew hello\n" {
			t.Error(err, out.String())
		}
		if _, err := image(t, ImageConfig{}).NewPool(t.Context(), PoolConfig{Size: 1, Sandbox: SandboxConfig{Grants: []Grant{g}}}); err == nil || !strings.Contains(err.Error(), `"it" is for one life of a sandbox`) {
			t.Error(err)
		}
	})
}

// TestGrantPool: a pooled sandbox gets a connection for one use.
func TestGrantPool(t *testing.T) {
	out := &buffer{}
	img := image(t, ImageConfig{Modules: []string{"wqjs:sockets"}}) // loaded without grants
	p, err := img.NewPool(t.Context(), PoolConfig{Size: 1, Sandbox: SandboxConfig{Stdout: out}})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for range 3 {
		a, b := net.Pipe()
		go func() { io.WriteString(b, "hello"); b.Close() }()
		err := p.Do(t.Context(), func(s *Sandbox) error {
			fd, err := s.Grant(t.Context(), Grant{Name: "it", Conn: a})
			if err != nil {
				return err
			}
			set(t, s, "expected", fd)
			return s.EvalModule(t.Context(), "/a.js", received+"; if (expected !== granted[0].fd || granted.length !== 1) print('other fd')")
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if out.String() != strings.Repeat("it hello\n", 3) {
		t.Errorf("%q", out)
	}
}

// TestGrantImage: grants of the configuration, in an image that has loaded the
// module before, by both of its exports, and after a script froze one.
func TestGrantImage(t *testing.T) {
	img := image(t, ImageConfig{Modules: []string{"wqjs:sockets"}})
	out := &buffer{}
	a, b := net.Pipe()
	defer b.Close()
	s, err := img.NewSandbox(t.Context(), SandboxConfig{Stdout: out, Grants: []Grant{{Name: "it", Conn: a}}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	const list = `
		import sockets, { granted } from 'wqjs:sockets';
		print(granted.map((g) => g.name), sockets.granted.map((g) => g.name));`
	if err := s.EvalModule(t.Context(), "/a.js", list+`
		Object.freeze(sockets);
		Object.defineProperty(Array.prototype, '0', { set() { print('called') }, configurable: true });
		Object.defineProperty(Object.prototype, 'name', { set() { print('called') }, configurable: true });
		sockets.close(granted[0].fd);`); err != nil {
		t.Fatal(err)
	}
	c, d := net.Pipe()
	defer d.Close()
	if _, err := s.Grant(t.Context(), Grant{Name: "second", Conn: c}); err != nil {
		t.Fatal(err)
	}
	if err := s.EvalModule(t.Context(), "/b.js", list); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); got != "it it\nsecond it\n" {
		t.Errorf("%q", got)
	}
}

func TestGrantErrors(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	listener, err := l.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	u, err := net.Dial("udp", "127.0.0.1:9")
	if err != nil {
		t.Fatal(err)
	}
	defer u.Close()
	datagrams, err := u.(*net.UDPConn).File()
	if err != nil {
		t.Fatal(err)
	}
	defer datagrams.Close()
	a, b := net.Pipe()
	defer a.Close()
	defer b.Close()
	for text, g := range map[string]Grant{
		`"it" has 0 of`: {Name: "it"},
		`"it" has 2 of`: {Name: "it", File: listener, Conn: a},
		`"it" has 3 of`: {Name: "it", File: listener, Conn: a, Listener: l},
		"negative":      {Name: "it", File: listener, SendBytes: -1},
		"grant udp:":    {Name: "udp", File: datagrams, Deadline: time.Now().Add(time.Hour)},
	} {
		s, err := engine.NewSandbox(t.Context(), SandboxConfig{Grants: []Grant{g}})
		if err == nil {
			s.Close()
		}
		if err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%+v: %v, want %q", g, err, text)
		}
		var pe *os.PathError
		if errors.As(err, &pe) && !strings.Contains(err.Error(), "only a stream socket that is connected or listens") {
			t.Error(err)
		}
	}
}
