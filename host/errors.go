package host

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/wqjs/wqjs/js"
)

// JSError is an error thrown by JavaScript and caught by nobody.
type JSError struct {
	// Name and Message are the error's: "TypeError", "x is not a function".
	// For a thrown value that is no Error, Name is empty and Message is the
	// value as a string.
	Name, Message string
	// Stack has a line for each frame, innermost first:
	// "    at f (/app/main.js:3:5)".
	Stack string
	// Code, Errno and Syscall are set on errors of system calls:
	// "ECONNREFUSED", "14", "connect".
	Code, Errno, Syscall string
	// Details is the error as console.log shows it, when it has more than name,
	// message and stack (own properties, a cause), else "".
	Details string
	// Line is the line of source at Position, "" when it is not known.
	Line string
	// InPromise is set when a promise was rejected and nobody handled it.
	InPromise bool

	cause error // the Go error that it was made of
	ref   *ref  // the thrown value, when it is still known
}

// Unwrap is the error that a Go function returned, when the JavaScript error was
// made of it; else nil.
func (e *JSError) Unwrap() error { return e.cause }

// Error is "TypeError: x is not a function".
func (e *JSError) Error() string {
	switch {
	case e.Name == "":
		return e.Message
	case e.Message == "":
		return e.Name
	}
	return e.Name + ": " + e.Message
}

// Position is "file:line:column" of the innermost frame that is not the
// library's, or "".
func (e *JSError) Position() string {
	file, line, col, ok := position(e.Stack)
	if !ok {
		return ""
	}
	return fmt.Sprintf("%s:%d:%d", file, line, col)
}

// position finds the innermost frame of user code. A script can make up a
// stack: nothing may rely on it being true.
func position(stack string) (file string, line, col int, ok bool) {
	for frame := range strings.Lines(stack) {
		frame = strings.TrimSpace(frame)
		if inner, found := strings.CutSuffix(frame, ")"); found {
			_, frame, _ = strings.Cut(inner, " (")
		} else {
			frame = strings.TrimPrefix(frame, "at ")
		}
		rest, colText, ok1 := cutLast(frame)
		file, lineText, ok2 := cutLast(rest)
		line, err1 := strconv.Atoi(lineText)
		col, err2 := strconv.Atoi(colText)
		if ok1 && ok2 && err1 == nil && err2 == nil && line > 0 && col > 0 && !strings.HasPrefix(file, js.Prefix) {
			return file, line, col, true
		}
	}
	return "", 0, 0, false
}

// cutLast cuts s at its last colon.
func cutLast(s string) (before, after string, found bool) {
	i := strings.LastIndexByte(s, ':')
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}

// ExitError reports that the script called std.exit.
type ExitError struct{ Code int }

func (e *ExitError) Error() string { return fmt.Sprintf("script exited with code %d", e.Code) }

// InterruptError reports that JavaScript was stopped from outside. It unwraps
// to the reason: the context's cause, ErrCPUTime, ErrClosed, or what
// Interrupt was given. The sandbox may be used on: what ran was cut off where
// it was, and bytes in flight may be lost. Promise jobs and events that are due
// are handled by the next call, so a script that never stops making them needs
// another limit or the end of its sandbox.
type InterruptError struct{ Cause error }

func (e *InterruptError) Error() string { return "interrupted: " + e.Cause.Error() }

// Unwrap is the reason.
func (e *InterruptError) Unwrap() error { return e.Cause }

// TrapError reports that the engine itself failed (out of its stack, an
// internal check). All that the sandbox held is freed, and later calls give the
// same error, until Reset; other sandboxes are not affected.
type TrapError struct{ Err error }

func (e *TrapError) Error() string { return "the engine trapped: " + e.Err.Error() }

// Unwrap is wazero's error.
func (e *TrapError) Unwrap() error { return e.Err }

// Reasons why a sandbox does not run, for errors.Is.
var (
	// ErrClosed: the sandbox was closed.
	ErrClosed = errors.New("sandbox is closed")
	// ErrEngineClosed: the engine was closed.
	ErrEngineClosed = errors.New("engine is closed")
	// ErrImageClosed: the image was closed.
	ErrImageClosed = errors.New("image is closed")
	// ErrInterrupted: Interrupt was called without a reason.
	ErrInterrupted = errors.New("interrupted by the embedder")
	// ErrCPUTime: Limits.CPUTime is used up.
	ErrCPUTime = errors.New("CPU time limit reached")
	// ErrOutput: Limits.Output is used up.
	ErrOutput = errors.New("output limit reached")
	// ErrUnsettled: a module's top-level await waits for something that can no
	// longer happen.
	ErrUnsettled = errors.New("top-level await never settles: nothing is pending that could settle it")
)
