//go:build unix

package host

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

func virtualNet(t testing.TB, c VirtualNetConfig) *VirtualNet {
	t.Helper()
	v, err := NewVirtualNet(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(v.Close)
	return v
}

// background runs a module that serves until the test ends.
func background(t testing.TB, s *Sandbox, source string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	if err := s.EvalModule(ctx, "/server.js", source); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
			t.Error("the server:", err)
		}
	})
}

const echoServer = `
	import { listen } from 'wqjs:net';
	const server = listen({ host: '10.0.0.7', port: 7 });
	(async () => {
		for await (const conn of server) (async () => {
			for await (const bytes of conn) await conn.write(bytes);
			conn.close();
		})().catch(() => {});
	})();`

// TestVirtualNet: a server and a client in two sandboxes, and Go beside them.
func TestVirtualNet(t *testing.T) {
	v := virtualNet(t, VirtualNetConfig{
		Hosts: map[string][]string{"echo.test": {"10.0.0.7"}},
		Link:  func(_, _, _ string) VirtualLink { return VirtualLink{Latency: time.Millisecond, MaxIO: 1000} },
	})
	server, _ := sandbox(t, SandboxConfig{Net: v, Policy: Policy{Listen: []string{"10.0.0.7:7"}}})
	background(t, server, echoServer)

	client, out := sandbox(t, SandboxConfig{Net: v, Policy: Policy{Connect: []string{"10.0.0.0/8:7"}, Resolve: []string{"*.test"}}})
	err := client.EvalModule(t.Context(), "/client.js", `
		import { connect } from 'wqjs:net';
		const conn = await connect({ host: 'echo.test', port: 7 });
		conn.write('x'.repeat(5000));
		conn.closeWrite?.();
		let n = 0;
		while (n < 5000) n += (await conn.read()).length;
		print(n, conn.remoteAddr?.address ?? '10.0.0.7');
		conn.close();
		for (const host of ['10.0.0.8', '192.168.0.1', 'nobody.test', 'other.example']) {
			try { await connect({ host, port: 7 }); } catch (e) { print(host, e.code); }
		}`)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := out.String(), "5000 10.0.0.7\n10.0.0.8 ECONNREFUSED\n192.168.0.1 EACCES\nnobody.test ENOTFOUND\nother.example EACCES\n"; got != want {
		t.Errorf("printed %q, want %q", got, want)
	}

	c, err := v.Dial(t.Context(), "tcp", "echo.test:7")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprintln(c, "hello from Go")
	if line, err := bufio.NewReader(c).ReadString('\n'); line != "hello from Go\n" || err != nil {
		t.Errorf("%q, %v", line, err)
	}
	if st := v.Stats(); st.Connections < 1 || st.Sockets < 3 {
		t.Errorf("%+v", st)
	}
	if v.Reset("10.0.0.7:7") < 1 {
		t.Error("nothing to reset")
	}
	if _, err := io.ReadAll(c); err == nil {
		t.Error("no error after a reset")
	}
}

// TestVirtualNetServers: Go serves, the guest is the client; the kernel's network
// is not there.
func TestVirtualNetServers(t *testing.T) {
	v := virtualNet(t, VirtualNetConfig{Hosts: map[string][]string{"api.test": {"93.184.216.34"}}})
	l, err := v.Listen("tcp", "93.184.216.34:80")
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, r.Host, " ", strings.Split(r.RemoteAddr, ":")[0])
	})}
	go srv.Serve(l)
	defer srv.Close()
	kernel, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer kernel.Close()
	packets, err := v.ListenPacket("udp", "10.0.0.1:53")
	if err != nil {
		t.Fatal(err)
	}
	defer packets.Close()
	go func() {
		buf := make([]byte, 100)
		for {
			n, from, err := packets.ReadFrom(buf)
			if err != nil {
				return
			}
			packets.WriteTo(append([]byte("got "), buf[:n]...), from)
		}
	}()
	s, out := sandbox(t, SandboxConfig{Net: v, Policy: Policy{Connect: []string{"api.test:80", "127.0.0.0/8"}, UDP: []string{"10.0.0.1"}}})
	err = s.EvalModule(t.Context(), "/client.js", fmt.Sprintf(`
		import { connect, udp } from 'wqjs:net';
		const conn = await connect({ host: 'api.test', port: 80 });
		await conn.write('GET / HTTP/1.0\r\nHost: api.test\r\n\r\n');
		let text = '';
		for await (const bytes of conn) text += new TextDecoder().decode(bytes);
		conn.close();
		print(text.split('\r\n\r\n')[1]);
		try { await connect({ host: '127.0.0.1', port: %d }); } catch (e) { print(e.code); }
		const socket = udp({ host: '10.0.0.1', port: 0 });
		await socket.send('ping', { address: '10.0.0.1', port: 53 });
		const { data } = await socket.recv();
		print(new TextDecoder().decode(data));
		socket.close();
	`, kernel.Addr().(*net.TCPAddr).Port))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := out.String(), "api.test 93.184.216.34\nECONNREFUSED\ngot ping\n"; got != want {
		t.Errorf("printed %q, want %q", got, want)
	}
}

// TestVirtualNetReset: a sandbox that is reset leaves its net.
func TestVirtualNetReset(t *testing.T) {
	v := virtualNet(t, VirtualNetConfig{MaxSockets: 100})
	s, _ := sandbox(t, SandboxConfig{Net: v, Policy: Policy{Listen: []string{"10.0.0.7:7"}}})
	for range 3 {
		if err := s.EvalModule(t.Context(), "/server.js", echoServer); err != nil {
			t.Fatal(err)
		}
		if v.Stats().Sockets != 1 {
			t.Errorf("%+v", v.Stats())
		}
		if err := s.Reset(t.Context()); err != nil {
			t.Fatal(err)
		}
		if v.Stats().Sockets != 0 {
			t.Errorf("after Reset: %+v", v.Stats())
		}
	}
}

func TestVirtualNetLimit(t *testing.T) {
	v := virtualNet(t, VirtualNetConfig{MaxSockets: 5})
	s, out := sandbox(t, SandboxConfig{Net: v})
	if err := s.EvalModule(t.Context(), "/flood.js", `
		import { socket, AF_INET, SOCK_STREAM } from 'wqjs:sockets';
		let n = 0;
		try { for (;;) { socket(AF_INET, SOCK_STREAM, 0); n++; } } catch (e) { print(n, e.code, e.message); }
	`); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); !strings.HasPrefix(got, "5 ENFILE ") || !strings.Contains(got, "the virtual network has all of its 5 sockets") {
		t.Error(got)
	}
	if _, err := NewVirtualNet(VirtualNetConfig{MaxQueued: -1}); err == nil || err.Error() != "VirtualNetConfig.MaxQueued is -1, must not be negative" {
		t.Error(err)
	}
	v.Close()
	want(t, s, out, "print(6 * 7)", "42\n") // it lives without a network
}
