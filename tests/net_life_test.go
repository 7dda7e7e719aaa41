package tests

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"github.com/wqjs/wqjs/host"
)

// TestNetKeepsRunning tells what keeps a program alive: operations of wqjs:net
// that wait, not open sockets.
func TestNetKeepsRunning(t *testing.T) {
	const setup = `
		import { connect, listen, udp } from 'wqjs:net';
		import { lookup } from 'wqjs:dns';
		const server = listen({ host: '127.0.0.1' });
		const { port } = server.addr;
		const client = await connect({ host: '127.0.0.1', port });
		const conn = await server.accept();
		await client.write('x');
		await conn.read();
		const socket = udp({ host: '127.0.0.1' });
	`
	engine := sharedEngine(t)
	for _, tc := range []struct {
		name, code string
		runs       bool // goes on until it is stopped
	}{
		{"open sockets", ``, false},
		{"a read", `conn.read();`, true},
		{"an unref'd read", `conn.unref(); conn.read();`, false},
		{"a read that is unref'd later", `conn.read(); conn.unref();`, false},
		{"a read that is ref'd again", `conn.unref(); conn.read(); conn.ref();`, true},
		{"a read that is done", `conn.read(); await client.write('y');`, false},
		{"a read that was cancelled", `conn.read().catch(() => {}); conn.close();`, false},
		{"a write without room", `conn.write(new Uint8Array(64 << 20));`, true},
		{"an unref'd write", `conn.unref().write(new Uint8Array(64 << 20));`, false},
		{"an accept", `server.accept();`, true},
		{"an unref'd accept", `server.unref(); server.accept();`, false},
		{"an accept that was cancelled", `server.accept().catch(() => {}); server.close();`, false},
		{"a recv", `socket.recv();`, true},
		{"an unref'd recv", `socket.unref().recv();`, false},
		{"an idle timeout of nothing", `conn.setTimeout(60_000);`, false},
		{"an idle timeout that is over", `conn.setTimeout(5).read().catch(() => {});`, false},
		{"a connection made in time", `await connect({ host: '127.0.0.1', port, timeout: 60_000 });`, false},
		{"a lookup", `lookup('localhost');`, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			var stderr bytes.Buffer
			sb, err := engine.NewSandbox(ctx, host.SandboxConfig{
				Policy: host.Policy{
					Listen: []string{"127.0.0.1"}, Connect: []string{"127.0.0.1"}, UDP: []string{"127.0.0.1"},
					Resolve: []string{"localhost"},
				},
				Stderr: &stderr,
			})
			if err != nil {
				t.Fatal(err)
			}
			defer sb.Close()
			if err := sb.EvalModule(ctx, "/life.js", setup+tc.code); err != nil {
				t.Fatal(err, stderr.String())
			}
			limit := ctx
			if tc.runs {
				var stop context.CancelFunc
				limit, stop = context.WithTimeout(ctx, 100*time.Millisecond)
				defer stop()
			}
			err = sb.Run(limit)
			if ran := errors.Is(err, context.DeadlineExceeded); ran != tc.runs || err != nil && !ran {
				t.Errorf("it runs on: %v, want %v (error %v)", ran, tc.runs, err)
			}
		})
	}
}
