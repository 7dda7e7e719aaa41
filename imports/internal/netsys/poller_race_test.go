//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package netsys

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// TestNoEventLost has writers, wakers and descriptors that come and go around
// one waiting goroutine. Every byte must be seen by way of an edge.
func TestNoEventLost(t *testing.T) {
	p := newPoller(t)
	const writers, rounds = 8, 400
	var all sync.WaitGroup
	var wakes atomic.Int64
	stop := make(chan struct{})
	reader := make(map[uint64]FD)
	for i := range uint64(writers) {
		a, b := pair(t, SOCK_DGRAM)
		reader[i] = a
		check(t, p.Add(a, EPOLLIN|EPOLLET, i))
		echo := newPoller(t)
		check(t, echo.Add(b, EPOLLIN|EPOLLONESHOT, i))
		all.Go(func() { // sends the next one only when the last was answered
			for range rounds {
				if _, err := OS.Send(b, []byte{1}, 0); err != nil {
					t.Error(err)
					return
				}
				n, err := echo.Wait(make([]Event, 4), time.Now().Add(patience))
				if n != 1 || err != nil {
					t.Errorf("writer %d: no answer (%d, %v): the event was lost", i, n, err)
					return
				}
				OS.Recv(b, make([]byte, 8), 0)
				echo.Mod(b, EPOLLIN|EPOLLONESHOT, i)
			}
		})
	}
	var noise sync.WaitGroup
	for range 3 {
		noise.Go(func() {
			for !stopped(stop) {
				p.Wake()
				wakes.Add(1)
				time.Sleep(time.Duration(rand.IntN(100)) * time.Microsecond)
			}
		})
	}
	noise.Go(func() {
		c, d := pair(t, SOCK_STREAM)
		OS.Send(d, []byte("x"), 0)
		for !stopped(stop) {
			p.Add(c, EPOLLIN|EPOLLONESHOT, 1000)
			p.Del(c)
			time.Sleep(50 * time.Microsecond)
		}
	})
	go func() {
		all.Wait()
		close(stop)
		noise.Wait()
		p.Close()
	}()
	out := make([]Event, 3)
	for {
		deadline := time.Now().Add(time.Duration(rand.IntN(300)) * time.Microsecond)
		if rand.IntN(3) == 0 {
			deadline = time.Time{}
		}
		n, err := p.Wait(out, deadline)
		if err == ErrClosed {
			break
		}
		check(t, err)
		for _, ev := range out[:n] {
			fd, ok := reader[ev.Token]
			if !ok {
				continue
			}
			buf := make([]byte, 8)
			for {
				if _, err := OS.Recv(fd, buf, 0); err == syscall.EAGAIN {
					break
				} else if err != nil {
					t.Error(err)
					break
				}
				OS.Send(fd, []byte{2}, 0)
			}
		}
	}
	if wakes.Load() == 0 {
		t.Error("nobody woke")
	}
}

func stopped(c chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// TestNoWakeLost hands items over by a counter and Wake alone.
func TestNoWakeLost(t *testing.T) {
	p := newPoller(t)
	const givers, items = 4, 2000
	var given atomic.Int64
	for range givers {
		go func() {
			for i := range items {
				given.Add(1)
				p.Wake()
				if i%16 == 0 {
					time.Sleep(time.Microsecond)
				}
			}
		}()
	}
	out := make([]Event, 1)
	deadline := time.Now().Add(patience)
	for given.Load() < givers*items {
		if _, err := p.Wait(out, deadline); err != nil || time.Now().After(deadline) {
			t.Fatalf("stuck at %d: %v", given.Load(), err)
		}
	}
}

// TestCloseRaces closes sets while everything is done to them.
func TestCloseRaces(t *testing.T) {
	a, b := pair(t, SOCK_STREAM)
	sendAll(t, b, []byte("x"))
	for range 200 {
		p, err := NewPoller()
		check(t, err)
		check(t, p.Add(a, EPOLLIN|EPOLLONESHOT, 1))
		var all sync.WaitGroup
		all.Go(func() {
			for {
				if _, err := p.Wait(make([]Event, 2), time.Now().Add(time.Millisecond)); err == ErrClosed {
					return
				} else if err != nil {
					t.Error(err)
					return
				}
			}
		})
		all.Go(func() {
			if _, err := p.TryWait(make([]Event, 2)); err != nil && err != ErrClosed {
				t.Error(err)
			}
		})
		all.Go(func() {
			if err := p.Mod(a, EPOLLIN|EPOLLONESHOT, 2); err != nil && err != ErrClosed {
				t.Error(err)
			}
			p.Wake()
		})
		all.Go(func() {
			time.Sleep(time.Duration(rand.IntN(200)) * time.Microsecond)
			if err := p.Close(); err != nil {
				t.Error(err)
			}
		})
		all.Wait()
	}
}
