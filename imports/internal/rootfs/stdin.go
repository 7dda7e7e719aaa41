package rootfs

import (
	"io"
	"sync"
	"time"

	"github.com/tetratelabs/wazero/experimental/sys"
)

// Interruptible makes reads of a blocking reader such as os.Stdin end on
// demand, for use with wazero's ModuleConfig.WithStdin. It implements io.Reader
// and sys.Pollable. Methods may be called from any goroutine.
//
// The reader is read only on request, by at most one goroutine at a time, into
// a buffer of 32 KiB. Interrupt cannot stop that goroutine: it stays until the
// Read it is in returns, for ever if that never does. What it then got is kept
// for the next Read, so nothing is lost.
type Interruptible struct {
	src io.Reader

	mu      sync.Mutex
	change  chan struct{} // closed and replaced when a field below changes
	store   []byte
	ready   []byte // of store, not yet handed out
	err     error  // of the last Read, handed out once
	busy    bool   // the goroutine is there
	stopped bool
}

// NewInterruptible returns an Interruptible that reads src. Nothing else may
// read src.
func NewInterruptible(src io.Reader) *Interruptible {
	return &Interruptible{src: src, change: make(chan struct{})}
}

// Interrupt ends all reads and polls, in progress and to come, with sys.EINTR,
// until Resume.
func (r *Interruptible) Interrupt() { r.stop(true) }

// Resume ends the effect of Interrupt, for the next user.
func (r *Interruptible) Resume() { r.stop(false) }

func (r *Interruptible) stop(stopped bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stopped = stopped
	r.changed()
}

// changed wakes all who wait. The caller holds mu.
func (r *Interruptible) changed() {
	close(r.change)
	r.change = make(chan struct{})
}

// Read implements io.Reader. The reader's error is returned once; the next
// Read tries again, as a terminal goes on after an end of file.
func (r *Interruptible) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for {
		switch {
		case r.stopped:
			return 0, sys.EINTR
		case len(r.ready) > 0:
			n := copy(p, r.ready)
			r.ready = r.ready[n:]
			return n, nil
		case r.err != nil:
			err := r.err
			r.err = nil
			return 0, err
		}
		change := r.fetch()
		r.mu.Unlock()
		<-change
		r.mu.Lock()
	}
}

// Poll implements sys.Pollable, for sys.POLLIN only. An end of file or error
// counts as ready, as Read will not wait.
func (r *Interruptible) Poll(flag sys.Pflag, timeoutMillis int32) (bool, sys.Errno) {
	if flag != sys.POLLIN {
		return false, sys.ENOTSUP
	}
	var expired <-chan time.Time
	if timeoutMillis >= 0 {
		timer := time.NewTimer(time.Duration(timeoutMillis) * time.Millisecond)
		defer timer.Stop()
		expired = timer.C
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for {
		switch {
		case r.stopped:
			return false, sys.EINTR
		case len(r.ready) > 0 || r.err != nil:
			return true, 0
		}
		change := r.fetch()
		r.mu.Unlock()
		timeout := false
		select {
		case <-change:
		case <-expired:
			timeout = true
		}
		r.mu.Lock()
		if timeout {
			return len(r.ready) > 0 || r.err != nil, 0
		}
	}
}

// fetch starts the goroutine unless it is there, and returns what will be
// closed at the next change. The caller holds mu.
func (r *Interruptible) fetch() <-chan struct{} {
	if !r.busy {
		r.busy = true
		if r.store == nil {
			r.store = make([]byte, 32<<10)
		}
		go r.read()
	}
	return r.change
}

func (r *Interruptible) read() {
	n, err := 0, error(nil)
	for range 100 { // as many tries as bufio has
		if n, err = r.src.Read(r.store); n != 0 || err != nil {
			break
		}
	}
	if n == 0 && err == nil {
		err = io.ErrNoProgress
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ready, r.err, r.busy = r.store[:n], err, false
	r.changed()
}
