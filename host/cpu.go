package host

import (
	"sync"
	"time"
)

// cpuClock measures how long the guest executes and calls expire when the
// budget is used up. Waiting does not count. start, stop and wait are for the
// goroutine that runs the guest.
type cpuClock struct {
	limited bool
	inside  bool // between start and stop

	mu    sync.Mutex
	left  time.Duration
	since time.Time // zero: not executing
	timer *time.Timer
}

func (c *cpuClock) init(budget time.Duration, expire func()) {
	if budget <= 0 {
		return
	}
	c.limited, c.left = true, budget
	c.timer = time.AfterFunc(time.Hour, func() {
		if c.over() {
			expire()
		}
	})
	c.timer.Stop()
}

// over reports whether the guest executes beyond its budget. The timer may ring
// when it does not: after a stop, or for an earlier start.
func (c *cpuClock) over() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.since.IsZero() && time.Since(c.since) >= c.left
}

// start reports whether there is any budget left.
func (c *cpuClock) start() bool {
	if !c.limited {
		return true
	}
	c.mu.Lock()
	left := c.left
	c.mu.Unlock()
	if left <= 0 {
		return false
	}
	c.inside = true
	c.set(true)
	return true
}

func (c *cpuClock) stop() {
	if c.inside {
		c.inside = false
		c.set(false)
	}
}

// wait is told when the guest starts and stops waiting.
func (c *cpuClock) wait(waiting bool) {
	if c.inside {
		c.set(!waiting)
	}
}

func (c *cpuClock) set(running bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if running == !c.since.IsZero() {
		return
	}
	if running {
		c.since = time.Now()
		c.timer.Reset(max(c.left, 0))
		return
	}
	c.timer.Stop()
	c.left -= time.Since(c.since)
	c.since = time.Time{}
}
