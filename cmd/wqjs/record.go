package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"

	"github.com/wqjs/wqjs/host"
)

// recordOptions are those of --record.
type recordOptions struct {
	path  string // or none
	limit int64  // 0: the default
}

// recording is the file of --record; nil is none.
type recording struct {
	*host.Recorder
	file *os.File
}

// openRecording makes the file before the run, so that a wrong path shows at
// once. What a script gets is nobody else's business: 0600.
func openRecording(o recordOptions) (*recording, error) {
	switch {
	case o.path == "" && o.limit != 0:
		return nil, usagef("--record-limit is of no use without --record")
	case o.path == "":
		return nil, nil
	}
	f, err := os.OpenFile(o.path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, usagef("--record: %v", err)
	}
	return &recording{host.NewRecorder(f, o.limit), f}, nil
}

func (r *recording) recorder() *host.Recorder {
	if r == nil {
		return nil
	}
	return r.Recorder
}

func (r *recording) failed() bool { return r != nil && r.Err() != nil }

// report is report for a run that ended with err; a recording that is not
// complete is an error whatever the run was.
func (r *recording) report(stderr io.Writer, err error) int {
	if r == nil {
		return report(stderr, err)
	}
	failed := errors.Join(r.Err(), r.file.Close())
	if failed == nil {
		return report(stderr, err)
	}
	var js *host.JSError
	if errors.As(err, &js) {
		report(stderr, err)
	}
	if errors.Is(failed, host.ErrRecordLimit) {
		failed = fmt.Errorf("%w (--record-limit)", failed)
	}
	return fail(stderr, exitError, fmt.Errorf("--record: %w", failed))
}

// replayCommand is wqjs replay FILE [script.js].
func replayCommand(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) < 1 || len(args) > 2 || len(args[0]) > 1 && args[0][0] == '-' {
		return fail(stderr, exitUsage, usagef("replay needs the file of a recording, and perhaps a script"))
	}
	file, err := os.Open(args[0])
	if err != nil {
		return fail(stderr, exitUsage, usagef("cannot read the recording: %v", err))
	}
	defer file.Close()
	config := host.ReplayConfig{Stdout: stdout, Stderr: stderr}
	if len(args) == 2 {
		source, err := os.ReadFile(args[1])
		if err != nil {
			return fail(stderr, exitUsage, usagef("cannot read the script: %v", err))
		}
		text := strings.TrimPrefix(string(source), "\ufeff") // as a run does
		config.Source = &text
	}
	engine, err := newEngine(ctx)
	if err != nil {
		return fail(stderr, exitInternal, err)
	}
	type result struct {
		host.Replayed
		err error
	}
	done := make(chan result, 1)
	go func() {
		r, err := engine.Replay(ctx, file, config)
		engine.Close(context.Background())
		done <- result{r, err}
	}()
	var r result
	select {
	case r = <-done:
	case <-ctx.Done():
		return report(stderr, &host.InterruptError{Cause: context.Cause(ctx)})
	}
	var damaged *host.RecordingError
	var diverged *host.DivergenceError
	switch {
	case errors.As(r.err, &damaged), errors.As(r.err, &diverged):
		return fail(stderr, exitRecording, r.err)
	case r.err != nil:
		return report(stderr, r.err)
	}
	return report(stderr, again(r.Err))
}

// again gives the end by a signal its exit code.
func again(err error) error {
	var intr *host.InterruptError
	if errors.As(err, &intr) {
		for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
			if e := (signalError{sig}); intr.Cause.Error() == e.Error() {
				return &host.InterruptError{Cause: e}
			}
		}
	}
	return err
}
