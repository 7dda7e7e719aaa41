package main

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/wqjs/wqjs/host"
)

const usage = `wqjs runs JavaScript in a sandbox. Nothing is allowed unless a flag allows it.

  wqjs [run] [flags] script.js [args]   run a module file
  wqjs [run] [flags] -e CODE [args]     run CODE
  wqjs [run] [flags] - [args]           run the module on standard input
  wqjs serve [flags] app.js [args]      serve an app with one worker per CPU
  wqjs replay FILE [script.js]          repeat a run of --record, without what it reached
  wqjs cache [path|clear|warm]          the folder of compiled code
  wqjs version | help

Permissions (lists are separated by commas; without a value: all of the kind)
  --allow-listen[=ADDR]     listen on TCP addresses: 127.0.0.1:8080, :8080, [::1]:80
  --allow-connect[=HOST]    connect by TCP: example.com:443, *.example.com, 10.0.0.0/8:5432
  --allow-resolve[=NAME]    look names up: example.com, *.example.com
  --allow-udp[=ADDR]        send and receive UDP
  --allow-unix[=PATH]       Unix sockets: a path, a folder ending in /, @abstract
  --allow-raw               raw sockets
  --allow-read[=PATH]       read files and folders
  --allow-write[=PATH]      write files and folders
  --allow-env[=NAME]        environment variables: HOME, APP_*
  -A, --allow-all           everything
  --policy FILE             the rules of a policy file (JSON); flags add to it
  --learn FILE              write a policy file with what the run used of what it may:
                            with -A, all that the script needs. Only for scripts you trust
  --listen ADDR             open a listener (ADDR, unix:PATH; NAME=ADDR names it) and
                            hand it to the script as granted of wqjs:sockets; sockets of
                            systemd-style activation (LISTEN_FDS) are handed over too

Limits
  --memory SIZE             memory of the sandbox, 4m to 4g (default 256m)
  --stack SIZE              stack for JavaScript, 16k to 960k (default 512k)
  --timeout DURATION        end the run after this time: 500ms, 10s, 5m
  --cpu-time DURATION       end it after executing this long, waiting not counted
  --max-fds N               open sockets (default 4096)

  --cpu-profile FILE        sample what executes, for go tool pprof FILE
  --record FILE             record the run for wqjs replay: all that the script gets and
                            does, secrets too
  --record-limit SIZE       end the run when FILE has this size (default 1g)

Serving
  --listen ADDR             where (default 127.0.0.1:8080); workers share it
  --workers N               sandboxes that run in parallel (default: CPUs)
  --watch                   reload when a file of the app's folder changes
  --access-log[=text|json]  a line for each response on standard output
  --metrics ADDR            Prometheus metrics on http://ADDR/metrics
  --tls-cert FILE           HTTPS with this certificate (PEM, with what leads to its authority)
  --tls-key FILE            and its private key (PEM); --watch reads both again
  --grace DURATION          for requests in flight at the end (default 10s)

Environment: WQJS_CACHE=off, or a folder, for compiled code.
Exit codes: 0; 1 uncaught error; 2 wrong usage; 13 top-level await never settles;
65 the recording is damaged, or the replay diverges; 70 engine failure; 124 time limit; 128+N signal N; or what std.exit was given.
`

// options are the parsed flags of run.
type options struct {
	policy  host.Policy
	limits  host.Limits
	timeout time.Duration
	profile string // a path, or none
	record  recordOptions
	learn   string // a path, or none
	listen  []string
	serve   serveOptions

	code   string // -e
	isCode bool
	script string // a path, or "-"
	args   []string
}

// usageError is a wrong flag or argument.
type usageError struct{ msg string }

func (e *usageError) Error() string { return e.msg + " (wqjs help lists the flags)" }

func usagef(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }

// flagSpec is one entry of the table.
type flagSpec struct {
	optional bool // the value may be left out
	none     bool // takes no value
	set      func(o *options, value string, given bool) error
}

func list(dst func(o *options) *[]string) flagSpec {
	return flagSpec{optional: true, set: func(o *options, v string, given bool) error {
		if !given {
			v = "*"
		}
		for item := range strings.SplitSeq(v, ",") {
			if item == "" {
				return errors.New("an item of the list is empty")
			}
			*dst(o) = append(*dst(o), item)
		}
		return nil
	}}
}

// paths is a list of files or folders; all of the kind is the root.
func paths(dst func(o *options) *[]string) flagSpec {
	l := list(dst)
	l.set = func(o *options, v string, given bool) error {
		if !given {
			v = "/"
		}
		for item := range strings.SplitSeq(v, ",") {
			abs, err := filepath.Abs(item)
			if err != nil || item == "" {
				return errors.New("an item of the list is no path")
			}
			*dst(o) = append(*dst(o), abs)
		}
		return nil
	}
	return l
}

func unixPaths(o *options, v string, given bool) error {
	if !given {
		v = "*"
	}
	for item := range strings.SplitSeq(v, ",") {
		if item != "*" && !strings.HasPrefix(item, "@") && item != "" {
			abs, err := filepath.Abs(item)
			if err != nil {
				return err
			}
			if strings.HasSuffix(item, "/") && abs != "/" {
				abs += "/"
			}
			item = abs
		}
		o.policy.Unix = append(o.policy.Unix, item)
	}
	return nil
}

