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
	node := lookNode(b)
	if node == "" {
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

// lookNode is the path of node, or "".
func lookNode(b *testing.B) string {
	node, err := exec.LookPath("node")
	if err != nil {
		b.Log("node is not installed: its servers are left out")
		return ""
	}
	return node
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
	total := memory(pid, "VmRSS:")
	children, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	for _, child := range strings.Fields(string(children)) {
		if n, err := strconv.Atoi(child); err == nil {
			total += rss(n)
		}
	}
	return total
}

// peakRSS is the most that a process ever had resident, in MiB.
func peakRSS(pid int) float64 { return memory(pid, "VmHWM:") }

// memory is a line of a process's status, in MiB.
func memory(pid int, name string) float64 {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	for line := range strings.Lines(string(status)) {
		if v, ok := strings.CutPrefix(line, name); ok {
			kb, _ := strconv.ParseFloat(strings.Fields(v)[0], 64)
			return kb / 1024
		}
	}
	return 0
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

// scale is how much a run of the benchmark does.
type scale struct {
	conns, rounds int
	each          time.Duration
	download      int64 // bytes
}

func scaleOf() scale {
	if os.Getenv("WQJS_BENCH_FULL") != "" {
		return scale{conns: 64, rounds: 3, each: 2 * time.Second, download: 1 << 30}
	}
	return scale{conns: 16, rounds: 1, each: 100 * time.Millisecond, download: 4 << 20}
}

// row is what was measured of a server; a line of the table.
type row struct {
	rate, p50, p99, cpu, rss []float64
}

func (r *row) add(m result, used time.Duration, memory float64) {
	r.rate = append(r.rate, m.rps)
	r.p50 = append(r.p50, float64(m.p50.Microseconds()))
	r.p99 = append(r.p99, float64(m.p99.Microseconds()))
	r.cpu = append(r.cpu, float64(used.Nanoseconds())/1000/float64(m.requests))
	r.rss = append(r.rss, memory)
}

// table collects lines; the benchmark prints one table.
type table struct{ strings.Builder }

func (t *table) requests(what, server string, r row) {
	fmt.Fprintf(t, "| %s | %s | %.0f req/s | %.0f | %.0f | %.1f | %.1f |\n", what, server, median(r.rate), median(r.p50), median(r.p99), slices.Min(r.cpu), median(r.rss))
}

func (t *table) download(what, server string, r row) {
	fmt.Fprintf(t, "| %s | %s | %.0f MiB/s | | | | %.1f |\n", what, server, median(r.rate), slices.Max(r.rss))
}

// inTurns runs measure for all contenders, round by round.
func inTurns(b *testing.B, all []contender, rounds int, measure func(c contender, s *server, r *row) error) []row {
	rows := make([]row, len(all))
	dir := b.TempDir()
	for round := range rounds {
		for i, c := range all {
			s := c.start(b, dir)
			err := measure(c, s, &rows[i])
			s.stop()
			if err != nil {
				b.Fatalf("%s, round %d: %v", c.name, round, err)
			}
		}
	}
	return rows
}

// under measures a server under the load of one path.
func (sc scale) under(path string) func(c contender, s *server, r *row) error {
	return func(_ contender, s *server, r *row) error {
		if _, err := load(s.addr, path, want, sc.conns, sc.each); err != nil { // until compiled code is
			return err
		}
		before := cpu(s.cmd.Process.Pid)
		m, err := load(s.addr, path, want, sc.conns, sc.each)
		if err == nil {
			r.add(m, cpu(s.cmd.Process.Pid)-before, rss(s.cmd.Process.Pid))
		}
		return err
	}
}

// BenchmarkServers runs all servers in turns, and prints one table. With
// WQJS_BENCH_FULL=1 it takes three to five minutes and its numbers mean something.
func BenchmarkServers(b *testing.B) {
	sc := scaleOf()
	for b.Loop() {
		var t table
		all := contenders(b)
		for i, r := range inTurns(b, all, sc.rounds, sc.under(path)) {
			t.requests("JSON route", all[i].name, r)
		}
		sc.scaling(b, &t)
		sc.downloads(b, &t)
		fmt.Printf("\n%d CPUs, %d connections, medians of %d runs of %v (CPU: the least; RSS of downloads: the peak)\n\n"+
			"| what | server | rate | p50 µs | p99 µs | CPU µs/req | RSS MiB |\n|---|---|---|---|---|---|---|\n%s", // Log cuts what is long
			runtime.NumCPU(), sc.conns, sc.rounds, sc.each, t.String())
	}
}

func TestReadResponseChecks(t *testing.T) {
	if _, err := load("127.0.0.1:1", path, want, 1, time.Millisecond); err == nil {
		t.Error("a load without a server succeeded")
	}
}
