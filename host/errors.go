package host

import (
	"errors"
	"fmt"
	"strings"
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
	// InPromise is set when a promise was rejected and nobody handled it.
	InPromise bool
}

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

// Position is "file:line:column" of the innermost frame that has one, or "".
func (e *JSError) Position() string {
	for line := range strings.Lines(e.Stack) {
		line = strings.TrimSpace(line)
		if i := strings.LastIndexByte(line, '('); i >= 0 {
			line = strings.TrimSuffix(line[i+1:], ")")
		} else {
			line = strings.TrimPrefix(line, "at ")
		}
		if line != "native" && strings.Contains(line, ":") && !strings.HasPrefix(line, "wqjs:") {
			return line
		}
	}
	return ""
}

// ExitError reports that the script called std.exit.
type ExitError struct{ Code int }

func (e *ExitError) Error() string { return fmt.Sprintf("script exited with code %d", e.Code) }

// InterruptError reports that JavaScript was stopped from outside. It unwraps
// to the reason: the context's cause, ErrCPUTime, ErrClosed, or what
// Interrupt was given. Bytes in flight may be lost, but the sandbox is intact.
type InterruptError struct{ Cause error }

func (e *InterruptError) Error() string { return "interrupted: " + e.Cause.Error() }

// Unwrap is the reason.
func (e *InterruptError) Unwrap() error { return e.Cause }

// TrapError reports that the engine itself failed (out of its stack, an
// internal check). The sandbox is closed; others are not affected.
type TrapError struct{ Err error }

func (e *TrapError) Error() string { return "the engine trapped: " + e.Err.Error() }

// Unwrap is wazero's error.
func (e *TrapError) Unwrap() error { return e.Err }

// Reasons why a sandbox does not run.
var (
	// ErrClosed: the sandbox was closed.
	ErrClosed = errors.New("sandbox is closed")
	// ErrCPUTime: Limits.CPUTime is used up.
	ErrCPUTime = errors.New("CPU time limit reached")
	// ErrUnsettled: a module's top-level await waits for something that can no
	// longer happen.
	ErrUnsettled = errors.New("top-level await never settles: nothing is pending that could settle it")
)
