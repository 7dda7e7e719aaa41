package host

import (
	"sync"
	"time"
)

// cpuClock measures how long the guest executes and calls expire when the
// budget is used up. Waiting does not count.
type cpuClock struct {
	mu      sync.Mutex
	limited bool
	left    time.Duration
	since   time.Time // zero: not executing
	timer   *time.Timer
	inside  bool // between start and stop
}

func (c *cpuClock) init(budget time.Duration, expire func()) {
	if budget <= 0 {
		return
	}
	c.limited, c.left = true, budget
	c.timer = time.AfterFunc(time.Hour, func() {
		c.mu.Lock()
		over := !c.since.IsZero() && time.Since(c.since) >= c.left
		c.mu.Unlock()
		if over {
			expire()
		}
	})
	c.timer.Stop()
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

func (c *cpuClock) start() {
	if c.limited {
		c.inside = true
		c.set(true)
	}
}

func (c *cpuClock) stop() {
	if c.limited {
		c.inside = false
		c.set(false)
	}
}

// block is told when the guest starts and stops waiting.
func (c *cpuClock) block(waiting bool) {
	if c.limited && c.inside {
		c.set(!waiting)
	}
}
