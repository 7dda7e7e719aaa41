package host

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// recorded is a run that was recorded.
type recorded struct {
	tape     bytes.Buffer
	out, err string
	failure  error
}

// record runs f in a sandbox that is recorded, to its end.
func record(t testing.TB, c SandboxConfig, f func(ctx context.Context, s *Sandbox) error) *recorded {
	t.Helper()
	r := &recorded{}
	rec := NewRecorder(&r.tape, 0)
	out, errs := &buffer{}, &buffer{}
	c.Record, c.Stdout, c.Stderr = rec, out, errs
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	s, err := engine.NewSandbox(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	r.failure = f(ctx, s)
	if err := errors.Join(s.Close(), rec.Err()); err != nil {
		t.Fatal(err)
	}
	if int64(r.tape.Len()) != rec.Size() {
		t.Errorf("%d bytes, Size says %d", r.tape.Len(), rec.Size())
	}
	r.out, r.err = out.String(), errs.String()
	return r
}

// replay repeats r with c's source and checks that all is as it was.
func (r *recorded) replay(t testing.TB, c ReplayConfig) Replayed {
	t.Helper()
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	got, err := engine.Replay(ctx, bytes.NewReader(r.tape.Bytes()), c)
	if err != nil {
		t.Fatalf("replay: %v", err)
	}
	if out.String() != r.out || errs.String() != r.err {
		t.Errorf("replayed output %q, %q; want %q, %q", &out, &errs, r.out, r.err)
	}
	if fmt.Sprint(got.Err) != fmt.Sprint(r.failure) {
		t.Errorf("the run ended with %v, replayed with %v", r.failure, got.Err)
	}
	return got
}

// module runs a module and then the loop.
func module(source string) func(context.Context, *Sandbox) error {
	return func(ctx context.Context, s *Sandbox) error {
		if err := s.EvalModule(ctx, "/app/main.js", source); err != nil {
			return err
		}
		return s.Run(ctx)
	}
}

func TestReplay(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"a.txt": "file text\n", "mod.js": "export const n = Math.random();"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		config SandboxConfig
		source string
		want   string // in the output, or the error
	}{
		"values": {source: `
			const bytes = new Uint8Array(8);
			console.log(Math.random(), Date.now(), performance.now(), performance.timeOrigin, [...bytes]);
			const m = new Map(Array.from({ length: 50 }, (_, i) => [{}, Math.random()]));
			console.error(JSON.stringify([...m.values()]), new Date().toISOString());`},
		"timers": {source: `
			const order = [];
			const every = setInterval(() => { order.push(Date.now()); if (order.length > 3) clearInterval(every); }, 2);
			await new Promise(done => setTimeout(done, 20, 'a'));
			console.log(order);`},
		"files": {
			config: SandboxConfig{Dir: dir, Policy: Policy{ReadDirs: []string{dir}, WriteDirs: []string{dir}}},
			source: `
			import * as std from 'std';
			import * as os from 'os';
			console.log(std.loadFile('a.txt'), os.readdir('.')[0].sort(), os.stat('a.txt')[0].mtime);
			const f = std.open('b.txt', 'w');
			f.puts('written'); f.close();
			const g = std.open('b.txt', 'r');
			g.seek(3, std.SEEK_SET);
			console.log(g.readAsString(), os.rename('b.txt', 'c.txt'), os.remove('c.txt'), std.loadFile('no such file'));
			try { std.loadFile('/etc/passwd') && console.log('read'); } catch (e) { console.log(e.code); }`,
			want: "tten",
		},
		"modules": {config: SandboxConfig{ModuleDirs: []string{dir}}, source: fmt.Sprintf(`
			import { n } from %q;
			console.log(n, import.meta.url);
			await import('./gone.js').catch(e => console.log(String(e)));`, filepath.Join(dir, "mod.js")), want: "gone.js"},
		"echo": {config: SandboxConfig{Policy: Policy{Listen: []string{"127.0.0.1"}, Connect: []string{"127.0.0.1"}}}, source: `
			import { listen, connect } from 'wqjs:net';
			const server = listen({ host: '127.0.0.1', port: 0 });
			(async () => { for await (const c of server) (async () => { for await (const b of c) await c.write(b); c.close(); })(); })();
			const c = await connect({ host: '127.0.0.1', port: server.addr.port });
			await c.end('hello');
			for await (const b of c) console.log(new TextDecoder().decode(b), server.addr.port);
			server.close();`, want: "hello"},
		"sockets": {config: SandboxConfig{Policy: Policy{Listen: []string{"127.0.0.1"}}}, source: `
			import s from 'wqjs:sockets';
			const [a, b] = s.socketpair(s.AF_UNIX, s.SOCK_STREAM, 0);
			s.send(a, 'ping', 0);
			console.log(s.recv(b, 100, 0), s.getsockopt(a, s.SOL_SOCKET, s.SO_TYPE), s.poll([{ fd: a, events: s.POLLOUT | s.POLLIN }], 10));
			try { s.connect(s.socket(s.AF_INET, s.SOCK_STREAM, 0), '127.0.0.1', 1); } catch (e) { console.log(e.message); }`, want: "--allow-connect"},
		"denied": {source: `import { connect } from 'wqjs:net'; await connect({ host: '127.0.0.1', port: 9 });`, want: "--allow-connect"},
		"environment": {config: SandboxConfig{Env: []string{"A=1", "B=2"}, Policy: Policy{Env: []string{"A"}}, Args: []string{"x", "y z"}, Dir: "/some/where"}, source: `
			import * as std from 'std';
			import * as os from 'os';
			console.log(std.getenviron(), scriptArgs, os.getcwd());`, want: "y z"},
		"stdin": {config: SandboxConfig{Stdin: strings.NewReader(strings.Repeat("0123456789abcdef\n", 4000))}, source: `
			import * as std from 'std';
			let n = 0, line;
			while ((line = std.in.getline()) !== null) n += line.length;
			console.log(n);`, want: "64000"},
		"error":     {source: "function f() {\n  throw new TypeError('no ' + Math.random()); }\nf();", want: "TypeError: no"},
		"rejection": {source: "await Promise.reject(new RangeError('late'));", want: "RangeError"},
		"exit":      {source: "import * as std from 'std'; console.log('bye'); std.exit(7);", want: "7"},
		"unsettled": {source: "await new Promise(() => {});", want: "never settles"},
		"syntax":    {source: "let 1 = 2", want: "SyntaxError"},
		"lookup": {config: SandboxConfig{Policy: Policy{Resolve: []string{"*.test"}}, Resolver: &net.Resolver{PreferGo: true, Dial: noDial}}, source: `
			import { lookup } from 'wqjs:dns';
			console.log(await lookup('127.0.0.1'));
			await lookup('a.test');`, want: "EAI_AGAIN"},
		"lookup from a server": {config: SandboxConfig{Policy: Policy{Resolve: []string{"*.test"}}, Resolver: &net.Resolver{PreferGo: true, Dial: answering}}, source: `
			import { lookup } from 'wqjs:dns';
			console.log(await lookup('a.test', { family: 4 }));`, want: "192.0.2.7"},
		"express": {source: `
			import express, { compression } from 'wqjs:express';
			const app = express();
			app.use(compression());
			app.get('/', (req, res) => res.send('x'.repeat(5000) + Date.now()));
			const r = await app.request('/', { headers: { 'accept-encoding': 'gzip' } });
			console.log(r.status, JSON.stringify(r.headers));`, want: "gzip"},
		"memory": {config: SandboxConfig{Limits: Limits{Memory: 16 << 20}}, source: `
			const all = [];
			for (;;) all.push(new Array(1000).fill(Math.random()));`, want: "out of memory"},
		"recursion": {source: "function f() { return f() + 1; } try { f(); } catch (e) { console.log(e.message); }", want: "stack"},
	} {
		t.Run(name, func(t *testing.T) {
			r := record(t, c.config, module(c.source))
			if all := r.out + r.err + fmt.Sprint(r.failure); !strings.Contains(all, c.want) {
				t.Fatalf("output %q, want %q in it", all, c.want)
			}
			got := r.replay(t, ReplayConfig{})
			r.replay(t, ReplayConfig{Source: &c.source})
			if got.Calls == 0 || got.Edited {
				t.Errorf("%d calls, edited %v", got.Calls, got.Edited)
			}
			var js, want *JSError
			if errors.As(r.failure, &want) && (!errors.As(got.Err, &js) || js.Stack != want.Stack || js.Line != want.Line || js.Position() != want.Position()) {
				t.Errorf("replayed error %+v, want %+v", js, want)
			}
			t.Log(r.tape.Len(), got.Calls)
		})
	}
}

