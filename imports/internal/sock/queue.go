package sock

import (
	"slices"
	"sync"
	"syscall"

	"github.com/wqjs/wqjs/imports/internal/netsys"
)

// Queue is what connections wait in to be accepted. It lives on a pair of stream
// sockets: the near end, which is the listening socket to its holder, is readable
// while something waits, and never writable. Methods may be called from any
// goroutine.
type Queue[T any] struct {
	near, far netsys.FD
	max       int

	mu      sync.Mutex
	waiting []T
	signals int   // bytes at near, at most one for each that waits
	err     error // why there will be no more
	closed  bool
}

// NewQueue makes a queue of at most limit values over a pair of OS stream
// sockets that nothing was sent on. It closes far in the end; near is the
// caller's.
func NewQueue[T any](near, far netsys.FD, limit int) (*Queue[T], error) {
	if err := Plug(near); err != nil {
		return nil, err
	}
	return &Queue[T]{near: near, far: far, max: limit}, nil
}

// Plug makes an end of a pair not writable, until the other end has read all.
func Plug(fd netsys.FD) error {
	if err := netsys.OS.SetsockoptInt(fd, netsys.SOL_SOCKET, netsys.SO_SNDBUF, 1); err != nil {
		return err // Linux makes it 4.5 KiB
	}
	var junk [512]byte
	for {
		if _, err := netsys.OS.Send(fd, junk[:], 0); err != nil {
			if err == syscall.EAGAIN {
				return nil
			}
			return err
		}
	}
}

// Push adds v: EAGAIN when the queue is full, ECONNREFUSED after Fail or Close.
func (q *Queue[T]) Push(v T) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.closed || q.err != nil:
		return syscall.ECONNREFUSED
	case len(q.waiting) >= q.max:
		return syscall.EAGAIN
	}
	if err := q.signal(); err != nil {
		return err
	}
	q.waiting = append(q.waiting, v)
	return nil
}

// signal makes near readable, with an edge if there is room for one more byte.
func (q *Queue[T]) signal() error {
	_, err := netsys.OS.Send(q.far, []byte{1}, 0)
	if err == nil {
		q.signals++
	} else if err == syscall.EAGAIN && q.signals > 0 {
		err = nil
	}
	return err
}

// Pop takes the oldest value: EAGAIN when there is none.
func (q *Queue[T]) Pop() (v T, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 {
		if q.err != nil {
			return v, q.err
		}
		return v, syscall.EAGAIN
	}
	if q.signals == len(q.waiting) {
		var b [1]byte
		if _, err := netsys.OS.Recv(q.near, b[:], 0); err != nil {
			return v, err
		}
		q.signals--
	}
	v = q.waiting[0]
	q.waiting = slices.Delete(q.waiting, 0, 1)
	return v, nil
}

// Full tells whether Push would say EAGAIN.
func (q *Queue[T]) Full() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.waiting) >= q.max
}

// SetMax changes the limit, as a second listen(2) does.
func (q *Queue[T]) SetMax(n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.max = n
}

// Fail lets Pop return err once nothing waits any more, and makes near readable
// for ever.
func (q *Queue[T]) Fail(err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.err == nil && !q.closed {
		q.err = err
		_, _ = netsys.OS.Send(q.far, []byte{1}, 0) // never read
	}
}

// Close closes far and returns what waits.
func (q *Queue[T]) Close() []T {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return nil
	}
	q.closed = true
	_ = netsys.OS.Close(q.far)
	left := q.waiting
	q.waiting = nil
	return left
}
