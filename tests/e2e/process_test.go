//go:build unix

package e2e

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestSignals: SIGINT and SIGTERM end whatever the script is doing.
func TestSignals(t *testing.T) {
	port := freePort(t)
	for name, code := range map[string]string{
		"busy":         "print('up'); for (;;);",
		"sleeping":     "print('up'); setTimeout(() => {}, 1e6)",
		"os.sleep":     "import * as os from 'os'; print('up'); os.sleep(1e6)",
		"accept":       fmt.Sprintf("import s from 'wqjs:sockets'; const fd = s.socket(2, 1); s.bind(fd, '127.0.0.1', %d); s.listen(fd); print('up'); s.accept(fd)", port),
		"recv":         "import s from 'wqjs:sockets'; const [a] = s.socketpair(1, 1); print('up'); s.recv(a, 1)",
		"async":        "import { listen } from 'wqjs:net'; const l = listen({host: '127.0.0.1', port: 0}); print('up'); await l.accept()",
		"stdin":        "import * as std from 'std'; print('up'); std.in.getline()",
		"long builtin": `print('up'); "a".repeat(4e7).indexOf("a".repeat(2e7) + "b")`,
	} {
		for sig, want := range map[syscall.Signal]int{syscall.SIGINT: 130, syscall.SIGTERM: 143} {
			t.Run(name+" "+sig.String(), func(t *testing.T) {
				r, w, err := os.Pipe()
				if err != nil {
					t.Fatal(err)
				}
				defer r.Close()
				defer w.Close() // open until the end: nothing to read for the script
				cmd := exec.Command(binary, fmt.Sprintf("--allow-listen=127.0.0.1:%d,127.0.0.1:0", port), "-e", code)
				cmd.Env = append(os.Environ(), "WQJS_CACHE="+cache)
				cmd.Stdin = r
				out, err := cmd.StdoutPipe()
				if err != nil {
					t.Fatal(err)
				}
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				if _, err := io.ReadFull(out, make([]byte, 3)); err != nil {
					t.Fatal(err)
				}
				time.Sleep(20 * time.Millisecond)
				start := time.Now()
				cmd.Process.Signal(sig)
				stuck := time.AfterFunc(20*time.Second, func() { cmd.Process.Kill() })
				defer stuck.Stop()
				err = cmd.Wait()
				var ee *exec.ExitError
				if !errors.As(err, &ee) || ee.ExitCode() != want {
					t.Errorf("after %v: %v, want exit code %d", time.Since(start), err, want)
				}
			})
		}
	}
}

// TestSocketActivation hands over listeners as systemd does.
func TestSocketActivation(t *testing.T) {
	var files []*os.File
	var addrs []string
	for range 2 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		f, err := l.(*net.TCPListener).File()
		if err != nil {
			t.Fatal(err)
		}
		l.Close()
		defer f.Close()
		files, addrs = append(files, f), append(addrs, l.Addr().String())
	}
	const code = `import s, { granted } from 'wqjs:sockets';
		for (const g of granted) {
			const c = s.accept(g.fd);
			s.send(c.fd, g.name + ' ' + g.address + ':' + g.port);
			s.close(c.fd);
		}`
	// The shell stays the same process, so that LISTEN_PID can be its own.
	cmd := exec.Command("/bin/sh", "-c", `LISTEN_PID=$$ exec "$0" "$@"`, binary, "-e", code)
	cmd.Env = append(os.Environ(), "WQJS_CACHE="+cache, "LISTEN_FDS=2", "LISTEN_FDNAMES=web:admin")
	cmd.ExtraFiles = files
	var errs strings.Builder
	cmd.Stderr = &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stuck := time.AfterFunc(30*time.Second, func() { cmd.Process.Kill() })
	defer stuck.Stop()
	for i, want := range []string{"web ", "admin "} {
		got, err := io.ReadAll(dial(t, "tcp", addrs[i]))
		if err != nil || string(got) != want+addrs[i] {
			t.Errorf("got %q (%v), want %q", got, err, want+addrs[i])
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v: %s", err, errs.String())
	}
}

func TestListenUnix(t *testing.T) {
	path := filepath.Join(t.TempDir(), "l.sock")
	p := start(t, "--listen", "unix:"+path, "-e",
		"import s, { granted } from 'wqjs:sockets'; print(granted[0].address); const c = s.accept(granted[0].fd); s.send(c.fd, 'hi'); s.close(c.fd)")
	if l := p.line(); l != path {
		t.Errorf("address %q", l)
	}
	expect(t, dial(t, "unix", path), "hi")
	if err := p.wait(); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the socket is left behind: %v", err)
	}
}

// TestListenUnixLeft: what others have put at the path is left alone; what nobody
// listens on is replaced.
func TestListenUnixLeft(t *testing.T) {
	path := filepath.Join(t.TempDir(), "l.sock")
	p := start(t, "--listen", "unix:"+path, "-e", "import s, { granted } from 'wqjs:sockets'; print('up'); s.accept(granted[0].fd)")
	p.line()
	moved := path + ".old"
	if err := os.Rename(path, moved); err != nil {
		t.Fatal(err)
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	dial(t, "unix", moved)
	if err := p.wait(); err != nil {
		t.Error(err)
	}
	args := []string{"--listen", "unix:" + path, "-e", "print('mine')"}
	if _, errs, code := run(t, args...); code != 2 || !strings.Contains(errs, path+": bind: address already in use") {
		t.Errorf("exit code %d: %s", code, errs)
	}
	l.Close() // as a process that is killed: the file stays, and nobody listens
	if out, errs, code := run(t, args...); code != 0 || out != "mine\n" {
		t.Errorf("exit code %d: %s%s", code, out, errs)
	}
}

// TestCurl talks to the README's server with curl.
func TestCurl(t *testing.T) {
	curl, err := exec.LookPath("curl")
	if err != nil {
		t.Skip("curl is not installed")
	}
	_, addr := serve(t, examples+"http.js")
	out, err := exec.Command(curl, "-sS", "--max-time", "20", "http://"+addr+"/hello?name=curl").CombinedOutput()
	if err != nil || string(out) != "Hello, curl!\n" {
		t.Errorf("%v: %s", err, out)
	}
}