// answering dials a name server that knows one address, 192.0.2.7.
func answering(context.Context, string, string) (net.Conn, error) {
	client, server := net.Pipe()
	go func() {
		defer server.Close()
		var size [2]byte // as over TCP (RFC 1035, 4.2.2)
		if _, err := io.ReadFull(server, size[:]); err != nil {
			return
		}
		msg := make([]byte, binary.BigEndian.Uint16(size[:]))
		if _, err := io.ReadFull(server, msg); err != nil {
			return
		}
		end := 12 + bytes.IndexByte(msg[12:], 0) + 5 // of the question
		answer := append(bytes.Clone(msg[:end]), 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 7)
		copy(answer[2:], []byte{0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0}) // a response: one question, one answer
		_, _ = server.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...))
	}()
	return client, nil
}

func noDial(context.Context, string, string) (net.Conn, error) { return nil, errors.New("no network") }

// TestReplayCalls: Go functions and calls from Go are in the recording.
func TestReplayCalls(t *testing.T) {
	r := record(t, SandboxConfig{}, func(ctx context.Context, s *Sandbox) error {
		n := 0
		for name, f := range map[string]any{
			"next":  func() int { n++; return n },
			"later": Async(func(_ context.Context, s string) (string, error) { return strings.ToUpper(s), nil }),
			"fails": func() (int, error) { return 0, os.ErrNotExist },
			"big":   func() string { return strings.Repeat("b", 100_000) },
			"nested": func(ctx context.Context, f func(context.Context, int) (int, error)) (int, error) {
				return f(ctx, 20)
			},
			"slow": func(ctx context.Context) error {
				ctx, cancel := context.WithTimeout(ctx, 5*time.Millisecond)
				defer cancel()
				return s.Eval(ctx, "loop.js", "for (;;) ;")
			},
			"panics": func() { panic("oh") },
			"text":   strings.NewReader("streamed"),
		} {
			if err := s.Set(ctx, name, f); err != nil {
				return err
			}
		}
		if err := s.EvalModule(ctx, "/calls.js", `
			console.log(next(), next(), await later('abc'), big().length, nested(x => nested(y => x + y + next())));
			for (const f of [fails, panics, slow]) try { f(); } catch (e) { console.log(e.code, e.message); }
			for await (const b of text) console.log(b.length);
			globalThis.add = async (a, b) => { await null; return { sum: a + b + next() }; };
			globalThis.bad = () => { throw new TypeError('bad ' + next()); };`); err != nil {
			return err
		}
		sum, err := CallAs[map[string]int](ctx, s, "add", 3, 4)
		if err != nil || sum["sum"] != 11 {
			return fmt.Errorf("add: %v, %w", sum, err)
		}
		if err := s.Set(ctx, "large", strings.Repeat("x", 10_000)); err != nil {
			return err
		}
		_, err = s.Call(ctx, "bad")
		return err
	})
	if !strings.Contains(r.out, "1 2 ABC 100000 43") || r.failure == nil || !strings.Contains(r.failure.Error(), "bad 5") {
		t.Fatal(r.out, r.failure)
	}
	r.replay(t, ReplayConfig{})
}

