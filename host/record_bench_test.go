package host

import (
	"io"
	"net"
	"net/http"
	"testing"
)

// BenchmarkRecord is what recording costs: a host call that does next to nothing,
// and a request to an HTTP server, without and with a Recorder.
func BenchmarkRecord(b *testing.B) {
	for _, c := range []struct {
		name     string
		recorder func() *Recorder
	}{
		{"off", func() *Recorder { return nil }},
		{"on", func() *Recorder { return NewRecorder(io.Discard, 1<<40) }},
	} {
		b.Run("call/"+c.name, func(b *testing.B) {
			s, _ := sandbox(b, SandboxConfig{Record: c.recorder()})
			const script = `import s from 'wqjs:sockets';
const [fd] = s.socketpair(s.AF_UNIX, s.SOCK_STREAM, 0);
globalThis.call = n => { for (let i = 0; i < n; i++) s.fcntl(fd, s.F_GETFL, 0); };`
			if err := s.EvalModule(b.Context(), "/call.js", script); err != nil {
				b.Fatal(err)
			}
			evalN(b, s, "call(%d)")
		})
		b.Run("http/"+c.name, func(b *testing.B) { benchmarkServer(b, c.recorder()) })
	}
}

// benchmarkServer is a request of one client after the other.
func benchmarkServer(b *testing.B, r *Recorder) {
	l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	file, err := l.File()
	if err != nil {
		b.Fatal(err)
	}
	defer file.Close()
	s, _ := sandbox(b, SandboxConfig{Record: r, Grants: []Grant{{File: file}}})
	const script = `import { createServer } from 'wqjs:http';
import sockets from 'wqjs:sockets';
createServer((req, res) => {
	res.setHeader('Content-Type', 'application/json');
	res.end(JSON.stringify({ hello: 'world' }));
}).listen({ fd: sockets.granted[0].fd });`
	if err := s.EvalModule(b.Context(), "/server.js", script); err != nil {
		b.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.Run(b.Context()) }()
	client := &http.Client{Transport: &http.Transport{}}
	for b.Loop() {
		res, err := client.Get("http://" + l.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, res.Body); err != nil || res.StatusCode != 200 {
			b.Fatal(res.Status, err)
		}
		res.Body.Close()
	}
	client.CloseIdleConnections()
	s.Interrupt(nil)
	<-done
}
