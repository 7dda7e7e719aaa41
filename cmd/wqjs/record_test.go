package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// replayed runs the command in a process of its own, in an empty folder and
// without an environment.
func replayed(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, append([]string{"replay"}, args...)...)
	cmd.Dir = t.TempDir()
	cmd.Env = []string{"WQJS_TEST_COMMAND=1", "WQJS_CACHE=" + os.Getenv("WQJS_CACHE")}
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// TestRecordReplay: what a replay in another process prints and its exit code
// are the run's, though the script's files are gone.
func TestRecordReplay(t *testing.T) {
	dir := t.TempDir()
	script := filepath.Join(dir, "main.js")
	for name, c := range map[string]struct {
		source string
		args   []string
		stdin  string
		client func(*testing.T, *http.Client)
	}{
		"error": {source: "import { n } from './part.js';\nconsole.log(n, Math.random(), Date.now());\nthrow new TypeError('no ' + n);"},
		"code":  {args: []string{"-e", "import * as std from 'std'; console.error(std.getenv('HOME'), scriptArgs); std.exit(3)", "a", "b"}},
		"stdin": {args: []string{"-"}, stdin: "console.log(Math.random())"},
		"input": {source: "import * as std from 'std'; const text = std.in.readAsString(); console.log(text.length, text.slice(-20));",
			stdin: strings.Repeat("x", 64<<10) + "the end"},
		"unsettled": {args: []string{"-e", "await new Promise(() => {})"}},
		"loop":      {args: []string{"--cpu-time=40ms", "-e", "let i = 0; try { for (;;) i++; } finally { console.log(i); }"}},
		"timeout":   {args: []string{"--timeout=5s", "-e", "import * as os from 'os'; console.log(1); os.sleep(1); throw 1"}},
		"http": {source: `
			import { createServer } from 'wqjs:http';
			let n = 0;
			const server = createServer(async (req, res) => {
				const body = await req.text();
				console.log(req.method, req.url, body.length, req.socket?.remotePort);
				res.setHeader('X-Random', Math.random());
				res.end(body.toUpperCase());
				if (++n === 4) server.close();
			});
			server.listen({ fd: (await import('wqjs:sockets')).default.granted[0].fd });`,
			client: func(t *testing.T, client *http.Client) {
				defer client.CloseIdleConnections()
				for i := range 4 {
					res, err := client.Post(fmt.Sprint("http://server/", i), "text/plain", strings.NewReader(strings.Repeat("hello ", 1+5000*i)))
					if err != nil {
						t.Error(err)
						return
					}
					if b, err := io.ReadAll(res.Body); err != nil || !strings.HasPrefix(string(b), "HELLO") {
						t.Error(string(b), err)
					}
					res.Body.Close()
				}
			}},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "run.rec")
			args := []string{"run", "--record", file, "--allow-read=" + dir, "--allow-env"}
			done := make(chan struct{})
			close(done)
			if c.client != nil {
				socket := filepath.Join(dir, "s")
				args = append(args, "--listen", "unix:"+socket)
				done = make(chan struct{})
				go func() {
					defer close(done)
					c.client(t, dialing(socket))
				}()
			}
			if c.source != "" {
				for path, text := range map[string]string{script: c.source, filepath.Join(dir, "part.js"): "export const n = 7;"} {
					if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
						t.Fatal(err)
					}
				}
				args = append(args, script)
			}
			out, errs, code := cli(c.stdin, append(args, c.args...)...)
			<-done
			os.Remove(script)
			os.Remove(filepath.Join(dir, "part.js"))
			if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
				t.Fatal(info, err)
			}
			gotOut, gotErrs, gotCode := replayed(t, file)
			if gotOut != out || gotErrs != errs || gotCode != code {
				t.Errorf("code %d, stdout %q, stderr %q; replayed: %d, %q, %q", code, out, errs, gotCode, gotOut, gotErrs)
			}
			if out+errs == "" || strings.Contains(errs, "--record") {
				t.Errorf("the run printed %q, %q", out, errs)
			}
		})
	}
}

// dialing is a client of the server at a Unix socket, which it waits for.
func dialing(socket string) *http.Client {
	return &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		for end := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
			conn, err := new(net.Dialer).DialContext(ctx, "unix", socket)
			if err == nil || time.Now().After(end) {
				return conn, err
			}
		}
	}}}
}

// TestRecordMessages: what the command says of edited scripts, damaged files and
// limits.
func TestRecordMessages(t *testing.T) {
	dir := t.TempDir()
	at := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	file, script := filepath.Join(dir, "run.rec"), at("main.js", "\ufeffconst hello = 'Hello';\nconsole.log(hello);\n")
	if _, errs, code := cli("", "--record", file, script); code != 0 {
		t.Fatal(errs)
	}
	if out, errs, code := cli("", "replay", file, script); out != "Hello\n" || code != 0 {
		t.Error(out, errs, code)
	}
	edited := at("edited.js", "const hello = 'Goodbye';\n// and\nconsole.log(hello);\n")
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, args := range [][]string{
		{"replay", file, edited},
		{"replay", at("cut.rec", string(whole[:len(whole)-5]))},
		{"replay", at("flip.rec", strings.Replace(string(whole), "Hello", "Jello", 1))},
		{"replay", script},
		{"--record", filepath.Join(dir, "small.rec"), "--record-limit=100k", "-e", "1"},
	} {
		out, errs, code := cli("", args...)
		fmt.Fprintf(&b, "-- %s: exit code %d\n%s%s", filepath.Base(args[1]), code, out, strings.ReplaceAll(errs, dir+"/", ""))
	}
	// Where in the file, and which call, depends on the engine's build.
	got := regexp.MustCompile(`(call|byte) [0-9]+`).ReplaceAllString(b.String(), "$1 N")
	const pinned = "testdata/record.golden"
	if *update {
		if err := os.WriteFile(pinned, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(pinned); err != nil || got != string(want) {
		t.Errorf("(-update rewrites it):\n%s\nwant:\n%s%v", got, want, err)
	}
}
