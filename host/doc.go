// Package host runs JavaScript in sandboxes, for Go programs: QuickJS-NG
// compiled to WebAssembly, on wazero, without cgo.
//
// An [Engine] is the compiled code; a process makes one. A [Sandbox] is an
// isolated runtime with a memory of its own, made in some tens of microseconds
// as a copy of an [Image]:
//
//	engine, err := host.NewEngine(ctx, host.Config{CacheDir: dir})
//	// …
//	defer engine.Close(ctx)
//	sandbox, err := engine.NewSandbox(ctx, host.SandboxConfig{Stdout: os.Stdout})
//	// …
//	defer sandbox.Close()
//	err = sandbox.Eval(ctx, "hello.js", `print("Hello")`)
//
// # Running code
//
// [Sandbox.Eval] runs a script, [Sandbox.EvalModule] an ES module given as text
// and [Sandbox.RunFile] one in a file. Timers, sockets and other events are
// handled by [Sandbox.Run], which returns when nothing is pending; RunFile
// includes it. Scripts find the library in the modules wqjs:sockets, wqjs:net,
// wqjs:dns, wqjs:std and wqjs:os, and the globals of the web: console, timers,
// URL, TextEncoder and their like.
//
// # Images and pools
//
// [Engine.NewImage] keeps an initialised memory: the library, and whatever app
// was loaded into it. [Image.NewSandbox] makes sandboxes that start there and
// share the memory they do not change; [Sandbox.Reset] brings one back to the
// image, every byte of it. [Engine.NewSandbox] uses an image of the library
// alone. A [Pool] bounds how many sandboxes there are, and lends each as new.
//
// What must differ between sandboxes does: their random numbers, hashes, clocks,
// arguments, environment, grants and limits are set at each start, and nothing
// of one is ever in another. But all that the code of an image has read can be
// read by all its sandboxes: give it no secrets.
//
// # What a sandbox may do
//
// Nothing, but compute and write to the Stdout and Stderr it is given.
// [Policy] grants network addresses, names, Unix sockets, files and environment
// variables, each by a rule. A [Grant] hands over one open socket, usable
// without any rule. A refused operation throws an error with the code EACCES in
// JavaScript, whose message names the operation, its target and the rule (as
// the flag of the wqjs command).
//
// # Limits
//
// [Limits] bound memory, stack, execution time, output, and the number of
// sockets, files, timers and lookups. [Sandbox.Stats] tells what is used. At its memory limit a script gets an
// InternalError, at its stack limit a RangeError. Contexts bound each call:
// when one ends, running code stops, and so does whatever it waits for, be it a
// blocking accept. It takes well under a millisecond for most code, and up to
// some tenths of a second for one pass of a builtin over hundreds of megabytes.
//
// # Errors
//
// Calls return, to be told apart with [errors.As] and [errors.Is]:
//
//   - [*JSError]: JavaScript threw, or a promise was rejected. The sandbox may be
//     used on.
//   - [*ExitError]: the script called std.exit.
//   - [*InterruptError]: the context ended, [Sandbox.Interrupt] was called
//     ([ErrInterrupted] or your reason), the sandbox was closed ([ErrClosed]), or
//     Limits.CPUTime or Limits.Output is used up ([ErrCPUTime], [ErrOutput]).
//   - [*TrapError]: the engine failed; this sandbox is gone, unless it is Reset.
//   - [ErrUnsettled]: a top-level await can never settle.
//   - [ErrClosed], [ErrImageClosed], [ErrPoolClosed], [ErrEngineClosed]: too late.
//
// # Concurrency
//
// Engines are for all goroutines. Sandboxes run in parallel with each other;
// calls of one sandbox run one after the other. A sandbox that waits parks its
// goroutine and holds no thread.
package host
