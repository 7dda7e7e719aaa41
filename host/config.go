package host

import (
	"context"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"time"

	"github.com/wqjs/wqjs/imports"
)

// Policy says what a sandbox may reach. The zero value denies everything.
//
// Each rule is one string, as in the CLI's flags: see the fields. A rule "*"
// allows all of its kind but special address ranges (link-local, cloud
// metadata), which need an explicit address or CIDR.
type Policy struct {
	// All allows everything, special ranges and all files too.
	All bool
	// Connect lists TCP destinations: "example.com:443", "*.example.com",
	// "10.0.0.0/8:5432", "[::1]:80". A name allows exactly the addresses that
	// the sandbox's own lookup of it returned.
	Connect []string
	// Listen lists local TCP addresses: "127.0.0.1:8080", ":8080", "*".
	Listen []string
	// Resolve lists names that may be looked up: "example.com", "*.internal".
	Resolve []string
	// UDP lists local and remote UDP addresses, in the form of Connect.
	UDP []string
	// Unix lists socket paths, folders with a trailing slash, and "@abstract"
	// names.
	Unix []string
	// Raw allows raw sockets (the process needs the privilege as well).
	Raw bool
	// Env lists environment variables of SandboxConfig.Env the guest may see:
	// "HOME", "APP_*", "*".
	Env []string
	// ReadDirs and WriteDirs list folders or files of the host, shown to the
	// guest at the same absolute path. A write grant does not imply reading.
	ReadDirs, WriteDirs []string
	// Recorder, if set, learns what the sandbox uses of this policy.
	Recorder *PolicyRecorder
}

// Limits bound what a sandbox may use. Zero values are the defaults named.
type Limits struct {
	// Memory is the size of the guest's memory in bytes, runtime included:
	// default 256 MiB, at least 4 MiB, at most 4 GiB. Near it, JavaScript gets
	// an out-of-memory error; beyond it, memory does not grow.
	Memory uint64
	// Stack is how much of the engine's 1 MiB C stack JavaScript may use, in
	// bytes; beyond it there is a RangeError. Default 512 KiB. A recursion that
	// uses all of it costs the process about 40 times as much, besides Memory,
	// until the sandbox is closed.
	Stack uint32
	// CPUTime is how long the sandbox may execute, over its life, by the wall
	// clock; waiting does not count. Default: no limit.
	CPUTime time.Duration
	// Output is how many bytes may be written to Stdout and Stderr together, over
	// the sandbox's life. A write beyond it is not done, and the call in
	// progress ends with an InterruptError for ErrOutput. Default: no limit.
	Output int64
	// FDs is how many sockets may be open. Default 4096, at most 65,536.
	FDs int
	// Files is how many files may be open. Default 256.
	Files int
	// Timers is how many timers may be pending. Default 100,000, at most 524,288.
	Timers int
	// Lookups is how many names the sandbox may look up over its life.
	// Default 100,000.
	Lookups int
	// Queued is how many bytes may wait in Go's memory, for the sandbox or because
	// of it: arguments and results of asynchronous Go functions that run or were
	// not fetched, chunks of streams, and buffers of TLS and granted connections. A
	// call, or its result, beyond it is ErrQueued; connections get along with
	// buffers of 4 KiB. Default 64 MiB. Besides, one message of up to 64 MiB is
	// under way between Go and JavaScript.
	Queued int64
	// Handles is how many Values may be live that refer to objects of the
	// sandbox, and how many Go functions and errors it may hold. Default
	// 100,000, at most 1,048,576.
	Handles int
}

const (
	defaultMemory  = 256 << 20
	minMemory      = 4 << 20
	maxMemory      = 4 << 30
	defaultStack   = 512 << 10
	minStack       = 16 << 10
	maxStack       = 960 << 10
	defaultFDs     = 4096
	maxFDs         = 65536 // of the guest's tables, as is maxTimers
	defaultFiles   = 256
	defaultTimers  = 100_000
	maxTimers      = 1 << 19
	defaultLookups = 100_000
	defaultQueued  = 64 << 20
	defaultHandles = 100_000
	maxHandles     = 1 << 20
)

