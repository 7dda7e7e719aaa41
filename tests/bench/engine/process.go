package main

import (
	"bufio"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// process is an engine in a process of its own: it reads names of kernels, one
// a line, and answers each with its CPU time in milliseconds.
type process struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
	dir string // removed at the end
}

func startProcess(dir, name string, args ...string) (engine, error) {
	p := &process{cmd: exec.Command(name, args...), dir: dir}
	p.cmd.Stderr = os.Stderr
	var err error
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewReader(out)
	return p, p.cmd.Start()
}

func (p *process) run(kernel string) (float64, error) {
	if _, err := fmt.Fprintln(p.in, kernel); err != nil {
		return 0, err
	}
	line, err := p.out.ReadString('\n')
	if err != nil {
		return 0, fmt.Errorf("%s ended: %w", filepath.Base(p.cmd.Path), err)
	}
	return strconv.ParseFloat(strings.TrimSpace(line), 64)
}

func (p *process) close() {
	p.in.Close()
	p.cmd.Wait()
	os.RemoveAll(p.dir)
}

// start opens the engine in a process of its own.
func (c contender) start(o options) (engine, error) {
	if c.foreign {
		return c.open(o)
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return startProcess("", self, "-serve", c.name, "-wasm", o.wasm)
}

// serve is the other side of a process, for the engines that are Go packages.
func serve(name string, o options, in io.Reader, out io.Writer) error {
	for _, c := range contenders {
		if c.name != name {
			continue
		}
		e, err := c.open(o)
		if err != nil {
			return err
		}
		defer e.close()
		lines := bufio.NewScanner(in)
		for lines.Scan() {
			ms, err := e.run(lines.Text())
			if err != nil {
				return fmt.Errorf("%s: %s: %w", name, lines.Text(), err)
			}
			fmt.Fprintln(out, ms)
		}
		return lines.Err()
	}
	return fmt.Errorf("-serve %s: there is no such engine", name)
}

// timed is the CPU time of f in milliseconds, without what garbage of earlier
// calls costs.
func timed(f func() error) (float64, error) {
	runtime.GC()
	start := cpuTime()
	err := f()
	return float64(cpuTime()-start) / float64(time.Millisecond), err
}

//go:embed native/main.c
var nativeMain string

// native compiles QuickJS-NG from this folder of the sources with gcc -O2.
func native(folder string) func(options) (engine, error) {
	return func(o options) (engine, error) { return openNative(o, folder) }
}

func openNative(o options, folder string) (e engine, err error) {
	gcc, err := exec.LookPath("gcc")
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "bench-native")
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			os.RemoveAll(dir)
		}
	}()
	src := o.sources
	if src == "" {
		out, err := exec.Command("../../scripts/fetch-wasm.sh", "--sources", dir).CombinedOutput()
		if err != nil {
			return nil, fmt.Errorf("%w: %s", err, out)
		}
		src = dir
	}
	src = filepath.Join(src, folder)
	files := map[string]string{"main.c": nativeMain, "script.js": script}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return nil, err
		}
	}
	bin := filepath.Join(dir, "native")
	args := []string{"-O2", "-w", "-D_GNU_SOURCE", "-I" + src, "-o", bin, filepath.Join(dir, "main.c")}
	for _, f := range []string{"quickjs.c", "libregexp.c", "libunicode.c", "dtoa.c"} {
		args = append(args, filepath.Join(src, f))
	}
	if out, err := exec.Command(gcc, append(args, "-lm", "-lpthread")...).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, out)
	}
	return startProcess(dir, bin, filepath.Join(dir, "script.js"))
}

const nodeMain = `
const rl = require('readline').createInterface({ input: process.stdin });
rl.on('line', name => {
  const start = process.cpuUsage();
  kernels[name]();
  const used = process.cpuUsage(start);
  console.log((used.user + used.system) / 1e3);
});
`

func openNode(options) (engine, error) {
	node, err := exec.LookPath("node")
	if err != nil {
		return nil, errors.New("no node")
	}
	dir, err := os.MkdirTemp("", "bench-node")
	if err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "script.cjs")
	if err := os.WriteFile(file, []byte(script+nodeMain), 0o644); err != nil {
		os.RemoveAll(dir)
		return nil, err
	}
	return startProcess(dir, node, "--jitless", "--no-expose-wasm", file)
}
