//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package netsys

import (
	"errors"
	"io/fs"
	"syscall"
	"testing"
	"time"
)

// next waits for one batch and returns it by token.
func next(t testing.TB, p *Poller) map[uint64]uint32 {
	t.Helper()
	out := make([]Event, 16)
	n, err := p.Wait(out, time.Now().Add(patience))
	check(t, err)
	if n == 0 {
		t.Fatal("nothing is ready")
	}
	return byToken(t, out[:n])
}

func byToken(t testing.TB, evs []Event) map[uint64]uint32 {
	t.Helper()
	m := make(map[uint64]uint32)
	for _, ev := range evs {
		if _, twice := m[ev.Token]; twice {
			t.Errorf("token %#x twice in a batch", ev.Token)
		}
		m[ev.Token] = ev.Events
	}
	return m
}

// want1 asserts that exactly this is ready.
func want1(t testing.TB, p *Poller, token uint64, events uint32) {
	t.Helper()
	got := next(t, p)
	if len(got) != 1 || got[token] != events {
		t.Fatalf("got %#x, want token %#x with %#x", got, token, events)
	}
}

// quiet asserts that nothing is ready.
func quiet(t testing.TB, p *Poller) {
	t.Helper()
	out := make([]Event, 16)
	n, err := p.TryWait(out)
	check(t, err)
	if n != 0 {
		t.Fatalf("unexpected: %#x", out[:n])
	}
}

func TestLevelTriggered(t *testing.T) {
	p := newPoller(t)
	a, b := pair(t, SOCK_STREAM)
	const token = 0xfedcba9876543210 // all 64 bits come back
	check(t, p.Add(a, EPOLLIN, token))
	quiet(t, p)
	sendAll(t, b, []byte("xy"))
	want1(t, p, token, EPOLLIN)
	want1(t, p, token, EPOLLIN)
	recvFull(t, a, 1)
	want1(t, p, token, EPOLLIN)
	recvFull(t, a, 1)
	quiet(t, p)

	check(t, p.Mod(a, EPOLLIN|EPOLLOUT, 7))
	want1(t, p, 7, EPOLLOUT)
	sendAll(t, b, []byte("z"))
	await(t, a, EPOLLIN)
	want1(t, p, 7, EPOLLIN|EPOLLOUT) // one event for both
	check(t, p.Mod(a, EPOLLOUT, 8))
	want1(t, p, 8, EPOLLOUT)
	check(t, p.Del(a))
	quiet(t, p)
}

func TestEdgeTriggered(t *testing.T) {
	p := newPoller(t)
	a, b := pair(t, SOCK_STREAM)
	check(t, p.Add(a, EPOLLIN|EPOLLET, 1))
	quiet(t, p)
	sendAll(t, b, []byte("x"))
	want1(t, p, 1, EPOLLIN)
	quiet(t, p)
	sendAll(t, b, []byte("y"))
	want1(t, p, 1, EPOLLIN)
	quiet(t, p)
	check(t, p.Mod(a, EPOLLIN|EPOLLET, 2)) // still readable: said again
	want1(t, p, 2, EPOLLIN)
	quiet(t, p)
}

func TestEdgeTriggeredWrite(t *testing.T) {
	p := newPoller(t)
	a, b := pair(t, SOCK_STREAM)
	check(t, p.Add(a, EPOLLOUT|EPOLLET, 1))
	want1(t, p, 1, EPOLLOUT)
	quiet(t, p)
	sent := 0
	for {
		n, err := OS.Send(a, make([]byte, 4096), 0)
		if err == syscall.EAGAIN {
			break
		}
		check(t, err)
		sent += n
	}
	quiet(t, p)
	recvFull(t, b, sent)
	want1(t, p, 1, EPOLLOUT)
	quiet(t, p)
}

func TestOneShot(t *testing.T) {
	for _, et := range []uint32{0, EPOLLET} {
		p := newPoller(t)
		a, b := pair(t, SOCK_STREAM)
		check(t, p.Add(a, EPOLLIN|EPOLLONESHOT|et, 1))
		sendAll(t, b, []byte("x"))
		want1(t, p, 1, EPOLLIN)
		quiet(t, p)
		sendAll(t, b, []byte("y"))
		quiet(t, p)
		check(t, p.Mod(a, EPOLLIN|EPOLLONESHOT|et, 2))
		want1(t, p, 2, EPOLLIN)
		quiet(t, p)

		// One event silences both directions.
		check(t, p.Mod(a, EPOLLIN|EPOLLOUT|EPOLLONESHOT|et, 3))
		if got := next(t, p); got[3] == 0 {
			t.Errorf("got %#x", got)
		}
		quiet(t, p)
		check(t, p.Del(a))
	}
}

