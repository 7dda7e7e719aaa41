package tests

import (
	"bytes"
	"context"
	"encoding/binary"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/wqjs/wqjs/host"
)

// fakeDNS is a resolver that answers every name with these addresses (RFC
// 1035, 4), or never if there are none.
func fakeDNS(t *testing.T, addrs ...string) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		buf := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			if len(addrs) > 0 {
				conn.WriteTo(dnsReply(buf[:n], addrs), from)
			}
		}
	})
	t.Cleanup(func() { conn.Close(); wg.Wait() })
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		c, err := new(net.Dialer).DialContext(ctx, "udp4", conn.LocalAddr().String())
		if err == nil { // or a cancelled query would wait for its timeout of 5 s
			context.AfterFunc(ctx, func() { c.Close() })
		}
		return c, err
	}}
}

func dnsReply(query []byte, addrs []string) []byte {
	const typeA, typeAAAA = 1, 28
	end := 12 + bytes.IndexByte(query[12:], 0) + 5
	typ := binary.BigEndian.Uint16(query[end-4:])
	out := append([]byte{}, query[:2]...)
	out = append(out, 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0)
	out = append(out, query[12:end]...)
	count := uint16(0)
	for _, text := range addrs {
		addr := netip.MustParseAddr(text)
		if addr.Is4() && typ == typeA || addr.Is6() && typ == typeAAAA {
			data := addr.AsSlice()
			out = append(out, 0xc0, 12, 0, byte(typ), 0, 1, 0, 0, 0, 0, 0, byte(len(data)))
			out = append(out, data...)
			count++
		}
	}
	binary.BigEndian.PutUint16(out[6:], count)
	return out
}

// eyeballs is the start of each script below.
const eyeballs = `
	import { connect, listen } from 'wqjs:net';
	import * as s from 'wqjs:sockets';
	import { lookup } from 'wqjs:dns';
	function equal(actual, expected) {
		if (JSON.stringify(actual) !== JSON.stringify(expected)) {
			throw new Error('got ' + JSON.stringify(actual) + ', want ' + JSON.stringify(expected));
		}
	}
	// A listener of ::1 that has no room, so that connecting waits.
	function fullListener(port) {
		const fds = [s.socket(s.AF_INET6)];
		s.bind(fds[0], '::1', port);
		s.listen(fds[0], 0);
		for (let i = 0; i < 10; i++) {
			const fd = s.socket(s.AF_INET6, s.SOCK_STREAM | s.SOCK_NONBLOCK);
			fds.push(fd);
			try { s.connect(fd, '::1', port); } catch {}
			if (s.poll([{ fd, events: s.POLLOUT }], 100).length === 0) break;
		}
		return { close() { for (const fd of fds) s.close(fd); } };
	}
`

