package host

import (
	"sync"
	"time"
)

// cpuClock measures how long the guest executes and calls expire when the
// budget is used up. Waiting does not count. start, stop and wait are for the
// goroutine that runs the guest.
type cpuClock struct {
	inside bool // between start and stop

	mu     sync.Mutex
	budget time.Duration // 0: no limit
	used   time.Duration
	since  time.Time // zero: not executing
	timer  *time.Timer
}

// init starts the measuring anew; the guest does not execute.
func (c *cpuClock) init(budget time.Duration, expire func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.budget, c.used = budget, 0
	if budget <= 0 || c.timer != nil {
		return
	}
	c.timer = time.AfterFunc(time.Hour, func() {
		if c.over() {
			expire()
		}
	})
	c.timer.Stop()
}

// renew gives the whole budget again; the guest does not execute.
func (c *cpuClock) renew() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.used = 0
}

// over reports whether the guest executes beyond its budget. The timer may ring
// when it does not: after a stop, or for an earlier start.
func (c *cpuClock) over() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.since.IsZero() && c.used+time.Since(c.since) >= c.budget
}

// total is how long the guest has executed.
func (c *cpuClock) total() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.since.IsZero() {
		return c.used
	}
	return c.used + time.Since(c.since)
}

// start reports whether there is any budget left.
func (c *cpuClock) start() bool {
	c.mu.Lock()
	left := c.budget - c.used
	limited := c.budget > 0
	c.mu.Unlock()
	if limited && left <= 0 {
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
		if c.budget > 0 {
			c.timer.Reset(max(c.budget-c.used, 0))
		}
		return
	}
	if c.budget > 0 {
		c.timer.Stop()
	}
	c.used += time.Since(c.since)
	c.since = time.Time{}
}
