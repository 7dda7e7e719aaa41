package call_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"testing"

	"github.com/wqjs/wqjs/imports/call"
	"github.com/wqjs/wqjs/imports/internal/abi"
	"github.com/wqjs/wqjs/imports/internal/guest"
	"github.com/wqjs/wqjs/imports/internal/guesttest"
	"github.com/wqjs/wqjs/imports/internal/loop"
	"github.com/wqjs/wqjs/imports/internal/quota"
)

// calls answers with the arguments, n times.
type calls struct {
	times    int
	started  bool
	released []uint32
}

func (c *calls) Call(fn uint32, argc int, args []byte) ([]byte, error) {
	if fn == 0 {
		return nil, errors.New("no function 0")
	}
	return bytes.Repeat(fmt.Appendf(nil, "%d/%d:%s;", fn, argc, args), c.times), nil
}

func (c *calls) Start() (func(context.Context) any, int64, error) {
	if c.started {
		return nil, 0, fs.ErrInvalid
	}
	c.started = true
	return func(context.Context) any { return "done" }, 3, nil
}

func (c *calls) Result(v any) ([]byte, error) { return []byte(v.(string)), nil }

func (c *calls) Release(id uint32) { c.released = append(c.released, id) }

func TestCall(t *testing.T) {
	c := &calls{times: 1}
	g := guesttest.New(t, guesttest.Config{}, call.Funcs())
	at := g.Space(16)
	copy(g.Bytes(at, 16), "abc")
	g.Fail(abi.ENOSYS, "call", 7, 2, at, 3, 16)
	g.Fail(abi.ENOSYS, "start", 1)
	g.Fail(abi.ENOSYS, "result", 1, at, 16)
	g.Call("release", 3)
	g.Calls = c
	if n := g.Call("call", 7, 2, at, 3, 16); string(g.Bytes(at, int(n))) != "7/2:abc;" {
		t.Errorf("replied %q", g.Bytes(at, int(n)))
	}
	copy(g.Bytes(at, 16), "abc")
	c.times = 100
	if n := g.Call("call", 7, 2, at, 3, 16); n != 800 || g.Taken(n)[:8] != "7/2:abc;" {
		t.Errorf("a reply of %d bytes that does not fit", n)
	}
	g.Fail(abi.EIO, "call", 0, 0, at, 0, 16)
	if g.Call("release", 9); len(c.released) != 1 || c.released[0] != 9 {
		t.Errorf("released %v", c.released)
	}
}

// TestBadPointers: arguments and room outside of the guest's memory.
func TestBadPointers(t *testing.T) {
	g := guesttest.New(t, guesttest.Config{}, call.Funcs())
	g.Calls = &calls{times: 1}
	at := g.Space(16)
	for _, bad := range [][3]any{
		{guesttest.MemorySize - 2, 3, 2}, {at, 3, guesttest.MemorySize}, {at, -1, 16}, {at, 3, -1}, {-1, 1, 1},
	} {
		g.Fail(abi.EFAULT, "call", 1, 1, bad[0], bad[1], bad[2])
	}
}

func TestAsynchronous(t *testing.T) {
	guesttest.NoLeaks(t)
	g := guesttest.New(t, guesttest.Config{}, call.Funcs())
	g.Calls = &calls{}
	g.Queue = quota.New(6)
	g.Queue.Take(3) // what Start tells of
	at := g.Space(16)
	g.Fail(abi.ENOENT, "result", 5, at, 16)
	g.Call("start", 5)
	g.Fail(abi.EIO, "start", 6) // nothing was called since
	if events, err := g.Loop.Next(make([]loop.Event, 0, 16)); err != nil || len(events) != 1 || events[0].ID != 5 {
		t.Fatal(events, err)
	}
	if n := g.Call("result", 5, at, 16); string(g.Bytes(at, int(n))) != "done" {
		t.Errorf("result %q", g.Bytes(at, int(n)))
	}
	g.Fail(abi.ENOENT, "result", 5, at, 16) // fetched
	if n := g.Queue.Used(); n != 0 {
		t.Errorf("%d bytes are held", n)
	}
	// One that cannot start gives back what it holds.
	g.Queue.Take(3)
	g.Calls = &calls{}
	g.Call("start", 7)
	g.Queue.Take(3)
	g.Calls = &calls{}
	g.Fail(abi.EEXIST, "start", 7)
	if _, err := g.Loop.Next(make([]loop.Event, 0, 16)); err != nil {
		t.Fatal(err)
	}
	if n := g.Queue.Used(); n != 0 {
		t.Errorf("%d bytes are held", n)
	}
}

var _ guest.Calls = (*calls)(nil)
