// Package fdtable holds what a sandbox has open: guest fd → object with rights.
package fdtable

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/wqjs/wqjs/imports/internal/abi"
)

// Base is the number of the first guest fd. WASI's file fds count from 0; a
// number of one table is never valid in the other, so that a mix-up is EBADF
// and not an operation on the wrong object.
const Base = 1000

// MaxFDs bounds any table: the guest keeps arrays by fd.
const MaxFDs = 65536

// Rights say what may be done with an fd. They can only shrink.
type Rights uint32

// The rights of an fd, one per family of calls.
const (
	Connect Rights = 1 << iota
	Bind
	Listen
	Accept
	Send
	Recv
	GetOpt
	SetOpt
	Shutdown

	All Rights = 1<<iota - 1
)

var rightNames = [...]string{"connect", "bind", "listen", "accept", "send", "recv", "getsockopt", "setsockopt", "shutdown"}

// Object is what an fd stands for. Close releases it; it is called once.
type Object interface{ Close() error }

// Entry is an open fd.
type Entry struct {
	Object Object
	Rights Rights

	// What socket() was asked for.
	Family, Type int
	// Nonblock is the guest's O_NONBLOCK; the host's fd never blocks.
	Nonblock bool
	// RecvTimeout and SendTimeout are SO_RCVTIMEO and SO_SNDTIMEO; 0 is none.
	RecvTimeout, SendTimeout time.Duration
	// Bound is set when the local address is one that the policy, or whoever
	// granted the fd, allowed.
	Bound bool
	// Watched is set while the event loop reports the fd's readiness.
	Watched bool
	// Name is a granted fd's name.
	Name string
}

// Table maps guest fds to entries. It belongs to one sandbox and, like it, is
// used by one goroutine at a time.
type Table struct {
	entries []*Entry
	free    int // no free slot below
	open    atomic.Int32
	max     int
}

// New makes a table of at most limit open fds (values outside 1..MaxFDs mean
// MaxFDs).
func New(limit int) *Table {
	if limit < 1 || limit > MaxFDs {
		limit = MaxFDs
	}
	return &Table{max: limit}
}

// Insert gives e the lowest free fd, or EMFILE.
func (t *Table) Insert(e *Entry) (int32, error) {
	if int(t.open.Load()) >= t.max {
		return 0, abi.EMFILE
	}
	i := t.free
	for i < len(t.entries) && t.entries[i] != nil {
		i++
	}
	if i == len(t.entries) {
		t.entries = append(t.entries, nil)
	}
	t.entries[i] = e
	t.free = i + 1
	t.open.Add(1)
	return int32(Base + i), nil
}

// Full reports whether Insert would fail, for calls that create an object in
// the kernel first.
func (t *Table) Full() bool { return int(t.open.Load()) >= t.max }

// Get returns the entry of fd: EBADF if there is none, EACCES if it lacks one
// of the rights.
func (t *Table) Get(fd int32, need Rights) (*Entry, error) {
	i := int(fd) - Base
	if i < 0 || i >= len(t.entries) || t.entries[i] == nil {
		return nil, abi.EBADF
	}
	e := t.entries[i]
	if missing := need &^ e.Rights; missing != 0 {
		return nil, &RightError{FD: fd, Missing: missing}
	}
	return e, nil
}

// RightError is the refusal of an operation that the fd was not granted for.
type RightError struct {
	FD      int32
	Missing Rights
}

func (e *RightError) Error() string {
	name := "this"
	for i, n := range rightNames {
		if e.Missing&(1<<i) != 0 {
			name = n
			break
		}
	}
	return fmt.Sprintf("fd %d was granted without the right to %s", e.FD, name)
}

// Unwrap is EACCES.
func (e *RightError) Unwrap() error { return abi.EACCES }

// Remove takes fd out of the table; the caller closes the object.
func (t *Table) Remove(fd int32) (*Entry, error) {
	e, err := t.Get(fd, 0)
	if err != nil {
		return nil, err
	}
	i := int(fd) - Base
	t.entries[i] = nil
	t.free = min(t.free, i)
	t.open.Add(-1)
	return e, nil
}

// Len is the number of open fds. Any goroutine may ask.
func (t *Table) Len() int { return int(t.open.Load()) }

// All calls f for each open fd in order.
func (t *Table) All(f func(fd int32, e *Entry)) {
	for i, e := range t.entries {
		if e != nil {
			f(int32(Base+i), e)
		}
	}
}

// CloseAll closes and forgets every object.
func (t *Table) CloseAll() error {
	var errs []error
	for i, e := range t.entries {
		if e != nil {
			errs = append(errs, e.Object.Close())
			t.entries[i] = nil
		}
	}
	t.entries, t.free = nil, 0
	t.open.Store(0)
	return errors.Join(errs...)
}
