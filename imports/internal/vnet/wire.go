package vnet

import (
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/wqjs/wqjs/imports/internal/netsys"
)

const (
	// window is how many bytes are under way in one direction of a connection.
	window = 256 << 10
	// chunk is the most that is moved at a time.
	chunk = 16 << 10
	// overhead is what the smallest chunk counts as.
	overhead = 256
)

// queued counts the bytes that are delayed in a Net.
type queued struct{ n atomic.Int64 }

type counter struct{ n atomic.Uint64 }

// wire carries the bytes of a connection between the far ends of two pairs.
type wire struct {
	net   *Net
	conn  *conn
	link  Link
	ends  [2]*net.UnixConn
	done  chan struct{}
	once  sync.Once
	moved atomic.Int64
}

// lay makes the wire of c that starts at far, which it takes over, and gives the
// descriptor for the other side.
func (c *conn) lay(n *Net, far netsys.FD, link Link) (netsys.FD, error) {
	pair, err := netsys.OS.SocketPair(netsys.AF_UNIX, netsys.SOCK_STREAM, 0)
	if err != nil {
		return -1, err
	}
	a, err := unixConn(far)
	c.ends[0].far = -1
	if err != nil {
		return -1, errors.Join(err, netsys.OS.Close(pair[0]), netsys.OS.Close(pair[1]))
	}
	b, err := unixConn(pair[1])
	if err != nil {
		return -1, errors.Join(err, a.Close(), netsys.OS.Close(pair[0]))
	}
	c.wire = &wire{net: n, conn: c, link: link, ends: [2]*net.UnixConn{a, b}, done: make(chan struct{})}
	return pair[0], nil
}

// unixConn takes an end of a pair over, also when it fails.
func unixConn(fd netsys.FD) (*net.UnixConn, error) {
	c, err := netsys.Conn(fd)
	if err != nil {
		return nil, err
	}
	return c.(*net.UnixConn), nil
}

func (w *wire) start() {
	w.net.wires.Go(func() {
		var both sync.WaitGroup
		both.Go(func() { w.pump(w.ends[0], w.ends[1]) })
		both.Go(func() { w.pump(w.ends[1], w.ends[0]) })
		both.Wait()
		w.cut()
	})
}

// cut ends the wire at once.
func (w *wire) cut() {
	w.once.Do(func() { close(w.done) })
	for _, c := range w.ends {
		_ = c.Close()
	}
}

// reset is conn.reset, from outside.
func (w *wire) reset() {
	w.net.mu.Lock()
	defer w.net.mu.Unlock()
	w.conn.reset()
}

// parcel is what is under way; without bytes it is the end, for which there is
// an error unless the stream just ended.
type parcel struct {
	bytes []byte
	due   time.Time
	err   error
}

func (p parcel) size() int { return max(len(p.bytes), overhead) }

// line holds what is under way in one direction.
type line struct {
	net   *Net
	mu    sync.Mutex
	moved sync.Cond
	all   []parcel
	size  int
	ended bool // nobody takes from it any more
}

func newLine(n *Net) *line {
	l := &line{net: n}
	l.moved.L = &l.mu
	return l
}

// put waits for room, and reports whether there is anyone to take p.
func (l *line) put(p parcel) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for !l.ended && len(l.all) > 0 && (l.size >= window || l.net.queued.n.Load() >= l.net.c.MaxQueued) {
		l.moved.Wait()
	}
	if l.ended {
		return false
	}
	l.all = append(l.all, p)
	l.size += p.size()
	l.net.queued.n.Add(int64(p.size()))
	l.moved.Broadcast()
	return true
}

// first waits for a parcel, which stays until drop.
func (l *line) first() (parcel, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.all) == 0 && !l.ended {
		l.moved.Wait()
	}
	if l.ended {
		return parcel{}, false
	}
	return l.all[0], true
}

func (l *line) drop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return // end has counted it
	}
	n := l.all[0].size()
	l.all = append(l.all[:0], l.all[1:]...)
	l.size -= n
	l.net.queued.n.Add(-int64(n))
	l.moved.Broadcast()
}

func (l *line) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return
	}
	l.ended = true
	l.net.queued.n.Add(-int64(l.size))
	l.all, l.size = nil, 0
	l.moved.Broadcast()
}

// pump moves bytes in one direction until they end or the wire is cut.
func (w *wire) pump(from, to *net.UnixConn) {
	l := newLine(w.net)
	var reader sync.WaitGroup
	reader.Go(func() { w.fetch(from, l) })
	err := w.deliver(l, to)
	l.end()
	if err != nil {
		w.reset()
	}
	reader.Wait()
}

// fetch reads from one side what the other gets when it is due.
func (w *wire) fetch(from *net.UnixConn, l *line) {
	buf := make([]byte, chunk)
	var sent, last time.Time // when the wire is free again; when the last parcel arrives
	for {
		n, err := from.Read(buf)
		now := time.Now()
		sent = later(sent, now)
		if w.link.Bandwidth > 0 {
			sent = sent.Add(time.Duration(float64(n) / float64(w.link.Bandwidth) * float64(time.Second)))
		}
		last = later(last, sent.Add(w.net.delay(w.link)))
		if n > 0 && !l.put(parcel{bytes: append([]byte(nil), buf[:n]...), due: last}) {
			return
		}
		if err != nil {
			if err == io.EOF {
				err = nil
			}
			l.put(parcel{due: last, err: err})
			return
		}
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// deliver hands over what is due; an error resets the connection.
func (w *wire) deliver(l *line, to *net.UnixConn) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		p, ok := l.first()
		if !ok {
			return nil
		}
		if wait := time.Until(p.due); wait > 0 {
			timer.Reset(wait)
			select {
			case <-timer.C:
			case <-w.done:
				return nil
			}
		}
		if p.bytes == nil {
			if p.err == nil {
				_ = to.CloseWrite()
			}
			return p.err
		}
		bytes, over := w.allow(p.bytes)
		if _, err := to.Write(bytes); err != nil {
			return err
		}
		if over {
			return syscall.ECONNRESET
		}
		l.drop()
	}
}

// allow cuts bytes at Link.ResetAfter, and tells whether that was reached.
func (w *wire) allow(b []byte) ([]byte, bool) {
	limit := w.link.ResetAfter
	if limit <= 0 {
		return b, false
	}
	before := w.moved.Add(int64(len(b))) - int64(len(b))
	left := max(limit-before, 0)
	if int64(len(b)) < left {
		return b, false
	}
	return b[:left], true
}