// TestReplayInterrupts: what was interrupted is so at the same place.
func TestReplayInterrupts(t *testing.T) {
	for name, source := range map[string]string{
		"loop":   "let i = 0; try { for (;;) i++; } catch { console.log('caught'); } finally { console.log(i); }",
		"sort":   "const a = Array.from({ length: 2e4 }, Math.random); for (;;) a.sort(() => Math.random() - 0.5);",
		"wait":   "setInterval(() => console.log(Date.now()), 3); await new Promise(() => {});",
		"accept": "import s from 'wqjs:sockets'; const [a] = s.socketpair(s.AF_UNIX, s.SOCK_STREAM, 0); console.log(1); s.recv(a, 1, 0);",
		"sleep":  "import * as os from 'os'; for (;;) os.sleep(1);",
	} {
		t.Run(name, func(t *testing.T) {
			r := record(t, SandboxConfig{}, func(ctx context.Context, s *Sandbox) error {
				time.AfterFunc(60*time.Millisecond, func() { s.Interrupt(errors.New("enough")) })
				err := module(source)(ctx, s)
				if !strings.Contains(fmt.Sprint(err), "enough") {
					return fmt.Errorf("it ended with %w", err)
				}
				// The sandbox goes on.
				if err := s.Eval(ctx, "more.js", "console.log('more', Math.random())"); err != nil {
					return err
				}
				return err
			})
			if !strings.Contains(r.out, "more") {
				t.Fatal(r.out, r.failure)
			}
			r.failure = nil // of the last
			r.replay(t, ReplayConfig{})
		})
	}
	r := record(t, SandboxConfig{Limits: Limits{CPUTime: 30 * time.Millisecond}}, module("for (;;) ;"))
	if got := r.replay(t, ReplayConfig{}); !errors.Is(got.Err, ErrCPUTime) {
		t.Error(got.Err)
	}
	r = record(t, SandboxConfig{Limits: Limits{Output: 100}}, module("for (;;) console.log(Math.random());"))
	if got := r.replay(t, ReplayConfig{}); !errors.Is(got.Err, ErrOutput) {
		t.Error(got.Err)
	}
}