// TestNetHappyEyeballs connects to names with addresses of both families (RFC
// 8305).
func TestNetHappyEyeballs(t *testing.T) {
	engine := sharedEngine(t)
	for _, tc := range []struct {
		name, code string
		addrs      []string
	}{
		{"the first family refuses", `
			const server = listen({ host: '127.0.0.1' });
			const conn = await connect({ host: 'both.test', port: server.addr.port });
			equal(conn.remoteAddr.address, '127.0.0.1');
			conn.close();
			server.close();
		`, []string{"127.0.0.1", "::1"}},
		{"IPv6 is preferred", `
			const four = listen({ host: '127.0.0.1' });
			const six = listen({ host: '::1', port: four.addr.port });
			const conn = await connect({ host: 'both.test', port: four.addr.port });
			equal(conn.remoteAddr.address, '::1');
			conn.close();
			// Unless one family is asked for.
			const other = await connect({ host: 'both.test', port: four.addr.port, family: 4 });
			equal(other.remoteAddr.address, '127.0.0.1');
			const bound = await connect({ host: 'both.test', port: four.addr.port, localAddress: '127.0.0.9' });
			equal([bound.localAddr.address, bound.remoteAddr.address], ['127.0.0.9', '127.0.0.1']);
			for (const each of [other, bound, four, six]) each.close();
		`, []string{"127.0.0.1", "::1"}},
		{"the first family does not answer", `
			const server = listen({ host: '127.0.0.1' });
			const full = fullListener(server.addr.port);
			const start = performance.now();
			const conn = await connect({ host: 'both.test', port: server.addr.port });
			const took = performance.now() - start;
			equal(conn.remoteAddr.address, '127.0.0.1');
			if (took < 240 || took > 5000) throw new Error('it took ' + took + ' ms');
			conn.close();
			server.close();
			full.close();
		`, []string{"127.0.0.1", "::1"}},
		{"all refuse", `
			const server = listen({ host: '127.0.0.1' });
			const { port } = server.addr;
			server.close();
			try {
				await connect({ host: 'both.test', port });
				throw new Error('it is connected');
			} catch (error) {
				equal(error.code, 'ECONNREFUSED');
				equal([error.address, error.port, error.syscall], ['both.test', port, 'connect']);
				equal(error.errors.map((e) => e.code), new Array(5).fill('ECONNREFUSED'));
				// The families take turns.
				const six = error.errors.map((e) => e.address.includes(':'));
				equal(six, [true, false, false, false, false]);
				if (!error.message.includes('all 5 addresses')) throw error;
				if (!error.stack.includes('/eyeballs.js')) throw error;
			}
		`, []string{"127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4", "::1"}},
		{"denied addresses are passed over", `
			const server = listen({ host: '127.0.0.1' });
			const conn = await connect({ host: 'mixed.test', port: server.addr.port });
			equal(conn.remoteAddr.address, '127.0.0.1');
			conn.close();
			try {
				await connect({ host: 'mixed.test', port: server.addr.port, family: 6 });
			} catch (error) {
				equal(error.code, 'EACCES');
			}
			server.close();
		`, []string{"127.0.0.1", "2001:db8::7"}},
		{"abort and timeout while all wait", `
			const server = listen({ host: '127.0.0.1' });
			const full = fullListener(server.addr.port);
			server.close();
			for (const [options, name] of [
				[{ signal: AbortSignal.timeout(50) }, 'TimeoutError'],
				[{ timeout: 50 }, 'InternalError'],
			]) {
				try {
					await connect({ host: 'six.test', port: server.addr.port, ...options });
					throw new Error('it is connected');
				} catch (error) {
					equal(error.name, name);
				}
			}
			full.close();
		`, []string{"::1"}},
		{"abort and timeout while nobody resolves", `
			for (const [start, name] of [
				[() => connect({ host: 'silent.test', port: 80, signal: AbortSignal.timeout(30) }), 'TimeoutError'],
				[() => connect({ host: 'silent.test', port: 80, timeout: 30 }), 'InternalError'],
				[() => lookup('silent.test', { signal: AbortSignal.timeout(30) }), 'TimeoutError'],
			]) {
				try {
					await start();
					throw new Error('it is resolved');
				} catch (error) {
					equal(error.name, name);
				}
			}
		`, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			sb, err := engine.NewSandbox(ctx, host.SandboxConfig{
				Policy: host.Policy{
					Listen: []string{"127.0.0.0/8", "[::1]"}, Connect: []string{"127.0.0.0/8", "[::1]"},
					Resolve: []string{"*.test"},
				},
				Resolver: fakeDNS(t, tc.addrs...),
			})
			if err != nil {
				t.Fatal(err)
			}
			defer sb.Close()
			start := time.Now()
			if err := sb.EvalModule(ctx, "/eyeballs.js", eyeballs+tc.code); err != nil {
				t.Fatal(err)
			}
			if err := sb.Run(ctx); err != nil {
				t.Fatal(err)
			}
			if fds := sb.Stats().FDs; fds != 0 {
				t.Errorf("%d fds are still open", fds)
			}
			// What was given up does not keep the program running.
			if d := time.Since(start); d > 4*time.Second {
				t.Errorf("it took %v", d)
			}
		})
	}
}
