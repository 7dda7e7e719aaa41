package http

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	path = "/api/items/42"
	want = `{"id":"42","name":"item","tags":["a","b"]}`
)

// The same route in each server. PORT stands for the port.
const (
	wqjsRaw = `
import { createServer } from 'wqjs:http';
createServer((req, res) => {
  res.setHeader('Content-Type', 'application/json; charset=utf-8');
  res.end(JSON.stringify({ id: req.path.slice(11), name: 'item', tags: ['a', 'b'] }));
}).listen({ host: '127.0.0.1', port: PORT });`
	nodeRaw = `
import { createServer } from 'node:http';
createServer((req, res) => {
  res.setHeader('Content-Type', 'application/json; charset=utf-8');
  res.end(JSON.stringify({ id: req.url.slice(11), name: 'item', tags: ['a', 'b'] }));
}).listen(PORT, '127.0.0.1');`
	anyExpress = `
import express from 'express';
const app = express();
app.get('/api/items/:id', (req, res) => res.json({ id: req.params.id, name: 'item', tags: ['a', 'b'] }));
app.listen(PORT, '127.0.0.1');`
	nodeCluster = `
import cluster from 'node:cluster';
import { createServer } from 'node:http';
import { availableParallelism } from 'node:os';
if (cluster.isPrimary) {
  for (let i = 0; i < availableParallelism(); i++) cluster.fork();
  process.on('SIGTERM', () => process.exit(0));
} else {
  createServer((req, res) => {
    res.setHeader('Content-Type', 'application/json; charset=utf-8');
    res.end(JSON.stringify({ id: req.url.slice(11), name: 'item', tags: ['a', 'b'] }));
  }).listen(PORT, '127.0.0.1');
}`
)

// contender is a server program, started with its port.
type contender struct {
	name string
	args func(file string, port int) []string
	file string // name of the program
	code string
	env  []string
}

// goServer makes the test binary a server.
const goServer = "WQJS_BENCH_GO_SERVER"

func TestMain(m *testing.M) {
	if addr := os.Getenv(goServer); addr != "" {
		http.HandleFunc("GET /api/items/{id}", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json; charset=utf-8")
			b, _ := json.Marshal(struct {
				ID   string   `json:"id"`
				Name string   `json:"name"`
				Tags []string `json:"tags"`
			}{r.PathValue("id"), "item", []string{"a", "b"}})
			w.Write(b)
		})
		fmt.Fprintln(os.Stderr, http.ListenAndServe(addr, nil))
		os.Exit(1)
	}
	dir, err := os.MkdirTemp("", "wqjs-bench-http")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	binary = filepath.Join(dir, "wqjs")
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

var (
	binary string
	build  sync.Once
)

// buildWqjs gives the command's path.
func buildWqjs(tb testing.TB) string {
	build.Do(func() {
		cmd := exec.Command("go", "build", "-o", binary, "./cmd/wqjs")
		cmd.Dir = "../../.." // the command has dependencies that this module does not know
		if out, err := cmd.CombinedOutput(); err != nil {
			tb.Fatalf("building wqjs: %v\n%s", err, out)
		}
	})
	return binary
}

// contenders are those that this machine can run.
func contenders(b *testing.B) []contender {
	wqjs := buildWqjs(b)
	listen := func(port int) string { return fmt.Sprintf("--allow-listen=127.0.0.1:%d", port) }
	run := func(file string, port int) []string { return []string{wqjs, listen(port), file} }
	serve := func(file string, port int) []string {
		return []string{wqjs, "serve", "--listen", fmt.Sprintf("127.0.0.1:%d", port), file}
	}
	self := func(_ string, port int) []string { return []string{os.Args[0]} }
	all := []contender{
		{name: "wqjs:http", file: "raw.js", code: wqjsRaw, args: run},
		{name: "Go net/http", args: self, env: []string{"GOMAXPROCS=1"}},
		{name: "wqjs:http, all CPUs", file: "all.js", code: wqjsRaw, args: serve},
		{name: "Go net/http, all CPUs", args: self},
	}
	if _, err := os.Stat("../../../js/express.js"); err == nil {
		all = append(all, contender{name: "wqjs:express", file: "express.js", code: anyExpress, args: run},
			contender{name: "wqjs:express, all CPUs", file: "express-all.js", code: anyExpress, args: serve})
	}
	node, err := exec.LookPath("node")
	if err != nil {
		b.Log("node is not installed: its servers are left out")
		return all
	}
	nodeRun := func(file string, _ int) []string { return []string{node, file} }
	all = append(all, contender{name: "node:http", file: "raw.mjs", code: nodeRaw, args: nodeRun},
		contender{name: "node:http, all CPUs", file: "all.mjs", code: nodeCluster, args: nodeRun})
	if _, err := os.Stat("node_modules/express"); err == nil {
		all = append(all, contender{name: "node + express", file: "node_modules/.bench-express.mjs", code: anyExpress, args: nodeRun})
	} else {
		b.Log("express of npm is not installed (npm ci in tests/bench/http): left out")
	}
	return all
}

// server is a running contender.
type server struct {
	cmd  *exec.Cmd
	addr string
}