func duration(dst func(o *options) *time.Duration) flagSpec {
	return flagSpec{set: func(o *options, v string, _ bool) error {
		d, err := time.ParseDuration(v)
		if err != nil || d <= 0 {
			return errors.New("want a positive duration such as 500ms, 10s or 5m")
		}
		*dst(o) = d
		return nil
	}}
}

func size(set func(o *options, n uint64)) flagSpec {
	return flagSpec{set: func(o *options, v string, _ bool) error {
		n, err := parseSize(v)
		if err != nil {
			return err
		}
		set(o, n)
		return nil
	}}
}

func parseSize(v string) (uint64, error) {
	unit := uint64(1)
	num := strings.TrimSuffix(strings.TrimSuffix(strings.ToLower(v), "b"), "i")
	if num != "" {
		if i := strings.IndexByte("kmg", num[len(num)-1]); i >= 0 {
			unit, num = 1<<(10*(i+1)), num[:len(num)-1]
		}
	}
	n, err := strconv.ParseUint(num, 10, 64)
	if err != nil || n > math.MaxUint64/unit {
		return 0, errors.New("want a size such as 64m, 512k or 1g")
	}
	return n * unit, nil
}

var flags = map[string]flagSpec{
	"--allow-listen":  list(func(o *options) *[]string { return &o.policy.Listen }),
	"--allow-connect": list(func(o *options) *[]string { return &o.policy.Connect }),
	"--allow-resolve": list(func(o *options) *[]string { return &o.policy.Resolve }),
	"--allow-udp":     list(func(o *options) *[]string { return &o.policy.UDP }),
	"--allow-env":     list(func(o *options) *[]string { return &o.policy.Env }),
	"--allow-unix":    {optional: true, set: unixPaths},
	"--allow-read":    paths(func(o *options) *[]string { return &o.policy.ReadDirs }),
	"--allow-write":   paths(func(o *options) *[]string { return &o.policy.WriteDirs }),
	"--allow-raw":     {none: true, set: func(o *options, _ string, _ bool) error { o.policy.Raw = true; return nil }},
	"--allow-all":     {none: true, set: func(o *options, _ string, _ bool) error { o.policy.All = true; return nil }},
	"--listen": {set: func(o *options, v string, _ bool) error {
		o.listen = append(o.listen, v)
		return nil
	}},
	"--policy": {set: func(o *options, v string, _ bool) error { return addPolicy(&o.policy, v) }},
	"--learn": {set: func(o *options, v string, _ bool) error {
		if v == "" {
			return errors.New("want a file")
		}
		o.learn = v
		return nil
	}},
	"--memory":   size(func(o *options, n uint64) { o.limits.Memory = n }),
	"--stack":    size(func(o *options, n uint64) { o.limits.Stack = uint32(min(n, math.MaxUint32)) }),
	"--timeout":  duration(func(o *options) *time.Duration { return &o.timeout }),
	"--cpu-time": duration(func(o *options) *time.Duration { return &o.limits.CPUTime }),
	"--cpu-profile": {set: func(o *options, v string, _ bool) error {
		if v == "" {
			return errors.New("want a file")
		}
		o.profile = v
		return nil
	}},
	"--record": {set: func(o *options, v string, _ bool) error {
		if v == "" {
			return errors.New("want a file")
		}
		o.record.path = v
		return nil
	}},
	"--record-limit": size(func(o *options, n uint64) { o.record.limit = int64(min(n, math.MaxInt64)) }),
	"--max-fds": {set: func(o *options, v string, _ bool) error {
		n, err := strconv.Atoi(v)
		if err != nil || n < 1 {
			return errors.New("want a positive number")
		}
		o.limits.FDs = n
		return nil
	}},
}

// parseRun reads the flags and arguments of run.
func parseRun(args []string) (*options, error) { return parseFlags(args, nil) }

// parseFlags reads flags, those of more too, the script and its arguments.
func parseFlags(args []string, more map[string]flagSpec) (*options, error) {
	o := &options{}
	for len(args) > 0 {
		arg := args[0]
		switch {
		case arg == "-A":
			o.policy.All = true
			args = args[1:]
			continue
		case arg == "-e" || arg == "--eval":
			if len(args) < 2 {
				return nil, usagef("%s needs the code to run", arg)
			}
			o.code, o.isCode, o.args = args[1], true, args[2:]
			return o, nil
		case arg == "-" || !strings.HasPrefix(arg, "-"):
			o.script, o.args = arg, args[1:]
			return o, nil
		case arg == "--":
			if len(args) < 2 {
				return nil, usagef("no script given")
			}
			o.script, o.args = args[1], args[2:]
			return o, nil
		}
		name, value, given := strings.Cut(arg, "=")
		f, ok := flags[name]
		if !ok {
			f, ok = more[name]
		}
		args = args[1:]
		switch {
		case !ok:
			return nil, usagef("unknown flag %s", name)
		case f.none && given:
			return nil, usagef("%s takes no value, got %q", name, value)
		case !f.none && !f.optional && !given:
			if len(args) == 0 {
				return nil, usagef("%s needs a value", name)
			}
			value, args = args[0], args[1:]
		}
		if err := f.set(o, value, given); err != nil {
			return nil, usagef("%s=%s: %v", name, value, err)
		}
	}
	return nil, usagef("no script given")
}
