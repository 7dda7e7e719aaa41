package tests

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/wqjs/wqjs/host"
	"github.com/wqjs/wqjs/tests/certs"
)

// tlsEcho runs an echo server with TLS, whose options are JavaScript, and
// returns its address.
func tlsEcho(t *testing.T, set certs.Set, options string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	f, err := l.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	sb, err := sharedEngine(t).NewSandbox(t.Context(), host.SandboxConfig{Grants: []host.Grant{{File: f}}})
	if err != nil {
		t.Fatal(err)
	}
	script := fmt.Sprintf(`
		import { listen, pipe } from 'wqjs:net';
		import { granted } from 'wqjs:sockets';
		const server = %q, key = %q, ca = %q;
		for await (const conn of listen({ fd: granted[0].fd, tls: { cert: server, key, %s } })) {
			pipe(conn, conn).catch(() => conn.close());
		}`, set["server"].Cert, set["server"].Key, set["ca"].Cert, options)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- sb.EvalModule(ctx, "/echo.js", script) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; ctx.Err() == nil || err == nil {
			t.Errorf("the server ended: %v", err)
		}
		sb.Close()
	})
	return l.Addr().String()
}

// TestTLSLargeTransfer sends 64 MiB both ways at once, through Go's client.
func TestTLSLargeTransfer(t *testing.T) {
	set := certs.New(t)
	addr := tlsEcho(t, set, "")
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		conn, err := tls.Dial("tcp", addr, &tls.Config{RootCAs: set.Pool(), MaxVersion: version})
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		const size = 32 << 20 // of each version: 64 MiB in all, and the same back
		block := make([]byte, 1<<20)
		for i := range block {
			block[i] = byte(i*31 + i>>8)
		}
		sent := sha256.New()
		go func() {
			for n := 0; n < size; n += len(block) {
				sent.Write(block)
				if _, err := conn.Write(block); err != nil {
					break
				}
			}
			conn.CloseWrite()
		}()
		got := sha256.New()
		n, err := io.Copy(got, conn)
		if err != nil || n != size || !bytes.Equal(got.Sum(nil), sent.Sum(nil)) {
			t.Errorf("version %x: %d bytes came back, %v", version, n, err)
		}
	}
}

// TestTLSServerRefusesClients that have the wrong certificate, by alerts; others
// are not disturbed.
func TestTLSServerRefusesClients(t *testing.T) {
	set := certs.New(t)
	addr := tlsEcho(t, set, "ca, requestCert: true")
	for name, ok := range map[string]bool{"client": true, "stray": false, "expired": false} {
		pair, err := tls.X509KeyPair(set[name].Cert, set[name].Key)
		if err != nil {
			t.Fatal(err)
		}
		conn, err := tls.Dial("tcp", addr, &tls.Config{
			RootCAs: set.Pool(),
			// Whatever the server asks for.
			GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &pair, nil },
		})
		if err != nil {
			t.Fatal(err)
		}
		conn.SetDeadline(time.Now().Add(20 * time.Second))
		conn.Write([]byte("hello"))
		b := make([]byte, 5)
		if _, err = io.ReadFull(conn, b); (err == nil) != ok {
			t.Errorf("%s: %q, %v", name, b, err)
		}
		conn.Close()
	}
}

// TestTLSClients of other makes.
func TestTLSClients(t *testing.T) {
	set := certs.New(t)
	dir := t.TempDir()
	set.Write(t, dir)
	host, port, _ := net.SplitHostPort(tlsEcho(t, set, ""))
	ca := filepath.Join(dir, "ca.pem")
	for _, tc := range []struct {
		name, stdin string
		args        []string
	}{
		{"openssl", "hello\n", []string{"s_client", "-connect", host + ":" + port, "-CAfile", ca, "-verify_return_error", "-quiet"}},
		{"node", "", []string{"-e", `
			const fs = require('fs');
			const c = require('tls').connect({ host: process.argv[1], port: process.argv[2], ca: fs.readFileSync(process.argv[3]), servername: 'localhost' });
			c.end('hello\n'); c.pipe(process.stdout);`, host, port, ca}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if _, err := exec.LookPath(tc.name); err != nil && os.Getenv("CI") == "" {
				t.Skip("not installed")
			}
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			cmd := exec.CommandContext(ctx, tc.name, tc.args...)
			stdin, _ := cmd.StdinPipe()
			stdout, _ := cmd.StdoutPipe()
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			io.WriteString(stdin, tc.stdin)
			b := make([]byte, 6)
			if _, err := io.ReadFull(stdout, b); err != nil || string(b) != "hello\n" {
				t.Errorf("%q, %v", b, err)
			}
			stdin.Close()
			cancel()
			cmd.Wait()
		})
	}
}
