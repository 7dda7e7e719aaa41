package netsys

import (
	"bytes"
	"os"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func threads(t *testing.T) int {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	check(t, err)
	_, rest, _ := bytes.Cut(status, []byte("\nThreads:"))
	line, _, _ := bytes.Cut(rest, []byte("\n"))
	n, err := strconv.Atoi(string(bytes.TrimSpace(line)))
	check(t, err)
	return n
}

// roomFor lowers count to what the limit on open files admits.
func roomFor(t *testing.T, count, each int) int {
	t.Helper()
	var lim unix.Rlimit
	check(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &lim))
	return min(count, int(min(lim.Cur, 1<<20))/each-50)
}

// TestWaitParksGoroutines is what makes thousands of waiting sandboxes cheap.
func TestWaitParksGoroutines(t *testing.T) {
	count := roomFor(t, 1000, 3)
	if count < 100 {
		t.Skip("too few descriptors are allowed")
	}
	before := threads(t)
	var writers []FD
	var waits sync.WaitGroup
	for i := range uint64(count) {
		p := newPoller(t)
		a, b := pair(t, SOCK_STREAM)
		writers = append(writers, b)
		check(t, p.Add(a, EPOLLIN, i))
		var deadline time.Time
		if i%2 == 0 {
			deadline = time.Now().Add(6 * patience)
		}
		waits.Go(func() {
			out := make([]Event, 4)
			n, err := p.Wait(out, deadline)
			if n != 1 || err != nil || out[0] != (Event{Token: i, Events: EPOLLIN}) {
				t.Errorf("poller %d: %+v, %v", i, out[:n], err)
			}
		})
	}
	time.Sleep(200 * time.Millisecond) // all park
	during := threads(t)
	t.Logf("%d waiting pollers: %d threads, %d before", count, during, before)
	if during >= before+20 && during >= 50 {
		t.Errorf("%d pollers wait on %d threads", count, during)
	}
	for _, w := range writers {
		sendAll(t, w, []byte("x"))
	}
	waits.Wait()
}

// TestSharedListener documents the kernel's limit that Poller speaks of.
func TestSharedListener(t *testing.T) {
	if roomFor(t, 600, 1) < 600 {
		t.Skip("too few descriptors are allowed")
	}
	l, _ := listener(t, inet("127.0.0.1:0"))
	count := 0
	for range 600 {
		if err := newPoller(t).Add(l, EPOLLIN, 1); err != nil {
			wantErr(t, err, syscall.EINVAL)
			break
		}
		count++
	}
	t.Logf("one listener in %d pollers", count)
	if count < 400 {
		t.Errorf("a listener can be in %d pollers only", count)
	}
}

func TestUrgentData(t *testing.T) {
	a, b := tcp(t)
	p := newPoller(t)
	check(t, p.Add(a, EPOLLPRI, 1))
	quiet(t, p)
	check(t, unix.Send(int(b), []byte("!"), unix.MSG_OOB))
	want1(t, p, 1, EPOLLPRI)
	if got := await(t, a, EPOLLPRI|EPOLLRDHUP); got != EPOLLPRI {
		t.Errorf("Poll: %#x", got)
	}
	check(t, OS.Shutdown(b, SHUT_WR))
	if got := await(t, a, EPOLLRDHUP); got != EPOLLRDHUP {
		t.Errorf("Poll: %#x", got)
	}
}