func TestRemoteShutdown(t *testing.T) {
	p := newPoller(t)
	a, b := tcp(t)
	check(t, p.Add(a, EPOLLIN|EPOLLRDHUP, 1))
	check(t, OS.Shutdown(b, SHUT_WR))
	want1(t, p, 1, EPOLLIN|EPOLLRDHUP)
	want1(t, p, 1, EPOLLIN|EPOLLRDHUP)
	check(t, p.Mod(a, EPOLLIN, 2))
	want1(t, p, 2, EPOLLIN)
	check(t, p.Mod(a, EPOLLRDHUP|EPOLLET, 3))
	want1(t, p, 3, EPOLLRDHUP)
	quiet(t, p)

	c, d := tcp(t)
	check(t, p.Mod(a, 0, 0))
	check(t, p.Add(c, EPOLLRDHUP, 4))
	sendAll(t, d, []byte("data alone is not the end"))
	await(t, c, EPOLLIN)
	quiet(t, p)
	check(t, OS.Shutdown(d, SHUT_WR))
	want1(t, p, 4, EPOLLRDHUP)
}

func TestHangUp(t *testing.T) {
	p := newPoller(t)
	a, b := pair(t, SOCK_STREAM)
	check(t, p.Add(a, EPOLLIN|EPOLLOUT|EPOLLRDHUP, 1))
	check(t, OS.Close(b))
	got := next(t, p)
	if want := EPOLLIN | EPOLLHUP | EPOLLRDHUP; got[1]&want != want {
		t.Errorf("closed peer: %#x", got)
	}

	c, d := tcp(t)
	check(t, p.Del(a))
	check(t, p.Add(c, EPOLLIN|EPOLLOUT|EPOLLET, 2))
	want1(t, p, 2, EPOLLOUT)
	check(t, OS.SetLinger(d, true, 0))
	check(t, OS.Close(d))
	for all := uint32(0); all&(EPOLLERR|EPOLLHUP) != EPOLLERR|EPOLLHUP; {
		got := next(t, p)[2]
		if got == 0 {
			t.Fatal("no event for the reset connection")
		}
		all |= got
	}
}

func TestPollerConnect(t *testing.T) {
	p := newPoller(t)
	l, la := listener(t, inet("127.0.0.1:0"))
	check(t, p.Add(l, EPOLLIN, 1))
	c := socket(t, AF_INET, SOCK_STREAM)
	if err := OS.Connect(c, la); err != nil && err != error(syscall.EINPROGRESS) {
		t.Fatal(err)
	}
	check(t, p.Add(c, EPOLLOUT|EPOLLONESHOT, 2))
	seen := uint32(0)
	for seen != 3 {
		for token := range next(t, p) {
			seen |= uint32(token)
			if token == 1 {
				accept(t, l)
			}
		}
	}

	check(t, p.Del(l))
	check(t, OS.Close(l))
	d := socket(t, AF_INET, SOCK_STREAM)
	check(t, p.Mod(c, 0, 9))
	err := OS.Connect(d, la)
	if err == error(syscall.EINPROGRESS) {
		check(t, p.Add(d, EPOLLOUT|EPOLLET, 3))
		if got := next(t, p)[3]; got&(EPOLLOUT|EPOLLERR) != EPOLLOUT|EPOLLERR {
			t.Errorf("refused connection: %#x", got)
		}
	} else if err != error(syscall.ECONNREFUSED) {
		t.Error(err)
	}
}

func TestPollerErrors(t *testing.T) {
	p := newPoller(t)
	a, b := pair(t, SOCK_STREAM)
	wantErr(t, p.Mod(a, EPOLLIN, 1), syscall.ENOENT)
	wantErr(t, p.Del(a), syscall.ENOENT)
	check(t, p.Add(a, EPOLLIN, 1))
	wantErr(t, p.Add(a, EPOLLIN, 1), syscall.EEXIST)
	wantErr(t, p.Add(-1, EPOLLIN, 1), syscall.EBADF)
	for _, bits := range []uint32{EPOLLIN | 1<<28, EPOLLIN | 1<<29, POLLNVAL, 0x40} {
		wantErr(t, p.Add(b, bits, 1), syscall.EINVAL)
		wantErr(t, p.Mod(a, bits, 1), syscall.EINVAL)
	}
	_, err := p.Wait(nil, time.Time{})
	wantErr(t, err, syscall.EINVAL)
	_, err = p.TryWait(nil)
	wantErr(t, err, syscall.EINVAL)
}

func TestPollerReusedDescriptor(t *testing.T) {
	p := newPoller(t)
	a, _ := pair(t, SOCK_STREAM)
	check(t, p.Add(a, EPOLLIN, 1))
	check(t, OS.Close(a)) // without Del
	c, d := pair(t, SOCK_STREAM)
	if c != a {
		c, d = d, c
	}
	check(t, p.Add(c, EPOLLIN, 2))
	sendAll(t, d, []byte("x"))
	want1(t, p, 2, EPOLLIN)
}

func TestSmallBatches(t *testing.T) {
	p := newPoller(t)
	const count = 300
	for i := range count {
		a, b := pair(t, SOCK_STREAM)
		sendAll(t, b, []byte("x"))
		check(t, p.Add(a, EPOLLIN|EPOLLET, uint64(i)))
	}
	seen := make(map[uint64]bool)
	for _, size := range []int{1, 2, 1000, 1000, 1000, 1000, 1000} {
		out := make([]Event, size)
		n, err := p.TryWait(out)
		check(t, err)
		for token := range byToken(t, out[:n]) {
			if seen[token] {
				t.Errorf("token %d twice", token)
			}
			seen[token] = true
		}
	}
	if len(seen) != count {
		t.Errorf("%d events of %d", len(seen), count)
	}
}

