package sock

import (
	"errors"
	"net"
	"sync"
	"time"

	"github.com/wqjs/wqjs/imports/internal/netsys"
)

// ListenerConfig says what a Listener is made of.
type ListenerConfig struct {
	// Listener is where connections come from; the Listener closes it.
	Listener net.Listener
	// Open makes the guest's socket of a connection, which it then owns, also when
	// it fails.
	Open func(net.Conn) (*Socket, netsys.Addr, error)
	// Explain turns an error of Listener into the guest's; nil keeps it.
	Explain func(error) error
	// Deadline, if not zero, is when it fails with Expired.
	Deadline time.Time
	Expired  error
}

// MaxWaiting is how many connections a Listener accepts before the guest does.
const MaxWaiting = 16

// Listener accepts connections of a net.Listener, in a goroutine, for a guest
// that sees one end of a pair: see Queue.
type Listener struct {
	c     ListenerConfig
	queue *Queue[net.Conn]
	room  chan struct{} // a token for each that waits, and for the next
	done  chan struct{} // closed when it ends
	once  sync.Once
	timer *time.Timer
}

// NewListener makes a listener, and the guest's end of it. On failure the
// net.Listener is closed.
func NewListener(c ListenerConfig) (*Listener, netsys.FD, error) {
	pair, err := netsys.OS.SocketPair(netsys.AF_UNIX, netsys.SOCK_STREAM, 0)
	if err != nil {
		return nil, -1, errors.Join(err, c.Listener.Close())
	}
	q, err := NewQueue[net.Conn](pair[0], pair[1], MaxWaiting)
	if err != nil {
		return nil, -1, errors.Join(err, netsys.OS.Close(pair[0]), netsys.OS.Close(pair[1]), c.Listener.Close())
	}
	l := &Listener{c: c, queue: q, room: make(chan struct{}, MaxWaiting), done: make(chan struct{})}
	l.timer = time.AfterFunc(time.Hour, func() { l.fail(c.Expired) })
	if c.Deadline.IsZero() {
		l.timer.Stop()
	} else {
		l.timer.Reset(time.Until(c.Deadline))
	}
	go l.run()
	return l, pair[0], nil
}

// Pauses after errors that pass, such as too many open files.
const (
	firstPause = 5 * time.Millisecond
	lastPause  = time.Second
)

func (l *Listener) run() {
	pause := firstPause
	for {
		select {
		case l.room <- struct{}{}:
		case <-l.done:
			return
		}
		c, err := l.c.Listener.Accept()
		if err == nil {
			pause = firstPause
			if l.queue.Push(c) != nil { // it was closed
				_ = c.Close()
			}
			continue
		}
		if !passes(err) {
			l.fail(err)
			return
		}
		<-l.room
		select {
		case <-time.After(pause):
		case <-l.done:
			return
		}
		pause = min(2*pause, lastPause)
	}
}

// passes reports whether accepting may work again, as net/http decides it.
func passes(err error) bool {
	var t interface{ Temporary() bool }
	return errors.As(err, &t) && t.Temporary()
}

// fail ends the listener with an error, which the guest gets when it has accepted
// what waits.
func (l *Listener) fail(err error) {
	if l.c.Explain != nil {
		err = l.c.Explain(err)
	}
	l.queue.Fail(err)
	l.stop()
}

func (l *Listener) stop() {
	l.once.Do(func() {
		close(l.done)
		l.timer.Stop()
		_ = l.c.Listener.Close()
	})
}

func (l *Listener) accept() (*Socket, netsys.Addr, error) {
	c, err := l.queue.Pop()
	if err != nil {
		return nil, netsys.Addr{}, err
	}
	<-l.room
	return l.c.Open(c)
}

// close closes what waits, too; the guest's end is the caller's.
func (l *Listener) close() {
	l.stop()
	for _, c := range l.queue.Close() {
		_ = c.Close()
	}
}