// Grant is a socket the sandbox may use without any other permission: a
// listener, or a connection. Scripts find it in granted of wqjs:sockets. It has
// one of File, Conn and Listener.
//
// A File is granted again when the sandbox is Reset. A Conn, a Listener and what
// has budgets or a deadline are not, and a Pool takes none: give new ones with
// Sandbox.Grant.
type Grant struct {
	// Name tells scripts what it is for; it may be empty.
	Name string
	// File is the socket; the sandbox gets a duplicate. (*net.TCPListener).File
	// and its like give one.
	File *os.File
	// Conn is any connection of Go: TLS, one end of net.Pipe, a VirtualNet's. The
	// sandbox owns it from then on, and closes it.
	Conn net.Conn
	// Listener is any listener of Go: of TLS, a VirtualNet, or the program's own.
	// The sandbox owns it from then on, and closes it. At most 16 connections are
	// accepted before scripts do. An error of Accept that is not temporary is what
	// they get from then on.
	Listener net.Listener
	// Rights, if not 0, are all that may be done with it.
	Rights Rights
	// RecvBytes and SendBytes are how many bytes the sandbox may receive and send
	// by it, by all connections of a listener together; 0 is any number. Beyond
	// them the connection ends with EDQUOT, when so many were handed over. Only
	// for stream sockets.
	RecvBytes, SendBytes int64
	// Deadline, if not zero, is when the connection ends, or the listener and its
	// connections, with ETIMEDOUT. Only for stream sockets.
	Deadline time.Time
}

// Rights are what may be done with a granted socket. Without one, EACCES names
// what is missing.
type Rights uint32

// The rights of sockets. RightAccept is for listeners; a connection from one has
// its RightGetOpt and RightSetOpt, and all the others.
const (
	RightAccept   = Rights(imports.RightAccept)
	RightSend     = Rights(imports.RightSend)
	RightRecv     = Rights(imports.RightRecv)
	RightGetOpt   = Rights(imports.RightGetOpt)
	RightSetOpt   = Rights(imports.RightSetOpt)
	RightShutdown = Rights(imports.RightShutdown)
)

// Mount shows a file system read-only at an absolute path of the guest.
type Mount struct {
	GuestPath string
	FS        fs.FS
}

// SandboxConfig configures a Sandbox. The zero value grants nothing.
type SandboxConfig struct {
	Policy Policy
	Limits Limits
	Grants []Grant
	Mounts []Mount
	// ModuleDirs are folders that ES modules may be imported from, besides
	// those of Policy.ReadDirs.
	ModuleDirs []string
	// Dir is the guest's working folder, for relative paths: absolute; default
	// "/".
	Dir string
	// Args are the script's arguments: scriptArgs.
	Args []string
	// Env is the environment that Policy.Env chooses from: "NAME=value".
	Env []string
	// Stdin, Stdout and Stderr are the guest's; nil is empty and discarded. A
	// Read or Write that blocks does not keep the sandbox from being
	// interrupted: it is left behind with its goroutine until it returns. So a
	// Write may still be in progress when an interrupted call has returned, if
	// it takes longer than 50 ms.
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	// Profile, if not nil, collects samples of the JavaScript that runs.
	Profile *CPUProfile
	// Record, if not nil, records all that the sandbox gets and does.
	Record *Recorder
	// Net, if not nil, takes the place of the system's network. The policy is the
	// same on both.
	Net *VirtualNet
	// Resolver answers lookups; nil is Net, or else net.DefaultResolver.
	Resolver *net.Resolver
	// ModuleLoader, if set, is asked for modules that are neither the library's
	// nor loaded already, before files: by absolute path ("/app/a.js") or by the
	// bare name that a script imports ("lodash"). It returns the source; an error
	// that is fs.ErrNotExist leaves paths to files. It runs in a goroutine of its
	// own with a context that ends when the call is interrupted, which does not
	// wait for it.
	ModuleLoader func(ctx context.Context, name string) ([]byte, error)
	// Clock is the time that scripts see; nil is time.Now. Timers and limits go
	// by the system's clock. It is called by the goroutine that runs scripts.
	Clock func() time.Time
	// Random seeds Math.random and the hashes of maps, with 8 bytes at each
	// start; nil is crypto/rand.
	Random io.Reader
	// Logger is told of refusals by the policy (Warn, the first 100) and of traps
	// (Error); nil is none.
	Logger *slog.Logger
}

// Codec is a content coding of HTTP ("br", "zstd") that scripts may use, in
// Config.Codecs. NewWriter makes an encoder; its level is 1 (fast) to 9 (small),
// or -1 for the usual one. NewReader makes a decoder. Both are called, and what
// they return is used, on the goroutines that run sandboxes, several at a time.
type Codec = imports.Codec

// CodecWriter is an encoder: Flush makes all that was written decodable, Close
// ends the stream.
type CodecWriter = imports.CodecWriter
