package host

import (
	"bytes"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tetratelabs/wazero/experimental/sys"

	"github.com/wqjs/wqjs/imports"
)

// stdio are the guest's standard streams. A Read or Write of the embedder's
// that blocks does not keep the guest from being interrupted.
type stdio struct {
	in       *stdin
	out, err *output

	written atomic.Int64 // to both, bytes
	limit   int64        // 0: none
	over    func()       // called when it is reached
}

// init makes the streams that c gives, which together take limit bytes, or any
// number if that is 0; wait is told when the guest waits.
func (s *stdio) init(c SandboxConfig, limit int64, wait func(bool), over func()) {
	s.limit, s.over = limit, over
	if c.Stdin != nil {
		s.in = &stdin{imports.NewStdin(c.Stdin), wait}
	}
	if c.Stdout != nil {
		s.out = newOutput(c.Stdout, wait)
	}
	if c.Stderr != nil {
		s.err = newOutput(c.Stderr, wait)
	}
}

// write writes to one of the streams; nil discards.
func (s *stdio) write(to *output, p []byte) (int, error) {
	if n := s.written.Add(int64(len(p))); s.limit > 0 && n > s.limit {
		s.written.Add(-int64(len(p)))
		s.over()
		return 0, sys.EIO
	}
	if to == nil {
		return len(p), nil
	}
	return to.Write(p)
}

func (s *stdio) interrupt() {
	if s.in != nil {
		s.in.Interrupt()
	}
	s.out.interrupt()
	s.err.interrupt()
}

func (s *stdio) resume() {
	if s.in != nil {
		s.in.Resume()
	}
	s.out.resume()
	s.err.resume()
}

// stdin does not count waiting for input as execution.
type stdin struct {
	*imports.Stdin
	wait func(bool)
}

func (s *stdin) Read(p []byte) (int, error) {
	s.wait(true)
	defer s.wait(false)
	return s.Stdin.Read(p)
}

func (s *stdin) Poll(flag sys.Pflag, timeoutMillis int32) (bool, sys.Errno) {
	s.wait(true)
	defer s.wait(false)
	return s.Stdin.Poll(flag, timeoutMillis)
}

// writeGrace is how long an interrupt leaves to a Write in progress, so that
// only one that truly blocks is left behind.
const writeGrace = 50 * time.Millisecond

// writePiece is how much of a Write is copied and passed on at a time.
const writePiece = 1 << 20

// output writes in a goroutine of its own, so that an interrupt can leave a
// blocked Write behind. The order of writes is kept.
type output struct {
	w      io.Writer
	direct bool // never blocks
	wait   func(bool)

	buf  []byte        // of the Write in progress, at most writePiece: guest memory is not ours for that long
	busy chan struct{} // closed when the Write left behind returns; nil for none

	mu   sync.Mutex
	stop chan struct{} // closed by interrupt, replaced by resume
}

func newOutput(w io.Writer, wait func(bool)) *output {
	o := &output{w: w, wait: wait, stop: make(chan struct{})}
	switch w.(type) {
	case *bytes.Buffer, *strings.Builder:
		o.direct = true
	}
	return o
}

// Write implements io.Writer; sys.EIO when the guest is interrupted.
func (o *output) Write(p []byte) (n int, err error) {
	if o.direct {
		return o.w.Write(p)
	}
	o.wait(true)
	defer o.wait(false)
	for {
		piece := p[n:min(len(p), n+writePiece)]
		w, err := o.write(piece)
		n += w
		if err != nil || w < len(piece) || n == len(p) {
			return n, err
		}
	}
}

func (o *output) write(p []byte) (int, error) {
	stop := o.stopped()
	select {
	case <-stop:
		return 0, sys.EIO
	default:
	}
	if o.busy != nil {
		select {
		case <-o.busy:
			o.busy = nil
		case <-stop:
			return 0, sys.EIO
		}
	}
	o.buf = append(o.buf[:0], p...)
	done := make(chan struct{})
	var r struct {
		n   int
		err error
	}
	go func() {
		defer close(done)
		r.n, r.err = o.w.Write(o.buf)
	}()
	select {
	case <-done:
		return r.n, r.err
	case <-stop:
	}
	grace := time.NewTimer(writeGrace)
	defer grace.Stop()
	select {
	case <-done:
		return r.n, r.err
	case <-grace.C:
		o.busy = done
		return 0, sys.EIO
	}
}

func (o *output) stopped() <-chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.stop
}

func (o *output) interrupt() {
	if o == nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	select {
	case <-o.stop:
	default:
		close(o.stop)
	}
}

func (o *output) resume() {
	if o == nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	select {
	case <-o.stop:
		o.stop = make(chan struct{})
	default:
	}
}