func (c contender) start(b testing.TB, dir string) *server {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	file := filepath.Join(dir, c.file)
	if strings.HasPrefix(c.file, "node_modules/") { // where its imports are found
		file, _ = filepath.Abs(c.file)
		defer os.Remove(file)
	}
	if c.code != "" {
		if err := os.WriteFile(file, []byte(strings.ReplaceAll(c.code, "PORT", strconv.Itoa(port))), 0o644); err != nil {
			b.Fatal(err)
		}
	}
	s := &server{addr: fmt.Sprintf("127.0.0.1:%d", port)}
	args := c.args(file, port)
	s.cmd = exec.Command(args[0], args[1:]...)
	s.cmd.Env = append(append(os.Environ(), "NODE_ENV=production"), c.env...)
	if c.code == "" {
		s.cmd.Env = append(s.cmd.Env, goServer+"="+s.addr)
	}
	var errs strings.Builder
	s.cmd.Stderr = &errs
	if err := s.cmd.Start(); err != nil {
		b.Fatal(err)
	}
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		res, err := http.Get("http://" + s.addr + path)
		if err == nil {
			got, _ := io.ReadAll(res.Body)
			res.Body.Close()
			if string(got) != want {
				b.Fatalf("%s answers %q, want %q", c.name, got, want)
			}
			return s
		}
		if time.Now().After(end) {
			s.cmd.Process.Kill()
			s.cmd.Wait()
			b.Fatalf("%s does not answer: %v\n%s", c.name, err, errs.String())
		}
	}
}

func (s *server) stop() {
	s.cmd.Process.Signal(syscall.SIGTERM)
	done := make(chan struct{})
	go func() { s.cmd.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(15 * time.Second):
		s.cmd.Process.Kill()
		<-done
	}
}

// rss is the resident memory of a process and its children, in MiB; 0 where
// there is no /proc.
func rss(pid int) float64 {
	total := 0.0
	if status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid)); err == nil {
		for line := range strings.Lines(string(status)) {
			if v, ok := strings.CutPrefix(line, "VmRSS:"); ok {
				kb, _ := strconv.ParseFloat(strings.Fields(v)[0], 64)
				total += kb / 1024
			}
		}
	}
	children, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	for _, child := range strings.Fields(string(children)) {
		if n, err := strconv.Atoi(child); err == nil {
			total += rss(n)
		}
	}
	return total
}

// cpu is the time that a process and its children have used; 0 without /proc.
func cpu(pid int) time.Duration {
	const ticks = 100 // of USER_HZ
	var total time.Duration
	if stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)); err == nil {
		f := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
		user, _ := strconv.Atoi(f[11])
		sys, _ := strconv.Atoi(f[12])
		total = time.Duration(user+sys) * time.Second / ticks
	}
	children, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	for _, child := range strings.Fields(string(children)) {
		if n, err := strconv.Atoi(child); err == nil {
			total += cpu(n)
		}
	}
	return total
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}

// BenchmarkServers runs all servers in turns. With WQJS_BENCH_FULL=1 it takes a
// minute or two and its numbers mean something.
func BenchmarkServers(b *testing.B) {
	conns, rounds, each := 16, 1, 100*time.Millisecond
	if os.Getenv("WQJS_BENCH_FULL") != "" {
		conns, rounds, each = 64, 5, 2*time.Second
	}
	all := contenders(b)
	dir := b.TempDir()
	type row struct{ rps, p50, p99, cpu, rss []float64 }
	rows := make([]row, len(all))
	for b.Loop() {
		for round := range rounds {
			for i := range all {
				s := all[i].start(b, dir)
				if _, err := load(s.addr, path, want, conns, each/4); err != nil { // warm
					s.stop()
					b.Fatalf("%s: %v", all[i].name, err)
				}
				before := cpu(s.cmd.Process.Pid)
				r, err := load(s.addr, path, want, conns, each)
				used, memory := cpu(s.cmd.Process.Pid)-before, rss(s.cmd.Process.Pid)
				s.stop()
				if err != nil {
					b.Fatalf("%s, round %d: %v", all[i].name, round, err)
				}
				rows[i].rps = append(rows[i].rps, r.rps)
				rows[i].p50 = append(rows[i].p50, float64(r.p50.Microseconds()))
				rows[i].p99 = append(rows[i].p99, float64(r.p99.Microseconds()))
				rows[i].cpu = append(rows[i].cpu, float64(used.Nanoseconds())/1000/float64(r.requests))
				rows[i].rss = append(rows[i].rss, memory)
			}
		}
	}
	var t strings.Builder
	fmt.Fprintf(&t, "%d CPUs, %d connections, medians of %d runs of %v\n", runtime.NumCPU(), conns, len(rows[0].rps), each)
	fmt.Fprintf(&t, "%-24s %9s %9s %9s %12s %8s\n", "", "req/s", "p50 µs", "p99 µs", "CPU µs/req", "RSS MiB")
	for i, r := range rows {
		fmt.Fprintf(&t, "%-24s %9.0f %9.0f %9.0f %12.1f %8.1f\n", all[i].name, median(r.rps), median(r.p50), median(r.p99), slices.Min(r.cpu), median(r.rss))
	}
	fmt.Print("\n" + t.String()) // Log cuts what has more than ten lines
}

func TestReadResponseChecks(t *testing.T) {
	if _, err := load("127.0.0.1:1", path, want, 1, time.Millisecond); err == nil {
		t.Error("a load without a server succeeded")
	}
}
