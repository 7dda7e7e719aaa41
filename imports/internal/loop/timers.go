package loop

import (
	"container/heap"
	"math"
	"time"

	"github.com/wqjs/wqjs/imports/internal/abi"
)

type timer struct {
	id       int32
	at       time.Time
	seq      uint64 // timers of one instant fire in the order they were set
	interval time.Duration
	repeat   bool
	unref    bool
	index    int
}

type timerHeap []*timer

func (h timerHeap) Len() int { return len(h) }
func (h timerHeap) Less(i, j int) bool {
	if h[i].at.Equal(h[j].at) {
		return h[i].seq < h[j].seq
	}
	return h[i].at.Before(h[j].at)
}
func (h timerHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}
func (h *timerHeap) Push(x any) {
	t := x.(*timer)
	t.index = len(*h)
	*h = append(*h, t)
}
func (h *timerHeap) Pop() any {
	old := *h
	t := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	return t
}

// delay turns milliseconds of the guest into a duration; what is no sensible
// number is 0.
func delay(ms float64) time.Duration {
	if !(ms > 0) {
		return 0
	}
	return time.Duration(math.Min(ms, math.MaxInt32) * float64(time.Millisecond))
}

// StartTimer sets timer id to fire after ms milliseconds, again and again if
// repeat. EAGAIN when MaxTimers are pending.
func (l *Loop) StartTimer(id int32, ms float64, repeat bool) error {
	if _, ok := l.timers[id]; ok {
		return abi.EEXIST
	}
	if len(l.timers) >= l.cfg.MaxTimers {
		return abi.Detailed(abi.EAGAIN, "too many pending timers (limit %d)", l.cfg.MaxTimers)
	}
	d := delay(ms)
	l.seq++
	t := l.newTimer()
	*t = timer{id: id, at: time.Now().Add(d), seq: l.seq, interval: d, repeat: repeat}
	l.timers[id] = t
	heap.Push(&l.heap, t)
	l.refs++
	return nil
}

// maxSpare is how many timers that are over are kept for the next: one that
// sets its successor, the usual case, allocates nothing.
const maxSpare = 16

func (l *Loop) newTimer() *timer {
	n := len(l.spare)
	if n == 0 {
		return new(timer)
	}
	t := l.spare[n-1]
	l.spare = l.spare[:n-1]
	return t
}

// StopTimer forgets timer id; unknown ids are no error.
func (l *Loop) StopTimer(id int32) {
	t, ok := l.timers[id]
	if !ok {
		return
	}
	heap.Remove(&l.heap, t.index)
	l.dropTimer(t)
}

func (l *Loop) dropTimer(t *timer) {
	delete(l.timers, t.id)
	if !t.unref {
		l.refs--
	}
	if len(l.spare) < maxSpare {
		l.spare = append(l.spare, t)
	}
}

// RefTimer says whether timer id keeps the loop alive.
func (l *Loop) RefTimer(id int32, on bool) {
	t, ok := l.timers[id]
	if !ok || t.unref == !on {
		return
	}
	t.unref = !on
	if on {
		l.refs++
	} else {
		l.refs--
	}
}

// due appends the events of timers whose time has come, at most room of them.
func (l *Loop) due(out []Event, room int) []Event {
	if len(l.heap) == 0 {
		return out
	}
	// The timers that fire now are those set before now: one that a repeating
	// timer sets again waits for the next turn.
	now := time.Now()
	for len(out) < room && len(l.heap) > 0 && !l.heap[0].at.After(now) {
		t := l.heap[0]
		out = append(out, Event{Kind: KindTimer, ID: t.id})
		if t.repeat {
			l.seq++
			t.at, t.seq = now.Add(max(t.interval, time.Millisecond)), l.seq
			heap.Fix(&l.heap, 0)
		} else {
			heap.Pop(&l.heap)
			l.dropTimer(t)
		}
	}
	return out
}
