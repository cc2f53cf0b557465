package session

import (
	"context"
	"sync"
	"time"
)

// Bounds of the time after a build in which its program has the processors for
// itself. What a Builder does beside can wait that long, but should be done when
// the next save comes.
const (
	startTime  = 100 * time.Millisecond // before a launch has begun, and for the first requests after it
	launchTime = 2 * time.Second        // for all of a launch: a debugger reads the debug information first
)

// quietTime bounds how long nobody is told of a version that starts after a save
// which was built before.
const quietTime = 50 * time.Millisecond

// launching lets others wait until no version is being started.
type launching struct {
	mu   sync.Mutex
	over chan struct{} // closed when the launch is over; nil: there is none
}

// set tells whether a version is being started.
func (l *launching) set(now bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case now && l.over == nil:
		l.over = make(chan struct{})
	case !now && l.over != nil:
		close(l.over)
		l.over = nil
	}
}

// done returns a channel that is closed when the launch is over; nil if there is
// none.
func (l *launching) done() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.over
}

// lull waits, after a build, until its program is started and has had time to
// answer, or ctx ends.
func (s *Session) lull(ctx context.Context) {
	wait := func(d time.Duration, over <-chan struct{}) {
		select {
		case <-ctx.Done():
		case <-over:
		case <-time.After(d):
		}
	}
	wait(startTime, nil)
	if over := s.launching.done(); over != nil {
		wait(launchTime, over)
		wait(startTime, nil)
	}
}
