// Package loop is the host's half of a sandbox's event loop: timers, readiness
// of fds, and completions of asynchronous host work, all through one queue.
package loop

import (
	"errors"
	"sync"
	"time"

	"github.com/wqjs/wqjs/imports/internal/abi"
	"github.com/wqjs/wqjs/imports/internal/netsys"
)

// Kinds of events, as wasm/shim/event.c knows them.
const (
	KindTimer int32 = 1
	KindFD    int32 = 2
	KindOp    int32 = 3
	// KindShutdown asks the program to end by itself.
	KindShutdown int32 = 4
)

// Event is one entry of the ring in guest memory.
type Event struct{ Kind, ID, A, B int32 }

// Config holds the limits of a loop.
type Config struct {
	// MaxTimers bounds pending timers; 0 is DefaultMaxTimers.
	MaxTimers int
	// MaxOps bounds asynchronous operations in flight; 0 is DefaultMaxOps.
	MaxOps int
	// OnBlock, if set, is told when a blocking guest call starts and stops waiting.
	OnBlock func(waiting bool)
}

// Limits used where a Config says nothing.
const (
	DefaultMaxTimers = 100_000
	DefaultMaxOps    = 1024
)

// Loop belongs to one sandbox. Its methods are for the goroutine that runs the
// sandbox, but for Wake, Complete and Interrupt, which any goroutine may call.
type Loop struct {
	cfg    Config
	refs   int // timers, watches and operations that keep the loop alive
	seq    uint64
	timers map[int32]*timer
	heap   timerHeap
	spare  []*timer // that nothing refers to

	watch  *netsys.Poller // persistent, edge-triggered: the event loop's fds
	block  *netsys.Poller // what a blocking guest call waits for, and empty between
	nwatch int
	unref  map[int32]bool
	watchN int32           // counts watches
	gens   map[int32]int32 // of the watches there are: their numbers, so counted
	buf    []netsys.Event
	one    [1]netsys.Event // of block

	wake chan struct{}

	mu      sync.Mutex
	done    []Event // completions not yet fetched
	ops     int
	cause   error // why waits end; set by Interrupt
	pollers []*netsys.Poller
	// guestPoller is the guest's epoll instance that it waits on now.
	guestPoller *netsys.Poller
	closed      bool
	opsCancel   map[int32]func()
	handles     bool // the program wants to be asked to end
	shutdown    bool // and is to be
}

// New makes an empty loop; pollers are made on first use.
func New(cfg Config) *Loop {
	if cfg.MaxTimers <= 0 {
		cfg.MaxTimers = DefaultMaxTimers
	}
	if cfg.MaxOps <= 0 {
		cfg.MaxOps = DefaultMaxOps
	}
	return &Loop{
		cfg:       cfg,
		timers:    map[int32]*timer{},
		unref:     map[int32]bool{},
		gens:      map[int32]int32{},
		wake:      make(chan struct{}, 1),
		opsCancel: map[int32]func(){},
	}
}

func (l *Loop) newPoller() (*netsys.Poller, error) {
	p, err := netsys.NewPoller()
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, errors.Join(ErrClosed, p.Close())
	}
	l.pollers = append(l.pollers, p)
	return p, nil
}

// Wake ends a wait in progress, or the next one.
func (l *Loop) Wake() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, p := range l.pollers {
		p.Wake()
	}
	if l.guestPoller != nil {
		l.guestPoller.Wake()
	}
}

// Interrupt makes every wait return cause, now and later, until Resume.
func (l *Loop) Interrupt(cause error) {
	l.mu.Lock()
	if l.cause == nil {
		l.cause = cause
	}
	l.mu.Unlock()
	l.Wake()
}

// Resume lets waits wait again, unless the loop is closed.
func (l *Loop) Resume() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed {
		l.cause = nil
	}
}

// Interrupted is the cause given to Interrupt, or nil.
func (l *Loop) Interrupted() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.cause
}

// watchEvents are the changes that a watch reports.
const watchEvents = netsys.EPOLLIN | netsys.EPOLLOUT | netsys.EPOLLRDHUP | netsys.EPOLLET

// Watch reports changes of fd's readiness as events with ID id, and in B the
// watch's Generation: an event that was fetched before an fd was closed is not
// one of its number's next owner.
func (l *Loop) Watch(id int32, fd netsys.FD) error {
	if l.watch == nil {
		p, err := l.newPoller()
		if err != nil {
			return err
		}
		l.watch = p
		l.buf = make([]netsys.Event, 256)
	}
	gen := max(l.watchN+1, 1) // it wraps
	if err := l.watch.Add(fd, watchEvents, token(id, gen)); err != nil {
		return err
	}
	l.watchN = gen
	l.gens[id] = gen
	l.nwatch++
	l.refs++
	return nil
}

func token(id, gen int32) uint64 { return uint64(uint32(gen))<<32 | uint64(uint32(id)) }

// Generation is the number, 1 or more, of the watch with this id; 0 if there is none.
func (l *Loop) Generation(id int32) int32 { return l.gens[id] }

// Unwatch undoes a Watch. It is called before fd is closed.
func (l *Loop) Unwatch(id int32, fd netsys.FD) {
	_ = l.watch.Del(fd) // closing fd would do it as well
	delete(l.gens, id)
	l.nwatch--
	if l.unref[id] {
		delete(l.unref, id)
	} else {
		l.refs--
	}
}

// Rewatch lets the watch id go on with another fd; the old one is still open.
func (l *Loop) Rewatch(id int32, old, fd netsys.FD) error {
	if err := l.watch.Add(fd, watchEvents, token(id, l.gens[id])); err != nil {
		return err
	}
	_ = l.watch.Del(old)
	return nil
}

