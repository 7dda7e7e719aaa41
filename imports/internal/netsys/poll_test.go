//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package netsys

import (
	"math"
	"testing"
	"time"
)

func TestPoll(t *testing.T) {
	a, b := pair(t, SOCK_STREAM)
	set := []PollFD{{FD: a, Events: EPOLLIN}, {FD: -1, Events: EPOLLIN, Revents: EPOLLERR}, {FD: b, Events: EPOLLIN | EPOLLOUT | EPOLLPRI}}
	n, err := Poll(set, 0)
	if n != 1 || err != nil || set[0].Revents != 0 || set[1].Revents != 0 || set[2].Revents != EPOLLOUT {
		t.Errorf("idle: %d, %v, %+v", n, err, set)
	}
	sendAll(t, b, []byte("x"))
	n, err = Poll(set, -1)
	if n != 2 || err != nil || set[0].Revents != EPOLLIN {
		t.Errorf("data: %d, %v, %+v", n, err, set)
	}
	check(t, OS.Close(b))
	n, err = Poll(set[:1], patience)
	if n != 1 || err != nil || set[0].Revents&(EPOLLIN|EPOLLHUP) != EPOLLIN|EPOLLHUP {
		t.Errorf("hang-up: %d, %v, %+v", n, err, set)
	}
	set[0].FD = b
	n, err = Poll(set[:1], 0)
	if n != 1 || err != nil || set[0].Revents != POLLNVAL {
		t.Errorf("closed: %d, %v, %+v", n, err, set)
	}
}

func TestPollTimeout(t *testing.T) {
	a, _ := pair(t, SOCK_STREAM)
	for _, d := range []time.Duration{0, 300 * time.Microsecond, 30 * time.Millisecond} {
		start := time.Now()
		n, err := Poll([]PollFD{{FD: a, Events: EPOLLIN}}, d)
		if took := time.Since(start); n != 0 || err != nil || took < d || took > d+5*time.Second {
			t.Errorf("Poll for %v: %d, %v after %v", d, n, err, took)
		}
	}
	if n, err := Poll(nil, time.Millisecond); n != 0 || err != nil {
		t.Errorf("Poll of nothing: %d, %v", n, err)
	}
}

func TestPollMillis(t *testing.T) {
	for d, want := range map[time.Duration]int{
		-1: -1, math.MinInt64: -1, 0: 0, 1: 1, time.Millisecond: 1, time.Millisecond + 1: 2, math.MaxInt64: math.MaxInt32,
	} {
		if got := pollMillis(d); got != want {
			t.Errorf("%d ns: %d ms, want %d", d, got, want)
		}
	}
}

func TestPollMany(t *testing.T) {
	var set []PollFD
	for range 50 {
		a, _ := pair(t, SOCK_DGRAM)
		set = append(set, PollFD{FD: a, Events: EPOLLOUT})
	}
	if n, err := Poll(set, 0); n != len(set) || err != nil {
		t.Errorf("%d, %v", n, err)
	}
}
