package socket_test

import (
	"errors"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/wqjs/wqjs/imports/internal/abi"
	"github.com/wqjs/wqjs/imports/internal/guesttest"
	"github.com/wqjs/wqjs/imports/internal/netsys"
)

// TestSignalStorm: signals end no call, and no call says EINTR. SIGURG is safe
// to send, as the Go runtime uses and ignores it.
func TestSignalStorm(t *testing.T) {
	stop := make(chan struct{})
	var storm sync.WaitGroup
	defer storm.Wait()
	defer close(stop)
	storm.Go(func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(50 * time.Microsecond):
				syscall.Kill(os.Getpid(), syscall.SIGURG)
			}
		}
	})
	g := newGuest(t, guesttest.Config{Rules: loopback})
	cause := errors.New("stop")
	for name, call := range blockers(t, g) {
		timer := time.AfterFunc(10*time.Millisecond, func() { g.Loop.Interrupt(cause) })
		if err := call(); err != cause {
			t.Errorf("%s ended with %v", name, err)
		}
		timer.Stop()
		g.Loop.Resume()
	}
	for range 20 {
		a, b := connected(g)
		send(g, a, "x")
		if got := recv(g, b, 1, 0); got != "x" {
			t.Errorf("%q", got)
		}
		for _, fd := range []int32{a, b} {
			g.Call("close", fd)
		}
	}
}

// TestConnectHangs: Linux drops the handshake of what the backlog has no room
// for, so connecting goes on until its timeout or an interrupt.
func TestConnectHangs(t *testing.T) {
	g := newGuest(t, guesttest.Config{Rules: loopback})
	l, port := listener(g)
	g.Call("listen", l, 0)
	host, n := text(g, "127.0.0.1")
	for {
		fd := g.Call("socket", inet, stream, 0)
		g.Call("setsockopt", fd, solSocket, netsys.SO_SNDTIMEO, 30)
		start := time.Now()
		_, err := g.Try("connect", fd, host, n, port, 0)
		if err == nil {
			continue
		}
		if d := time.Since(start); abi.ToErrno(err) != abi.ETIMEDOUT || d < 30*time.Millisecond || d > patience {
			t.Errorf("%v after %v", err, d)
		}
		break
	}
	fd := g.Call("socket", inet, stream, 0)
	cause := errors.New("stop")
	time.AfterFunc(5*time.Millisecond, func() { g.Loop.Interrupt(cause) })
	if _, err := g.Try("connect", fd, host, n, port, 0); err != cause {
		t.Error(err)
	}
	g.Loop.Resume()
	g.Call("accept", l, g.Space(addrSize), 0)
}
