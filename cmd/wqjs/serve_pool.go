package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wqjs/wqjs/host"
)

// pool keeps workers running: one sandbox each, in parallel.
type pool struct {
	o         *options
	engine    *host.Engine
	app, cwd  string
	listeners [][]host.Grant // by slot
	stdout    *lockedWriter
	stderr    *lockedWriter
	slots     []*slot
	identity  atomic.Pointer[string] // of TLS, as readIdentity gives it
	recording *recording             // of the only worker, or nil
	all       sync.WaitGroup         // what the end waits for
}

// slot is the place of a worker, which may be replaced.
type slot struct {
	number   int
	restarts atomic.Int64
	renewing sync.Mutex // held while the next worker starts

	mu     sync.Mutex
	worker *worker // that serves now; nil between two
}

func (s *slot) current() *worker {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.worker
}

func (s *slot) set(w *worker) (old *worker) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old, s.worker = s.worker, w
	return old
}

// gone tells whether w was the worker until now. If it has ended, there is none.
func (s *slot) gone(w *worker) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.worker != w {
		return false
	}
	select {
	case <-w.done:
		s.worker = nil
	default:
	}
	return true
}

// worker is one sandbox and the socket over which it is told what to do.
type worker struct {
	control net.Conn
	lines   chan string
	cancel  context.CancelFunc
	full    chan struct{} // closed when its memory is
	done    chan struct{} // closed when it has ended
	err     error         // why, then

	ask sync.Mutex // one question at a time
}

// maxLine bounds what a worker may answer.
const maxLine = 64 << 10

