package imports

import (
	"io"
	"math"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wqjs/wqjs/imports/internal/abi"
	"github.com/wqjs/wqjs/imports/internal/sock"
)

// limited is a connection that ends when its budgets or its time are spent. Read
// and Write are each for one goroutine.
type limited struct {
	net.Conn
	name string
	*budgets

	mu    sync.Mutex
	cause error // why it ended, if by its terms
	over  bool
	timer *time.Timer
}

// budgets are of a connection, or of all those of a listener.
type budgets struct{ recv, send budget }

func newBudgets(t GrantTerms) *budgets {
	b := &budgets{}
	b.recv.set(t.RecvBytes)
	b.send.set(t.SendBytes)
	return b
}

// budget is a number of bytes, and what is left of it.
type budget struct {
	all  int64
	left atomic.Int64
}

func (b *budget) set(n int64) {
	if n <= 0 {
		n = math.MaxInt64
	}
	b.all = n
	b.left.Store(n)
}

// take takes up to n bytes.
func (b *budget) take(n int) int {
	for {
		left := b.left.Load()
		got := min(int64(n), left)
		if b.left.CompareAndSwap(left, left-got) {
			return int(got)
		}
	}
}

// Read reads up to the budget. Whether there was more to come is found by
// reading on: an end is no breach.
func (l *limited) Read(p []byte) (int, error) {
	left := l.recv.left.Load()
	if left == 0 {
		var more [1]byte
		n, err := l.Conn.Read(more[:])
		if n > 0 {
			err = l.spent("receive", l.recv.all)
		}
		return 0, err
	}
	n, err := l.Conn.Read(p[:min(int64(len(p)), left)])
	if got := l.recv.take(n); got < n { // others took the rest meanwhile
		return got, l.spent("receive", l.recv.all)
	}
	return n, err
}

func (l *limited) Write(p []byte) (int, error) {
	may := l.send.take(len(p))
	n, err := l.Conn.Write(p[:may])
	l.send.left.Add(int64(may - n))
	if err == nil && n < len(p) {
		err = l.spent("send", l.send.all)
		_ = l.Conn.SetReadDeadline(time.Now()) // so that the other direction ends, too
	}
	return n, err
}

// CloseWrite half-closes what can be.
func (l *limited) CloseWrite() error {
	if h, ok := l.Conn.(interface{ CloseWrite() error }); ok {
		return h.CloseWrite()
	}
	return nil
}

func (l *limited) spent(verb string, all int64) error {
	return l.end(abi.Detailed(abi.EDQUOT, "granted connection %q: its budget of %d bytes to %s is spent", l.name, all, verb))
}

// end keeps the first cause.
func (l *limited) end(cause error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cause == nil {
		l.cause = cause
	}
	return l.cause
}

// explain gives the cause in place of what follows from it.
func (l *limited) explain(err error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cause != nil && err != io.EOF {
		return l.cause
	}
	return err
}

// until ends st at the deadline, unless that is zero.
func (l *limited) until(deadline time.Time, st *sock.Stream) {
	if deadline.IsZero() {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		return
	}
	l.timer = time.AfterFunc(time.Until(deadline), func() {
		st.Fail(l.end(abi.Detailed(abi.ETIMEDOUT, "granted connection %q: its deadline has passed", l.name)))
	})
}

// ended is told when nothing moves any more.
func (l *limited) ended() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.over = true
	if l.timer != nil {
		l.timer.Stop()
	}
}
