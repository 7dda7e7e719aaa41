// Package e2e runs the command as users do: the examples, with real clients.
package e2e

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

var binary, cache string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "wqjs-e2e")
	if err != nil {
		panic(err)
	}
	binary, cache = filepath.Join(dir, "wqjs"), filepath.Join(dir, "cache")
	if out, err := exec.Command("go", "build", "-o", binary, "../../cmd/wqjs").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building the command: %v\n%s", err, out)
		os.Exit(1)
	}
	// Compiling the engine takes a second, or half a minute on a machine that is
	// busy: no test should wait for it.
	warm := exec.Command(binary, "-e", "0")
	warm.Env = append(os.Environ(), "WQJS_CACHE="+cache)
	if out, err := warm.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "the command: %v\n%s", err, out)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// process is a running wqjs.
type process struct {
	t     *testing.T
	cmd   *exec.Cmd
	lines chan string
	errs  lockedBuffer
	wait  func() error // for its end
}

// lockedBuffer can be read while a process writes to it.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// start runs wqjs until the test ends.
func start(t *testing.T, args ...string) *process {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	p := &process{t: t, cmd: exec.CommandContext(ctx, binary, args...), lines: make(chan string, 1000)}
	p.cmd.Env = append(os.Environ(), "WQJS_CACHE="+cache)
	p.cmd.Stderr = &p.errs
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p.wait = sync.OnceValue(p.cmd.Wait)
	go func() {
		for sc := bufio.NewScanner(stdout); sc.Scan(); {
			p.lines <- sc.Text()
		}
		close(p.lines)
	}()
	t.Cleanup(func() {
		p.cmd.Process.Signal(syscall.SIGTERM)
		err := p.wait()
		cancel()
		if t.Failed() {
			t.Logf("%v: %v\n%s", args, err, p.errs.String())
		}
	})
	return p
}

// line is the next line of standard output.
func (p *process) line() string {
	p.t.Helper()
	select {
	case l, ok := <-p.lines:
		if !ok {
			p.wait()
			p.t.Fatalf("the script ended: %s", p.errs.String())
		}
		return l
	case <-time.After(time.Minute):
		p.t.Fatal("no output")
	}
	return ""
}

// freePort is a TCP port of 127.0.0.1 that was free just now.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func dial(t *testing.T, network, addr string) net.Conn {
	t.Helper()
	c, err := net.Dial(network, addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(30 * time.Second))
	return c
}

// exchange sends what and reads as much back.
func exchange(t *testing.T, c net.Conn, what string) {
	t.Helper()
	if _, err := c.Write([]byte(what)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, len(what))
	for n := 0; n < len(buf); {
		m, err := c.Read(buf[n:])
		if err != nil {
			t.Fatalf("after %q: %v", buf[:n], err)
		}
		n += m
	}
	if string(buf) != what {
		t.Fatalf("got %q, want %q", buf, what)
	}
}

// run runs wqjs to its end and returns what it printed and its exit code.
func run(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, args...)
	cmd.Env = append(os.Environ(), "WQJS_CACHE="+cache)
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if ee, ok := err.(*exec.ExitError); ok {
		return out.String(), errs.String(), ee.ExitCode()
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.String(), errs.String(), 0
}
