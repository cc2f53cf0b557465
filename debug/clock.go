package debug

import "time"

// clock is a time-out that can stand still. It has one user.
type clock struct {
	left  time.Duration
	since time.Time // when it began to run; zero: it stands still
	timer *time.Timer
}

// newClock returns a clock that stands still with d to go.
func newClock(d time.Duration) *clock {
	c := &clock{left: d, timer: time.NewTimer(d)}
	c.timer.Stop()
	return c
}

// run lets the clock run or stand still.
func (c *clock) run(on bool) {
	if on != c.since.IsZero() {
		return
	}
	if on {
		c.since = time.Now()
		c.timer.Reset(c.left)
		return
	}
	c.timer.Stop()
	c.left = max(c.left-time.Since(c.since), 0)
	c.since = time.Time{}
}

// rang delivers when the time is over.
func (c *clock) rang() <-chan time.Time { return c.timer.C }
