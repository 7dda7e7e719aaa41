package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/wqjs/wqjs/host"
)

const maxStdin = 64 << 20

func runCommand(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer, asked *asker) int {
	o, err := parseRun(args)
	if err != nil {
		return fail(stderr, exitUsage, err)
	}
	if o.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, o.timeout, fmt.Errorf("time limit of %v reached (--timeout)", o.timeout))
		defer cancel()
	}
	grants, err := openGrants(ctx, o.listen)
	if err != nil {
		return fail(stderr, exitUsage, err)
	}
	defer closeGrants(grants)
	defer socketsOf(o.listen).remove()
	cwd, err := os.Getwd()
	if err != nil {
		return fail(stderr, exitUsage, err)
	}
	name, source, err := entry(ctx, o, cwd, stdin)
	if err != nil {
		return fail(stderr, exitUsage, err)
	}
	profile, err := openProfile(o.profile)
	if err != nil {
		return fail(stderr, exitUsage, err)
	}
	recording, err := openRecording(o.record)
	if err != nil {
		return fail(stderr, exitUsage, err)
	}
	lesson, err := openLesson(o.learn)
	if err != nil {
		return fail(stderr, exitUsage, err)
	}
	o.policy.Recorder = lesson.recorder()
	engine, err := newEngine(ctx)
	if cause := context.Cause(ctx); cause != nil {
		if err == nil {
			engine.Close(context.Background())
		}
		return report(stderr, &host.InterruptError{Cause: cause})
	}
	if err != nil {
		return fail(stderr, exitInternal, err)
	}
	sandbox, err := engine.NewSandbox(ctx, host.SandboxConfig{
		Policy:     o.policy,
		Limits:     o.limits,
		Grants:     grants,
		ModuleDirs: []string{filepath.Dir(name)},
		Dir:        cwd,
		Args:       append([]string{name}, o.args...),
		Env:        os.Environ(),
		Stdin:      stdin,
		Stdout:     stdout,
		Stderr:     stderr,
		Profile:    profile.samples(),
		Record:     recording.recorder(),
	})
	if err != nil && recording.failed() {
		engine.Close(context.Background())
		return recording.report(stderr, err)
	}
	if err != nil {
		engine.Close(context.Background())
		var ie *host.InterruptError
		if errors.As(err, &ie) {
			return report(stderr, err)
		}
		return fail(stderr, exitUsage, err)
	}
	asked.sandbox.Store(sandbox)
	code := recording.report(stderr, runMain(ctx, engine, sandbox, name, source))
	if err := profile.write(); err != nil { // however the run ended
		return fail(stderr, exitError, fmt.Errorf("--cpu-profile: %w", err))
	}
	if err := lesson.write(stderr); err != nil {
		return fail(stderr, exitError, fmt.Errorf("--learn: %w", err))
	}
	return code
}

// grace is how long the engine may take to stop when it is told to. Only a few
// builtins on huge strings take longer: then the process ends without it.
const grace = 2 * time.Second

// runMain runs the main module to its end, or to the context's, and closes the
// sandbox and the engine.
func runMain(ctx context.Context, engine *host.Engine, sandbox *host.Sandbox, name string, source *string) error {
	done := make(chan error, 1)
	go func() {
		var err error
		if source == nil {
			err = sandbox.RunFile(ctx, name)
		} else if err = sandbox.EvalModule(ctx, name, *source); err == nil {
			err = sandbox.Run(ctx)
		}
		sandbox.Close()
		engine.Close(context.Background())
		done <- err
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-done:
		return err
	case <-time.After(grace):
		return &host.InterruptError{Cause: context.Cause(ctx)}
	}
}

