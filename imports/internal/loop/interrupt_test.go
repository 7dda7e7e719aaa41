//go:build unix

package loop_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/wqjs/wqjs/imports/internal/guesttest"
	"github.com/wqjs/wqjs/imports/internal/loop"
	"github.com/wqjs/wqjs/imports/internal/netsys"
)

// waits are all the ways to wait. Each first sets up what it waits for and
// returns the wait itself, which goes on for ever.
var waits = map[string]func(t *testing.T, l *loop.Loop) func() error{
	"Next for an operation": func(t *testing.T, l *loop.Loop) func() error {
		check(t, l.StartOp(1, func() {}))
		return nextError(l)
	},
	"Next for a timer": func(t *testing.T, l *loop.Loop) func() error {
		check(t, l.StartTimer(1, 3600_000, false))
		return nextError(l)
	},
	"Next for an fd": func(t *testing.T, l *loop.Loop) func() error {
		a, _ := pair(t)
		check(t, l.Watch(1000, a))
		next(t, l) // it is writable
		return nextError(l)
	},
	"Next for an fd and a timer": func(t *testing.T, l *loop.Loop) func() error {
		a, _ := pair(t)
		check(t, l.Watch(1000, a))
		check(t, l.StartTimer(1, 3600_000, false))
		next(t, l)
		return nextError(l)
	},
	"Sleep": func(t *testing.T, l *loop.Loop) func() error {
		return func() error { return l.Sleep(time.Hour) }
	},
	"SleepNS": func(t *testing.T, l *loop.Loop) func() error {
		return func() error {
			l.SleepNS(int64(time.Hour))
			return l.Interrupted()
		}
	},
	"WaitFDs of nothing": func(t *testing.T, l *loop.Loop) func() error {
		return fdsError(l, nil, time.Time{})
	},
	"WaitFDs of one": func(t *testing.T, l *loop.Loop) func() error {
		a, _ := pair(t)
		return fdsError(l, []loop.Interest{{FD: a, Events: in}}, time.Time{})
	},
	"WaitFDs of two with a deadline": func(t *testing.T, l *loop.Loop) func() error {
		a, b := pair(t)
		return fdsError(l, []loop.Interest{{FD: a, Events: in}, {FD: b, Events: in}}, time.Now().Add(time.Hour))
	},
	"WaitPoller": func(t *testing.T, l *loop.Loop) func() error { return pollerError(t, l, time.Time{}) },
	"WaitPoller with a deadline": func(t *testing.T, l *loop.Loop) func() error {
		return pollerError(t, l, time.Now().Add(time.Hour))
	},
	"WaitWake": func(t *testing.T, l *loop.Loop) func() error {
		return func() error {
			for {
				if err := l.WaitWake(); err != nil {
					return err
				}
			}
		}
	},
}

func nextError(l *loop.Loop) func() error {
	return func() error {
		events, err := l.Next(make([]loop.Event, 0, 8))
		if err == nil && len(events) > 0 {
			err = errors.New("an event out of nowhere")
		}
		return err
	}
}

func fdsError(l *loop.Loop, fds []loop.Interest, deadline time.Time) func() error {
	return func() error {
		_, err := l.WaitFDs(fds, deadline)
		return err
	}
}

func pollerError(t *testing.T, l *loop.Loop, deadline time.Time) func() error {
	p, err := netsys.NewPoller()
	check(t, err)
	t.Cleanup(func() { p.Close() })
	return func() error {
		_, err := l.WaitPoller(p, make([]netsys.Event, 4), deadline)
		return err
	}
}