func TestDeadline(t *testing.T) {
	p := newPoller(t)
	out := make([]Event, 1)
	for _, d := range []time.Duration{-time.Hour, 0, time.Microsecond, 20 * time.Millisecond} {
		for _, wall := range []bool{false, true} {
			start := time.Now()
			deadline := start.Add(d)
			if wall {
				deadline = deadline.Round(0) // no monotonic clock
			}
			n, err := p.Wait(out, deadline)
			took := time.Since(start)
			if n != 0 || err != nil || took < d-time.Millisecond || took > max(d, 0)+5*time.Second {
				t.Errorf("Wait for %v: %d, %v after %v", d, n, err, took)
			}
		}
	}
	a, b := pair(t, SOCK_STREAM)
	check(t, p.Add(a, EPOLLIN, 1))
	sendAll(t, b, []byte("x"))
	if n, err := p.Wait(out, time.Now().Add(-time.Second)); n != 1 || err != nil {
		t.Errorf("what is ready comes even after the deadline: %d, %v", n, err)
	}
}

func TestWake(t *testing.T) {
	p := newPoller(t)
	out := make([]Event, 1)
	wait := func() {
		t.Helper()
		start := time.Now()
		n, err := p.Wait(out, start.Add(patience))
		if n != 0 || err != nil || time.Since(start) >= patience {
			t.Errorf("not woken: %d, %v", n, err)
		}
	}
	p.Wake() // before
	p.Wake()
	quiet(t, p) // TryWait leaves it alone
	wait()

	timer := time.AfterFunc(20*time.Millisecond, p.Wake) // during
	wait()
	timer.Stop()

	start := time.Now() // all are used up
	if n, err := p.Wait(out, start.Add(20*time.Millisecond)); n != 0 || err != nil || time.Since(start) < 20*time.Millisecond {
		t.Errorf("woken by nobody: %d, %v", n, err)
	}
}

func TestWaitForever(t *testing.T) {
	p := newPoller(t)
	a, b := pair(t, SOCK_STREAM)
	check(t, p.Add(a, EPOLLIN, 1))
	if n, err := p.Wait(make([]Event, 1), time.Now().Add(time.Millisecond)); n != 0 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	timer := time.AfterFunc(20*time.Millisecond, func() { OS.Send(b, []byte("x"), 0) })
	defer timer.Stop()
	n, err := p.Wait(make([]Event, 1), time.Time{})
	if n != 1 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
}

func TestPollerClose(t *testing.T) {
	p, err := NewPoller()
	check(t, err)
	a, _ := pair(t, SOCK_STREAM)
	check(t, p.Add(a, EPOLLIN, 1))
	waits := make(chan error, 3)
	for range cap(waits) {
		go func() {
			_, err := p.Wait(make([]Event, 1), time.Time{})
			waits <- err
		}()
	}
	time.Sleep(20 * time.Millisecond)
	check(t, p.Close())
	for range cap(waits) {
		select {
		case err := <-waits:
			if err != ErrClosed || !errors.Is(err, fs.ErrClosed) {
				t.Errorf("Wait: %v", err)
			}
		case <-time.After(patience):
			t.Fatal("Wait goes on after Close")
		}
	}
	errs := []error{p.Close(), p.Add(a, EPOLLIN, 1), p.Mod(a, EPOLLIN, 1), p.Del(a)}
	_, err = p.Wait(make([]Event, 1), time.Time{})
	errs = append(errs, err)
	_, err = p.TryWait(make([]Event, 1))
	errs = append(errs, err)
	for i, err := range errs {
		if err != ErrClosed {
			t.Errorf("call %d: %v", i, err)
		}
	}
	p.Wake()
	if fd, ok := p.AsPollFD(); ok {
		t.Errorf("AsPollFD: %d", fd)
	}
}

func TestNested(t *testing.T) {
	inner, outer := newPoller(t), newPoller(t)
	a, b := pair(t, SOCK_STREAM)
	check(t, inner.Add(a, EPOLLIN, 1))
	fd, ok := inner.AsPollFD()
	if !ok {
		t.Skip("no nested sets on this system")
	}
	check(t, outer.Add(fd, EPOLLIN, 2))
	quiet(t, outer)
	timer := time.AfterFunc(20*time.Millisecond, func() { OS.Send(b, []byte("x"), 0) })
	defer timer.Stop()
	want1(t, outer, 2, EPOLLIN)
	want1(t, inner, 1, EPOLLIN)
	want1(t, outer, 2, EPOLLIN)
	if got := await(t, fd, EPOLLIN); got != EPOLLIN {
		t.Errorf("Poll: %#x", got)
	}
	recvFull(t, a, 1)
	quiet(t, outer)
	quiet(t, inner)
}
