package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"time"

	"github.com/wqjs/wqjs/host"
)

// serveOptions are the flags of serve, besides those of run.
type serveOptions struct {
	workers int
	watch   bool
	log     int // as the guest counts: 0 none, 1 text, 2 JSON
	metrics string
	grace   time.Duration

	tlsCert, tlsKey string // files
}

const (
	defaultAddr  = "127.0.0.1:8080"
	defaultGrace = 10 * time.Second
	maxWorkers   = 256
)

var serveFlags = map[string]flagSpec{
	"--workers": {set: func(o *options, v string, _ bool) error {
		n, err := strconv.Atoi(v)
		if err != nil || n < 1 || n > maxWorkers {
			return fmt.Errorf("want a number from 1 to %d", maxWorkers)
		}
		o.serve.workers = n
		return nil
	}},
	"--watch":    {none: true, set: func(o *options, _ string, _ bool) error { o.serve.watch = true; return nil }},
	"--metrics":  {set: func(o *options, v string, _ bool) error { o.serve.metrics = v; return nil }},
	"--grace":    duration(func(o *options) *time.Duration { return &o.serve.grace }),
	"--tls-cert": {set: func(o *options, v string, _ bool) error { o.serve.tlsCert = v; return nil }},
	"--tls-key":  {set: func(o *options, v string, _ bool) error { o.serve.tlsKey = v; return nil }},
	"--access-log": {optional: true, set: func(o *options, v string, given bool) error {
		switch {
		case !given || v == "text":
			o.serve.log = 1
		case v == "json":
			o.serve.log = 2
		default:
			return errors.New("want text or json")
		}
		return nil
	}},
}

func serveCommand(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parseFlags(args, serveFlags)
	switch {
	case err != nil:
		return fail(stderr, exitUsage, err)
	case o.isCode || o.script == "-":
		return fail(stderr, exitUsage, usagef("serve needs the file of an app"))
	case o.timeout > 0:
		return fail(stderr, exitUsage, usagef("serve has no --timeout; --grace bounds its end"))
	case o.profile != "":
		return fail(stderr, exitUsage, usagef("serve has no --cpu-profile; embedders have host.CPUProfile"))
	case o.record.path != "" && o.serve.workers != 1:
		return fail(stderr, exitUsage, usagef("serve records one worker, which is not replaced: add --workers 1"))
	case o.record.path != "" && o.serve.watch:
		return fail(stderr, exitUsage, usagef("serve records one worker, which is not replaced: leave out --watch"))
	}
	cwd, err := os.Getwd()
	if err != nil {
		return fail(stderr, exitUsage, err)
	}
	app, _, err := entry(ctx, o, cwd, nil)
	if err != nil {
		return fail(stderr, exitUsage, err)
	}
	if o.serve.workers == 0 {
		o.serve.workers = min(runtime.NumCPU(), maxWorkers)
	}
	if o.serve.grace == 0 {
		o.serve.grace = defaultGrace
	}
	identity, err := readIdentity(&o.serve)
	if err != nil {
		return fail(stderr, exitUsage, err)
	}
	listeners, err := openShared(ctx, o)
	if err != nil {
		return fail(stderr, exitUsage, err)
	}
	defer socketsOf(o.listen).remove()
	p := &pool{
		o: o, app: app, cwd: cwd, listeners: listeners,
		stdout: &lockedWriter{w: stdout}, stderr: &lockedWriter{w: stderr},
		slots: make([]*slot, o.serve.workers),
	}
	defer p.closeListeners()
	p.identity.Store(&identity)
	var metrics net.Listener
	if o.serve.metrics != "" {
		if metrics, err = net.Listen("tcp", o.serve.metrics); err != nil {
			return fail(stderr, exitUsage, usagef("--metrics %s: %v", o.serve.metrics, err))
		}
	}
	if p.recording, err = openRecording(o.record); err != nil {
		return fail(stderr, exitUsage, err)
	}
	lesson, err := openLesson(o.learn)
	if err != nil {
		return fail(stderr, exitUsage, err)
	}
	o.policy.Recorder = lesson.recorder() // of all workers
	if p.engine, err = newEngine(ctx); err != nil {
		return fail(stderr, exitInternal, err)
	}
	code := p.run(ctx, metrics)
	p.engine.Close(context.Background())
	if err := lesson.write(stderr); err != nil {
		return fail(stderr, exitError, fmt.Errorf("--learn: %w", err))
	}
	return code
}

// openShared opens the listeners of --listen, those of each worker: sockets of
// its own where the system spreads connections over them, else the same ones.
func openShared(ctx context.Context, o *options) ([][]host.Grant, error) {
	specs := o.listen
	if len(specs) == 0 {
		specs = []string{defaultAddr}
	}
	all := make([][]host.Grant, o.serve.workers)
	for n, spec := range specs {
		for i := range all {
			g, err := openWorkerListener(ctx, spec, i > 0, all[0], o.serve.workers)
			if err != nil {
				for _, l := range all {
					closeGrants(l)
				}
				socketsOf(specs[:n]).remove()
				return nil, err
			}
			g.Name = "wqjs:listener"
			all[i] = append(all[i], g)
		}
	}
	for i, g := range activated() {
		g.Name = "wqjs:listener"
		for k := range all {
			if k > 0 { // one socket for all
				g.File = dupFile(all[0][len(specs)+i].File)
			}
			all[k] = append(all[k], g)
		}
	}
	return all, nil
}

// openWorkerListener opens the listener of one worker; first has those of the
// first worker once another is opened.
func openWorkerListener(ctx context.Context, spec string, again bool, first []host.Grant, workers int) (host.Grant, error) {
	if again && !reusePort(spec) {
		return host.Grant{File: dupFile(first[len(first)-1].File)}, nil
	}
	if again {
		// The port that the system chose for the first.
		if l, err := net.FileListener(first[len(first)-1].File); err == nil {
			spec = l.Addr().String()
			l.Close()
		}
	}
	return openListener(ctx, spec, workers > 1)
}

func dupFile(f *os.File) *os.File {
	l, err := net.FileListener(f)
	if err != nil {
		return f
	}
	defer l.Close()
	if u, ok := l.(*net.UnixListener); ok {
		u.SetUnlinkOnClose(false)
	}
	if d, err := l.(interface{ File() (*os.File, error) }).File(); err == nil {
		return d
	}
	return f
}

// lockedWriter lets several workers write whole lines.
type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

// bootstrap is the main module of a worker.
func (p *pool) bootstrap() (name, source string) {
	name = filepath.Join(filepath.Dir(p.app), "[serve]")
	source = fmt.Sprintf("import { runWorker } from 'wqjs:serve';\nawait runWorker(() => import(%q), { log: %d, metrics: %t, tls: %s });\n",
		p.app, p.o.serve.log, p.o.serve.metrics != "", *p.identity.Load())
	return name, source
}