// RefWatch says whether the watch with this id keeps the loop alive.
func (l *Loop) RefWatch(id int32, on bool) {
	switch {
	case on && l.unref[id]:
		delete(l.unref, id)
		l.refs++
	case !on && !l.unref[id]:
		l.unref[id] = true
		l.refs--
	}
}

// StartOp counts an asynchronous operation, whose cancel is called if the loop
// closes first. EAGAIN when MaxOps are in flight: until Next has reported it,
// an operation is.
func (l *Loop) StartOp(id int32, cancel func()) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.closed:
		return ErrClosed
	case l.opsCancel[id] != nil:
		return abi.EEXIST
	case l.ops >= l.cfg.MaxOps:
		return abi.Detailed(abi.EAGAIN, "too many operations in flight (limit %d)", l.cfg.MaxOps)
	}
	l.ops++
	l.opsCancel[id] = cancel
	return nil
}

// CancelOp cancels operation id if it is in flight; its completion still comes.
func (l *Loop) CancelOp(id int32) {
	l.mu.Lock()
	cancel := l.opsCancel[id]
	l.mu.Unlock()
	if cancel != nil {
		cancel()
	}
}

// Complete ends operation id with a status; any goroutine may call it.
func (l *Loop) Complete(id int32, status int32) {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return
	}
	delete(l.opsCancel, id)
	l.done = append(l.done, Event{Kind: KindOp, ID: id, A: status})
	l.mu.Unlock()
	l.Wake()
}

// HandleShutdown says whether the program wants to be asked to end.
func (l *Loop) HandleShutdown(on bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.handles = on
}

// Shutdown asks the program to end, and reports whether it is one that wants to
// be asked; any goroutine may call it.
func (l *Loop) Shutdown() bool {
	l.mu.Lock()
	ask := l.handles && !l.closed
	l.shutdown = l.shutdown || ask
	l.mu.Unlock()
	if ask {
		l.Wake()
	}
	return ask
}

// Alive reports whether anything keeps the loop going.
func (l *Loop) Alive() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.refs > 0 || l.ops > 0 || len(l.done) > 0 || l.shutdown
}

// Pending is how many timers there are, and operations not yet reported.
func (l *Loop) Pending() (timers, ops int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.timers), l.ops
}

// ErrClosed is returned by waits after Close.
var ErrClosed = errors.New("loop is closed")

// MinEvents is the least room that Next can share among its sources.
const MinEvents = 4

// Next waits for events and appends them to out[:0], at most cap(out), which is
// MinEvents or more. It returns none when nothing keeps the loop alive, and the
// cause of an Interrupt.
func (l *Loop) Next(out []Event) ([]Event, error) {
	out = out[:0]
	if cap(out) < MinEvents {
		return out, abi.EINVAL
	}
	for {
		if err := l.Interrupted(); err != nil {
			return out, err
		}
		// Each source in turn gets half of the room, so that none starves the others.
		out = l.due(out, cap(out)/2)
		out = l.completions(out)
		var err error
		if out, err = l.ready(out, len(out) == 0); err != nil {
			return out, err
		}
		if len(out) > 0 || !l.Alive() {
			return out, nil
		}
	}
}

func (l *Loop) completions(out []Event) []Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.shutdown {
		l.shutdown = false
		out = append(out, Event{Kind: KindShutdown})
	}
	n := min(len(l.done), cap(out)-len(out)-cap(out)/4)
	if n <= 0 {
		return out
	}
	out = append(out, l.done[:n]...)
	l.done = append(l.done[:0], l.done[n:]...)
	l.ops -= n
	return out
}

// ready adds the fds that became ready; it waits for them, for the next timer
// or a Wake if wait is set and anything keeps the loop alive.
func (l *Loop) ready(out []Event, wait bool) ([]Event, error) {
	if l.nwatch == 0 {
		if wait && l.Alive() {
			l.sleep()
		}
		return out, nil
	}
	buf := l.buf[:min(len(l.buf), cap(out)-len(out))]
	var n int
	var err error
	if wait && l.Alive() {
		n, err = l.watch.Wait(buf, l.nextTimer())
	} else {
		n, err = l.watch.TryWait(buf)
	}
	if err != nil {
		return out, err
	}
	for _, e := range buf[:n] {
		out = append(out, Event{Kind: KindFD, ID: int32(uint32(e.Token)), A: int32(e.Events), B: int32(e.Token >> 32)})
	}
	return out, nil
}

func (l *Loop) nextTimer() time.Time {
	if len(l.heap) == 0 {
		return time.Time{}
	}
	return l.heap[0].at
}

// sleep waits for the next timer or a Wake without a poller.
func (l *Loop) sleep() {
	at := l.nextTimer()
	if at.IsZero() {
		<-l.wake
		return
	}
	t := time.NewTimer(time.Until(at))
	defer t.Stop()
	select {
	case <-l.wake:
	case <-t.C:
	}
}

// Sleep waits for d or until the loop is interrupted.
func (l *Loop) Sleep(d time.Duration) error {
	_, err := l.WaitFDs(nil, time.Now().Add(d))
	return err
}

// Close ends all waits and operations and frees the pollers.
func (l *Loop) Close() error {
	l.mu.Lock()
	l.closed, l.cause = true, ErrClosed
	l.mu.Unlock()
	l.Wake()
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, cancel := range l.opsCancel {
		cancel()
	}
	l.opsCancel = nil
	var errs []error
	for _, p := range l.pollers {
		errs = append(errs, p.Close())
	}
	l.pollers = nil
	return errors.Join(errs...)
}
