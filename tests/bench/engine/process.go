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
	"strconv"
	"strings"
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
		return 0, err
	}
	return strconv.ParseFloat(strings.TrimSpace(line), 64)
}

func (p *process) close() {
	p.in.Close()
	p.cmd.Wait()
	os.RemoveAll(p.dir)
}

//go:embed native/main.c
var nativeMain string

// openNative compiles QuickJS-NG with gcc -O2.
func openNative(o options) (e engine, err error) {
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
		src = filepath.Join(dir, "quickjs")
	}
	files := map[string]string{"main.c": nativeMain, "kernels.js": kernels}
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
	return startProcess(dir, bin, filepath.Join(dir, "kernels.js"))
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
	return startProcess("", node, "--jitless", "-e", kernels+nodeMain)
}