// TestInterrupt ends every kind of wait before it begins, while it goes on, and
// by Close; after Resume it waits again.
func TestInterrupt(t *testing.T) {
	for name, setUp := range waits {
		t.Run(name, func(t *testing.T) {
			guesttest.NoLeaks(t)
			blocked := 0
			l := newLoop(t, loop.Config{OnBlock: func(waiting bool) {
				blocked--
				if waiting {
					blocked += 2
				}
			}})
			wait := setUp(t, l)
			cause := errors.New("stop")
			ended := func(want error) {
				t.Helper()
				returns(t, name, func() {
					if err := wait(); !errors.Is(err, want) {
						t.Errorf("ended with %v, want %v", err, want)
					}
				})
				if blocked != 0 {
					t.Errorf("OnBlock is off by %d", blocked)
				}
			}
			l.Interrupt(cause)
			l.Interrupt(errors.New("a second one changes nothing"))
			ended(cause)
			ended(cause) // and it goes on until Resume
			for range 3 {
				l.Resume()
				if err := l.Interrupted(); err != nil {
					t.Fatal(err)
				}
				timer := time.AfterFunc(3*time.Millisecond, func() { l.Interrupt(cause) })
				start := time.Now()
				ended(cause)
				if d := time.Since(start); d < 2*time.Millisecond {
					t.Errorf("an old interrupt ended the wait after %v", d)
				}
				timer.Stop()
			}
			l.Resume()
			time.AfterFunc(3*time.Millisecond, func() { l.Interrupt(loop.ErrClosed) })
			ended(loop.ErrClosed)
			check(t, l.Close())
			l.Resume() // too late
			if err := l.Interrupted(); err != loop.ErrClosed {
				t.Errorf("after Close: %v", err)
			}
		})
	}
}

// TestInterruptRace sends the interrupt at any moment between Resume and the
// middle of the wait.
func TestInterruptRace(t *testing.T) {
	for name, setUp := range waits {
		t.Run(name, func(t *testing.T) {
			guesttest.NoLeaks(t)
			l := newLoop(t, loop.Config{})
			wait := setUp(t, l)
			cause := errors.New("stop")
			returns(t, name, func() {
				for i := range 300 {
					l.Resume()
					sent := make(chan struct{})
					go func() {
						defer close(sent)
						if i%3 > 0 {
							time.Sleep(time.Duration(i%30) * time.Microsecond)
						}
						l.Interrupt(cause)
					}()
					if err := wait(); err != cause {
						t.Errorf("round %d ended with %v", i, err)
					}
					<-sent
				}
			})
		})
	}
}

// TestInterruptOnBlock interrupts at the one moment that a test can choose: when
// the wait has found no interrupt and announces that it waits.
func TestInterruptOnBlock(t *testing.T) {
	for name, setUp := range waits {
		if strings.HasPrefix(name, "Next") {
			continue // the loop's own wait announces nothing
		}
		t.Run(name, func(t *testing.T) {
			var l *loop.Loop
			cause := errors.New("stop")
			l = newLoop(t, loop.Config{OnBlock: func(waiting bool) {
				if waiting {
					l.Interrupt(cause)
				}
			}})
			wait := setUp(t, l)
			for range 3 {
				returns(t, name, func() {
					if err := wait(); err != cause {
						t.Errorf("ended with %v", err)
					}
				})
				l.Resume()
			}
		})
	}
}

// TestSpuriousWake: a Wake ends no wait that has not what it waits for.
func TestSpuriousWake(t *testing.T) {
	for name, setUp := range waits {
		t.Run(name, func(t *testing.T) {
			l := newLoop(t, loop.Config{})
			wait := setUp(t, l)
			cause := errors.New("stop")
			ended := make(chan error, 1)
			go func() { ended <- wait() }()
			for range 50 {
				l.Wake()
				time.Sleep(50 * time.Microsecond)
			}
			select {
			case err := <-ended:
				t.Errorf("ended with %v", err)
			default:
				l.Interrupt(cause)
				if err := <-ended; err != cause {
					t.Error(err)
				}
			}
		})
	}
}

// TestWaitAfterWakes: wakes that nobody waited for cost the next wait a look,
// and do not have it spin.
func TestWaitAfterWakes(t *testing.T) {
	l := newLoop(t, loop.Config{})
	a, _ := pair(t)
	check(t, l.Watch(1000, a))
	next(t, l)
	for range 1000 {
		l.Wake()
	}
	check(t, l.StartTimer(1, 20, false))
	start := time.Now()
	next(t, l)
	if d := time.Since(start); d < 19*time.Millisecond {
		t.Errorf("waited %v for a timer of 20 ms", d)
	}
	check(t, l.Sleep(time.Millisecond))
	if n, err := l.WaitFDs([]loop.Interest{{FD: a, Events: in}}, time.Now().Add(5*time.Millisecond)); n != 0 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
}
