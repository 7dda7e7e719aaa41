package netsys

import (
	"bytes"
	"math/rand/v2"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestSignalStorm moves data while signals arrive all the time. SIGURG is safe
// to send, as the Go runtime uses and ignores it. poll(2) is interrupted even
// by handlers with SA_RESTART, such as Go's (signal(7)).
func TestSignalStorm(t *testing.T) {
	stop := make(chan struct{})
	var storm sync.WaitGroup
	defer storm.Wait()
	defer close(stop)
	storm.Go(func() {
		pid := os.Getpid()
		for !stopped(stop) {
			syscall.Kill(pid, syscall.SIGURG)
			time.Sleep(200 * time.Microsecond)
		}
	})

	a, b := pair(t, SOCK_STREAM)
	want := make([]byte, 5<<20)
	r := rand.NewChaCha8([32]byte{1})
	r.Read(want)
	var sender sync.WaitGroup
	sender.Go(func() {
		for p := want; len(p) > 0; {
			n, err := OS.Send(a, p[:min(len(p), 100_000)], 0)
			switch err {
			case nil:
				p = p[n:]
			case error(syscall.EAGAIN):
				if _, err := Poll([]PollFD{{FD: a, Events: EPOLLOUT}}, patience); err != nil {
					t.Error(err)
					return
				}
			default:
				t.Error(err)
				return
			}
		}
	})
	if !bytes.Equal(recvFull(t, b, len(want)), want) {
		t.Error("bytes changed on the way")
	}
	sender.Wait()

	// A timeout is kept in spite of interruptions: neither cut nor begun anew.
	start := time.Now()
	n, err := Poll([]PollFD{{FD: b, Events: EPOLLIN}}, 150*time.Millisecond)
	if d := time.Since(start); n != 0 || err != nil || d < 150*time.Millisecond || d > 5*time.Second {
		t.Errorf("Poll: %d, %v after %v", n, err, d)
	}
	p := newPoller(t)
	check(t, p.Add(b, EPOLLIN, 1))
	start = time.Now()
	n, err = p.Wait(make([]Event, 1), start.Add(100*time.Millisecond))
	if d := time.Since(start); n != 0 || err != nil || d < 100*time.Millisecond {
		t.Errorf("Wait: %d, %v after %v", n, err, d)
	}
	for range 20 {
		l, la := listener(t, inet("127.0.0.1:0"))
		c := socket(t, AF_INET, SOCK_STREAM)
		check(t, connectDone(t, c, OS.Connect(c, la)))
		s, _ := accept(t, l)
		talk(t, c, s)
	}
}
