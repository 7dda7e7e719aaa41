package vnet

import (
	"container/heap"
	"sync"
	"time"

	"github.com/wqjs/wqjs/imports/internal/netsys"
)

// letter is a datagram under way.
type letter struct {
	typ      int
	from, to netsys.Addr
	bytes    []byte
	due      time.Time
	seq      uint64 // keeps those that are due at one time in order
}

func (l letter) size() int64 { return int64(max(len(l.bytes), overhead)) }

// mail delivers delayed datagrams, in one goroutine while there are any.
type mail struct {
	mu      sync.Mutex
	letters letters
	seq     uint64
	running bool
	earlier chan struct{} // the first letter is another
}

// post takes a letter, unless too many bytes are delayed already.
func (m *mail) post(n *Net, l letter) bool {
	if n.queued.n.Add(l.size()) > n.c.MaxQueued {
		n.queued.n.Add(-l.size())
		return false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.seq++
	l.seq = m.seq
	heap.Push(&m.letters, l)
	switch {
	case !m.running:
		m.running = true
		n.wires.Go(func() { m.run(n) })
	case m.letters[0].seq == l.seq:
		select {
		case m.earlier <- struct{}{}:
		default:
		}
	}
	return true
}

func (m *mail) run(n *Net) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		m.mu.Lock()
		if len(m.letters) == 0 {
			m.running = false
			m.mu.Unlock()
			return
		}
		wait := time.Until(m.letters[0].due)
		if wait > 0 {
			m.mu.Unlock()
			timer.Reset(wait)
			select {
			case <-timer.C:
			case <-m.earlier:
			case <-n.done:
				m.discard(n)
			}
			continue
		}
		l := heap.Pop(&m.letters).(letter)
		m.mu.Unlock()
		n.queued.n.Add(-l.size())
		if n.arrive(l.typ, l.from, l.to, l.bytes) != nil {
			n.lost.n.Add(1)
		}
	}
}

// discard is for the end of the net.
func (m *mail) discard(n *Net) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, l := range m.letters {
		n.queued.n.Add(-l.size())
	}
	m.letters = nil
}

type letters []letter

func (h letters) Len() int { return len(h) }
func (h letters) Less(i, j int) bool {
	return h[i].due.Before(h[j].due) || h[i].due.Equal(h[j].due) && h[i].seq < h[j].seq
}
func (h letters) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *letters) Push(x any)   { *h = append(*h, x.(letter)) }
func (h *letters) Pop() any {
	old := *h
	l := old[len(old)-1]
	old[len(old)-1] = letter{}
	*h = old[:len(old)-1]
	return l
}
