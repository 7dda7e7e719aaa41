// Command wqjs runs JavaScript in a sandbox that reaches only what its flags
// grant.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/wqjs/wqjs/host"
)

// Exit codes, besides those scripts choose with std.exit.
const (
	exitOK        = 0
	exitError     = 1   // uncaught error or unhandled rejection
	exitUsage     = 2   // wrong flags or arguments
	exitUnsettled = 13  // top-level await that never settles (as in Node)
	exitRecording = 65  // a recording that cannot be reproduced (EX_DATAERR)
	exitInternal  = 70  // the engine failed (EX_SOFTWARE)
	exitLimit     = 124 // --timeout or --cpu-time reached (as timeout(1) says)
	exitSignal    = 128 // plus the signal's number
)

func main() { os.Exit(doMain(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// signalError is the cause when a signal ends the run.
type signalError struct{ sig syscall.Signal }

func (e signalError) Error() string { return "stopped by " + e.sig.String() }

// doMain is main as a function: arguments and streams in, exit code out.
func doMain(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	sigs := make(chan os.Signal, 1)
	signal.Notify(sigs, syscall.SIGINT, syscall.SIGTERM)
	defer signal.Stop(sigs)
	var asked asker
	go func() {
		select {
		case s := <-sigs:
			signal.Stop(sigs) // a second one kills
			if asked.toEnd() {
				select {
				case <-time.After(gracefulTime):
				case <-ctx.Done():
					return
				}
			}
			sig, _ := s.(syscall.Signal)
			cancel(signalError{sig})
		case <-ctx.Done():
		}
	}()

	command := "run"
	if len(args) == 0 {
		fmt.Fprint(stderr, usage)
		return exitUsage
	}
	switch args[0] {
	case "run", "serve", "replay", "version", "help", "cache":
		command, args = args[0], args[1:]
	case "-h", "--help":
		command, args = "help", nil
	case "-v", "--version":
		command, args = "version", nil
	}
	switch command {
	case "version":
		printVersion(stdout)
		return exitOK
	case "help":
		fmt.Fprint(stdout, usage)
		return exitOK
	case "serve":
		return serveCommand(ctx, args, stdout, stderr)
	case "replay":
		return replayCommand(ctx, args, stdout, stderr)
	case "cache":
		return cacheCommand(ctx, args, stdout, stderr)
	}
	return runCommand(ctx, args, stdin, stdout, stderr, &asked)
}

// gracefulTime is how long a program may take to end when a signal asked it to.
const gracefulTime = 12 * time.Second

// asker asks the program that runs to end by itself.
type asker struct{ sandbox atomic.Pointer[host.Sandbox] }

// toEnd reports whether there is one that can be asked.
func (a *asker) toEnd() bool {
	s := a.sandbox.Load()
	return s != nil && s.Shutdown()
}

// fail prints one readable message.
func fail(stderr io.Writer, code int, err error) int {
	fmt.Fprintf(stderr, "wqjs: %v\n", err)
	return code
}
