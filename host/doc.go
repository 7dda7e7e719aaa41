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
// variables, each by a rule; [ReadPolicy] takes them from a file, and a
// [PolicyRecorder] learns which a run needs. A [Grant] hands over one open
// socket, net.Conn or net.Listener, usable without any rule, with fewer rights,
// byte budgets and a deadline where wanted; [Sandbox.Grant] does so later. A refused operation throws an error with the code EACCES in
// JavaScript, whose message names the operation, its target and the rule (as
// the flag of the wqjs command).
//
// # Networks
//
// Sockets are the system's, or those of a [VirtualNet]: a network in memory, which
// several sandboxes and Go can share, with latency, loss, resets and names as the
// test at hand needs them. The policy decides the same on both.
//
// [Sandbox.Handler] makes an app an http.Handler, without a port; [Pool.Handler]
// one with a sandbox of its own for each request.
//
// # Limits
//
// [Limits] bound memory, stack, execution time, output, what waits in Go for the
// sandbox, and the number of sockets, files, timers, lookups and handles.
// [Sandbox.Stats] tells what is used. At its memory limit a script gets an
// InternalError, at its stack limit a RangeError. Contexts bound each call:
// when one ends, running code stops, and so does whatever it waits for, be it a
// blocking accept. It takes well under a millisecond for most code, and up to
// some tenths of a second for one pass of a builtin over hundreds of megabytes.
//
// # Calls and values
//
// [Sandbox.Call] calls a function of JavaScript and waits for its promise;
// [CallAs] gives the result as a Go type. A [Value] is a copy of a number, string,
// bytes or a Date, and a handle on everything else: [Value.Get], [Value.Call] and
// [As] work with it, [Value.Release] gives it up. [Sandbox.Set] hands over Go
// values, functions among them: plain ones, those of [Func1] and its like, which
// need no reflection, and [Async] ones, which give promises. Channels, iterators,
// readers and writers become asynchronous iterables and streams; [Value.Iter]
// ranges over those of JavaScript.
//
//	sum, err := host.CallAs[int](ctx, sandbox, "add", 1, 2)
//
// A Go function that JavaScript called may call back into its sandbox with the
// context that it was given, and only with that: else there is [ErrReentrant]. It
// cannot wait for promises there ([ErrNestedWait]). One that waits for anything
// should take a context: it ends at the deadline and when the sandbox is
// interrupted. A panic becomes an error of JavaScript ([PanicError]). Errors of Go
// that nobody catches come back as they were, for errors.Is, inside of a
// [JSError]; errors of JavaScript that pass through Go stay the same objects.
//
// # Plugins
//
// [LoadPlugin] loads code that the program calls, and may replace: its exports are
// checked against a declared interface ([PluginExports] takes it from a struct of
// functions, which [BindPlugin] fills in), [Plugin.Swap] and [Plugin.Reload] put
// another version in its place without losing a call, and sandboxes that broke
// are replaced by a rule. What a plugin imports by the name of one of its
// [PluginDependency] runs in sandboxes of its own, with grants and limits of its
// own; values that cross are copies.
//
// # Recordings
//
// A [Recorder] in SandboxConfig.Record writes down all that a sandbox gets and
// does, and [Engine.Replay] repeats it elsewhere, byte for byte, without network,
// files or clock. With a changed source it tells where the run first does
// something else ([DivergenceError]).
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
//   - [*DecodeError]: a value does not fit a Go type. [ErrCycle], [ErrDepth],
//     [ErrTooLarge]: it cannot cross. [ErrHandles], [ErrReleased], [ErrForeign]:
//     of handles.
//   - [*PluginError]: of a plugin, around one of these; [*InterfaceError] when it
//     does not export what it must, [ErrPluginClosed], [ErrCallTimeout],
//     [ErrRestarts].
//   - [ErrQueued]: Limits.Queued bytes wait in Go.
//   - [ErrUnsettled]: a promise, as a top-level await, can never settle.
//   - [ErrClosed], [ErrImageClosed], [ErrPoolClosed], [ErrEngineClosed]: too late.
//
// # Examples
//
// There is one for each of these parts: a first script and its errors (of the
// package), [Limits], [Policy] and [PolicyRecorder], Go functions ([Sandbox.Set],
// [Func1]), promises ([Async]), iterators ([Value.Iter]), images
// ([Engine.NewImage]), [Pool], plugins ([LoadPlugin]), an app as an http.Handler
// ([Sandbox.Handler]), [VirtualNet], [Grant] and [Recorder]. Programs are in
// examples/embed: a rules engine, a host of plugins, a server of functions.
//
// # Concurrency
//
// Engines are for all goroutines. Sandboxes run in parallel with each other;
// calls of one sandbox run one after the other. A sandbox that waits parks its
// goroutine and holds no thread.
package host
