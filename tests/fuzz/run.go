package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"regexp"
	"runtime/debug"
	"strings"
	"time"

	"github.com/wqjs/wqjs/host"
)

// outcome is what a program did in an engine.
type outcome struct {
	output string
	end    end
	detail string // of a finding
}

type end string

const (
	ended   end = "ok"
	threw   end = "error"
	limited end = "limit" // interrupted, or out of memory
	// The rest are findings.
	trapped  end = "trap"
	panicked end = "panic"
	hung     end = "hang"
	crashed  end = "crash" // of the native process
)

func (e end) finding() bool { return e == trapped || e == panicked || e == hung || e == crashed }

// engine runs one program after the other.
type engine interface {
	run(source string) outcome
	close()
}

const (
	deadline = time.Second
	// patience is how long after the deadline a sandbox may take to return: a
	// long builtin polls late, and the machine may be busy.
	patience  = 20 * time.Second
	maxOutput = 1 << 20
)

// sandboxes runs each program in a sandbox of its own, with so much memory.
type sandboxes struct {
	engine *host.Engine
	memory uint64
}

// roomy is s with more memory than programs of the grammar use.
func (s sandboxes) roomy() sandboxes { return sandboxes{s.engine, 256 << 20} }

func (s sandboxes) close() { s.engine.Close(context.Background()) }

// isModule guesses from the source.
var isModule = regexp.MustCompile(`(?m)^\s*(import|export)\b`)

func (s sandboxes) run(source string) outcome {
	done := make(chan outcome, 1)
	go func() {
		defer func() {
			if p := recover(); p != nil {
				done <- outcome{end: panicked, detail: fmt.Sprintf("%v\n%s", p, debug.Stack())}
			}
		}()
		done <- s.runIn(source)
	}()
	select {
	case o := <-done:
		return o
	case <-time.After(deadline + patience):
		return outcome{end: hung, detail: fmt.Sprintf("the sandbox did not return %v after its deadline", patience)}
	}
}

func (s sandboxes) runIn(source string) (o outcome) {
	out := &output{}
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	sandbox, err := s.engine.NewSandbox(context.Background(), host.SandboxConfig{
		Limits: host.Limits{Memory: s.memory, Stack: 960 << 10, FDs: 4, Files: 4, Timers: 100, Lookups: 1},
		Stdout: out,
	})
	if err != nil {
		return outcome{end: trapped, detail: "NewSandbox: " + err.Error()}
	}
	defer sandbox.Close()
	if isModule.MatchString(source) {
		err = sandbox.EvalModule(ctx, "/program.js", source)
	} else {
		err = sandbox.Eval(ctx, "program.js", source)
	}
	o.end = ended
	var js *host.JSError
	if errors.As(err, &js) && !js.InPromise {
		o.end = threw
		fmt.Fprintf(out, "Uncaught %v\n", js)
	}
	if err == nil || js != nil {
		err = sandbox.Run(ctx) // the jobs that are left
	}
	var trap *host.TrapError
	var interrupt *host.InterruptError
	switch {
	case errors.As(err, &trap):
		o.end, o.detail = trapped, err.Error()
	case errors.As(err, &interrupt) || out.full:
		o.end = limited
	}
	o.output = out.String()
	return o
}

// output keeps the first part of what a program prints.
type output struct {
	bytes.Buffer
	full bool
}

func (o *output) Write(p []byte) (int, error) {
	if o.Len()+len(p) > maxOutput {
		o.full = true
		return len(p), nil
	}
	return o.Buffer.Write(p)
}

// native is a process that runs programs: tests/fuzz/native/main.c.
type native struct {
	bin    string
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	stderr *bytes.Buffer
}

func (n *native) start() error {
	n.cmd = exec.Command(n.bin)
	n.stderr = &bytes.Buffer{}
	n.cmd.Stderr = n.stderr
	var err error
	if n.in, err = n.cmd.StdinPipe(); err != nil {
		return err
	}
	out, err := n.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	n.out = bufio.NewReader(out)
	return n.cmd.Start()
}

func (n *native) run(source string) outcome {
	if n.cmd == nil {
		if err := n.start(); err != nil {
			return outcome{end: crashed, detail: err.Error()}
		}
	}
	// A builtin without a poll ends with its process.
	stop := time.AfterFunc(deadline+patience, func() { n.cmd.Process.Kill() })
	o, err := n.exchange(source)
	if !stop.Stop() {
		n.close()
		return outcome{end: limited}
	}
	if err != nil {
		n.close()
		return outcome{end: crashed, detail: err.Error() + "\n" + n.stderr.String()}
	}
	return o
}

func (n *native) exchange(source string) (o outcome, err error) {
	if _, err = fmt.Fprintf(n.in, "%d\n%s", len(source), source); err != nil {
		return o, err
	}
	var size int
	if _, err = fmt.Fscanf(n.out, "%d\n", &size); err != nil {
		return o, err
	}
	b := make([]byte, size)
	if _, err = io.ReadFull(n.out, b); err != nil {
		return o, err
	}
	line, err := n.out.ReadString('\n')
	return outcome{output: string(b), end: end(strings.TrimSpace(line))}, err
}

func (n *native) close() {
	if n.cmd != nil {
		n.in.Close()
		n.cmd.Wait()
		n.cmd = nil
	}
}