// start makes a worker and waits until it serves.
func (p *pool) start(ctx context.Context, slot int) (*worker, error) {
	ours, theirs, err := socketPair()
	if err != nil {
		return nil, err
	}
	conn, err := net.FileConn(ours)
	ours.Close()
	if err != nil {
		theirs.Close()
		return nil, err
	}
	grants := append([]host.Grant{{Name: "wqjs:control", File: theirs}}, p.listeners[slot]...)
	sandbox, err := p.engine.NewSandbox(ctx, host.SandboxConfig{
		Policy: p.o.policy, Limits: p.o.limits, Grants: grants,
		ModuleDirs: []string{filepath.Dir(p.app)}, Dir: p.cwd,
		Args: append([]string{p.app}, p.o.args...), Env: os.Environ(),
		Stdout: p.stdout, Stderr: p.stderr, Record: p.recording.recorder(),
	})
	theirs.Close()
	if err != nil {
		conn.Close()
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	w := &worker{control: conn, lines: make(chan string, 1), cancel: cancel, full: make(chan struct{}), done: make(chan struct{})}
	go w.read()
	go func() {
		defer close(w.done)
		name, source := p.bootstrap()
		if w.err = sandbox.EvalModule(ctx, name, source); w.err == nil {
			w.err = sandbox.Run(ctx)
		}
		sandbox.Close()
		conn.Close()
		cancel()
	}()
	select {
	case line := <-w.lines:
		if line == "ready" {
			return w, nil
		}
		err = fmt.Errorf("the worker said %q", line)
	case <-w.done:
		if err = w.err; err == nil {
			err = errors.New("the app ended without serving")
		}
	}
	w.kill()
	return nil, err
}

func (w *worker) read() {
	in := bufio.NewScanner(w.control)
	in.Buffer(nil, maxLine)
	isFull := false
	for in.Scan() {
		if in.Text() == "full" {
			if !isFull {
				close(w.full)
			}
			isFull = true
			continue
		}
		select {
		case w.lines <- in.Text():
		case <-w.done:
			return
		}
	}
}

func (w *worker) isFull() bool {
	select {
	case <-w.full:
		return true
	default:
		return false
	}
}

// kill ends the worker at once.
func (w *worker) kill() {
	w.cancel()
	select {
	case <-w.done:
	case <-time.After(grace):
	}
}

// stop lets the worker finish its requests, within d.
func (w *worker) stop(d time.Duration) {
	w.control.SetWriteDeadline(time.Now().Add(time.Second))
	if _, err := fmt.Fprintf(w.control, "stop %d\n", d.Milliseconds()); err == nil {
		select {
		case <-w.done:
			return
		case <-time.After(d + time.Second):
		}
	}
	w.kill()
}

// query asks and gives the answer; false when there is none in time.
func (w *worker) query(question string, d time.Duration) (string, bool) {
	w.ask.Lock()
	defer w.ask.Unlock()
	for len(w.lines) > 0 {
		<-w.lines // too late for the question before
	}
	w.control.SetWriteDeadline(time.Now().Add(d))
	if _, err := fmt.Fprintln(w.control, question); err != nil {
		return "", false
	}
	select {
	case line := <-w.lines:
		return line, true
	case <-w.done:
	case <-time.After(d):
	}
	return "", false
}

func (p *pool) closeListeners() {
	for _, l := range p.listeners {
		closeGrants(l)
	}
}

func (p *pool) logf(format string, args ...any) {
	fmt.Fprintf(p.stderr, "wqjs: "+format+"\n", args...)
}

// run serves until ctx ends, and then lets requests finish. The first worker
// tells whether the app is good at all.
func (p *pool) run(ctx context.Context, metrics net.Listener) int {
	for i := range p.slots {
		p.slots[i] = &slot{number: i}
	}
	first, err := p.start(ctx, 0)
	if err != nil {
		return p.recording.report(p.stderr, err)
	}
	p.slots[0].set(first)
	for _, g := range p.listeners[0] {
		if l, err := net.FileListener(g.File); err == nil {
			p.logf("serving %s on %s with %d worker(s)", filepath.Base(p.app), l.Addr(), len(p.slots))
			l.Close()
		}
	}
	if metrics != nil {
		stop := p.serveMetrics(metrics)
		defer stop()
	}
	// A listener is open until the last one who has it closes it: who comes now
	// is refused, not left waiting.
	context.AfterFunc(ctx, p.closeListeners)
	if p.recording != nil {
		return p.attendOnce(ctx, first)
	}
	for _, s := range p.slots {
		p.all.Go(func() { p.keep(ctx, s) })
	}
	if p.o.serve.watch {
		p.all.Go(func() { p.watch(ctx) })
	}
	p.all.Wait()
	return exitOK
}

// attendOnce waits for the end of a worker that is recorded, and not replaced.
func (p *pool) attendOnce(ctx context.Context, w *worker) int {
	select {
	case <-ctx.Done():
		w.stop(p.o.serve.grace)
	case <-w.done:
		p.logf("the worker ended, and with it the recording")
	}
	return p.recording.report(p.stderr, w.err)
}

const (
	minBackoff = 100 * time.Millisecond
	maxBackoff = 5 * time.Second
	longLife   = 10 * time.Second // a worker that lived so long was good
)

// keep runs workers in the slot, one after the other.
func (p *pool) keep(ctx context.Context, s *slot) {
	defer func() {
		if w := s.current(); w != nil {
			w.stop(p.o.serve.grace)
		}
	}()
	backoff := minBackoff
	for {
		born := time.Now()
		news := p.attend(ctx, s)
		if ctx.Err() != nil {
			return
		}
		if news == "" { // a reload
			continue
		}
		p.logf("worker %d %s", s.number, news)
		if time.Since(born) > longLife {
			backoff = minBackoff
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(backoff):
		}
		backoff = min(2*backoff, maxBackoff)
		s.restarts.Add(1)
	}
}

// attend waits until the worker of the slot is to be replaced, and tells why. If
// there is none, or it is the last one's turn to go, it starts one.
func (p *pool) attend(ctx context.Context, s *slot) (news string) {
	w := s.current()
	if w == nil || w.isFull() {
		if err := p.renew(ctx, s); err != nil {
			return ended(err)
		}
		w = s.current()
	}
	select {
	case <-ctx.Done():
		return ""
	case <-w.full:
		news = "has hardly any memory left (--memory) and is replaced"
	case <-w.done:
		news = ended(w.err)
	}
	if !s.gone(w) {
		return ""
	}
	return news
}

func ended(err error) string {
	var text strings.Builder
	code := report(&text, err)
	if text.Len() == 0 {
		fmt.Fprintf(&text, "it exited with code %d\n", code)
	}
	return "ended and is replaced: " + strings.TrimRight(text.String(), "\n")
}

// renew starts a worker in the slot. The one before finishes what it has begun,
// while the new one accepts from the same listeners.
func (p *pool) renew(ctx context.Context, s *slot) error {
	s.renewing.Lock()
	defer s.renewing.Unlock()
	w, err := p.start(ctx, s.number)
	if err != nil {
		return err
	}
	if old := s.set(w); old != nil {
		p.all.Go(func() { old.stop(p.o.serve.grace) })
	}
	return nil
}

// reload replaces each worker by one with the code of now.
func (p *pool) reload(ctx context.Context) {
	identity, err := readIdentity(&p.o.serve)
	if err != nil {
		p.logf("reload failed, the old code stays: %v", err)
		return
	}
	p.identity.Store(&identity)
	for _, s := range p.slots {
		if err := p.renew(ctx, s); err != nil {
			var text strings.Builder
			report(&text, err)
			p.logf("reload failed, the old code stays: %s", strings.TrimRight(text.String(), "\n"))
			return
		}
	}
	p.logf("reloaded")
}