// TestReplayLives: resets and traps, in one recording.
func TestReplayLives(t *testing.T) {
	r := record(t, SandboxConfig{}, func(ctx context.Context, s *Sandbox) error {
		for i := range 3 {
			if err := s.Eval(ctx, "life.js", fmt.Sprintf("globalThis.n = (globalThis.n ?? 0) + 1; console.log(%d, n, Math.random())", i)); err != nil {
				return err
			}
			if i == 1 { // a trap
				if _, err := s.call(s.guest.With(ctx), s.fnFree, 0xfffffff0); err == nil {
					return errors.New("no trap")
				}
			}
			if err := s.Reset(ctx); err != nil {
				return err
			}
		}
		return s.Eval(ctx, "last.js", "console.log(typeof n)")
	})
	if !strings.Contains(r.out, "2 1 0.") || !strings.Contains(r.out, "undefined") {
		t.Fatal(r.out)
	}
	r.replay(t, ReplayConfig{})
}

// TestReplayImage: sandboxes of an image that holds an app and Go functions.
func TestReplayImage(t *testing.T) {
	image, err := engine.NewImage(t.Context(), ImageConfig{Init: func(ctx context.Context, s *Sandbox) error {
		if err := s.Set(ctx, "host", func() string { return "from Go" }); err != nil {
			return err
		}
		return s.Eval(ctx, "app.js", "globalThis.born = Math.random(); globalThis.app = () => [born, host(), Math.random()].join();")
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer image.Close()
	var out buffer
	r := &recorded{}
	rec := NewRecorder(&r.tape, 0)
	config := SandboxConfig{Stdout: &out, Record: rec}
	s, err := image.NewSandbox(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	r.failure = s.Eval(t.Context(), "x.js", "console.log(app())")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	r.out = out.String()
	r.replay(t, ReplayConfig{})
	if !strings.Contains(r.out, "from Go") {
		t.Error(r.out)
	}
	if s, err := image.NewSandbox(t.Context(), config); err == nil || !strings.Contains(err.Error(), "records one sandbox") {
		t.Error(s, err)
	}
	if _, err := engine.NewImage(t.Context(), ImageConfig{Sandbox: config}); err == nil {
		t.Error("the making of an image is recorded")
	}
}