// entry is the main module's path and, unless it is a file, its source.
func entry(ctx context.Context, o *options, cwd string, stdin io.Reader) (string, *string, error) {
	switch {
	case o.isCode:
		return filepath.Join(cwd, "[eval]"), &o.code, nil
	case o.script == "-":
		src, err := readStdin(ctx, stdin)
		if err != nil {
			return "", nil, fmt.Errorf("reading the script from standard input: %w", err)
		}
		return filepath.Join(cwd, "[stdin]"), &src, nil
	}
	abs, err := filepath.Abs(o.script)
	if err != nil {
		return "", nil, err
	}
	info, err := os.Stat(abs)
	if err != nil {
		return "", nil, usagef("cannot read the script %s: %v", o.script, errors.Unwrap(err))
	}
	if info.IsDir() {
		return "", nil, usagef("cannot read the script %s: it is a folder", o.script)
	}
	return abs, nil, nil
}

// readStdin ends with ctx, though a read in progress stays behind.
func readStdin(ctx context.Context, r io.Reader) (string, error) {
	type result struct {
		b   []byte
		err error
	}
	done := make(chan result, 1)
	go func() {
		b, err := io.ReadAll(io.LimitReader(r, maxStdin+1))
		if err == nil && len(b) > maxStdin {
			err = fmt.Errorf("longer than %d bytes", maxStdin)
		}
		done <- result{b, err}
	}()
	select {
	case r := <-done:
		return string(r.b), r.err
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

// report prints what ended the run and returns the exit code.
func report(stderr io.Writer, err error) int {
	var (
		js   *host.JSError
		exit *host.ExitError
		sig  signalError
		trap *host.TrapError
		intr *host.InterruptError
	)
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &exit):
		return exit.Code
	case errors.As(err, &sig):
		return exitSignal + int(sig.sig)
	case errors.As(err, &js):
		fmt.Fprint(stderr, uncaught(js))
		return exitError
	case errors.Is(err, host.ErrUnsettled):
		return fail(stderr, exitUnsettled, err)
	case errors.Is(err, host.ErrCPUTime):
		return fail(stderr, exitLimit, errors.New("CPU time limit reached (--cpu-time)"))
	case errors.As(err, &intr):
		return fail(stderr, exitLimit, intr.Cause)
	case errors.As(err, &trap):
		msg, _, _ := strings.Cut(err.Error(), "\n")
		return fail(stderr, exitInternal, errors.New(msg))
	}
	return fail(stderr, exitError, err)
}

// uncaught is "file:line:column: Uncaught TypeError: …", the line of source with
// a mark, and the stack.
func uncaught(e *host.JSError) string {
	var b strings.Builder
	if pos := e.Position(); pos != "" {
		b.WriteString(pos + ": ")
	}
	b.WriteString("Uncaught ")
	if e.InPromise {
		b.WriteString("(in promise) ")
	}
	stack := strings.TrimRight(e.Stack, "\n")
	text := e.Error()
	if stack != "" {
		text += "\n" + stack
	}
	if e.Details != "" {
		text = e.Details
	}
	// The source goes between the message and the stack, if that can be told.
	if message, rest, ok := strings.Cut(text, "\n"+stack); ok && stack != "" && e.Line != "" {
		text = message + "\n" + excerpt(e) + stack + rest
	}
	b.WriteString(text + "\n")
	return b.String()
}

// maxExcerpt bounds the source shown, in characters: minified code has long lines.
const maxExcerpt = 120

// excerpt is the line of source where e was thrown, with a mark below the place.
func excerpt(e *host.JSError) string {
	number, column := 0, 0
	pos := strings.Split(e.Position(), ":")
	if n := len(pos); n >= 2 {
		number, _ = strconv.Atoi(pos[n-2])
		column, _ = strconv.Atoi(pos[n-1])
	}
	line := []rune(e.Line)
	if column < 1 || column > len(line)+1 || len(line) > maxExcerpt {
		return ""
	}
	blank := make([]rune, column-1)
	for i := range blank {
		if blank[i] = ' '; line[i] == '\t' {
			blank[i] = '\t'
		}
	}
	for i, r := range line {
		if !unicode.IsPrint(r) && r != '\t' {
			line[i] = unicode.ReplacementChar
		}
	}
	gutter := fmt.Sprintf("%5d | ", number)
	return gutter + string(line) + "\n" + strings.Repeat(" ", len(gutter)-2) + "| " + string(blank) + "^\n"
}
