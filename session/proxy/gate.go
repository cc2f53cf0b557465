package proxy

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// The reasons why a request gets no version.
var (
	errFull    = errors.New("too many requests wait for the app")
	errTooLong = errors.New("the app was not ready in time")
)

// downError tells that no version serves and none is on its way.
type downError struct{ reason string }

func (e downError) Error() string { return e.reason }

// gate lets requests through to the version that serves. While there is none
// they wait in the order of their arrival, within bounds; their time-out stands
// still while the gate is paused.
type gate struct {
	timeout  time.Duration
	maxCount int
	maxBytes int64

	mu      sync.Mutex
	version *Version        // nil: nothing serves
	reign   context.Context // ends with the next set
	depose  context.CancelFunc
	down    string    // with no version: why none is on its way; "" while one is
	waiting list.List // of *waiter
	bytes   int64     // what the waiting requests take up
	paused  bool
	ticked  chan struct{} // closed and replaced when paused changes
}

// waiter is one request at the gate; its channel gets the answer.
type waiter struct {
	bytes int64
	done  chan struct{} // closed when version or err is set
	to    *Version
	err   error
}

func newGate(timeout time.Duration, maxCount int, maxBytes int64) *gate {
	g := &gate{timeout: timeout, maxCount: maxCount, maxBytes: maxBytes, ticked: make(chan struct{})}
	g.reign, g.depose = context.WithCancel(context.Background())
	return g
}

// enter returns the version that serves, counted in: the caller must leave it.
// It waits for one if need be; bytes is what the request takes up meanwhile.
func (g *gate) enter(ctx context.Context, bytes int64) (*Version, error) {
	v, place, err := g.join(bytes)
	if place == nil {
		return v, err
	}
	w := place.Value.(*waiter)
	err = g.wait(ctx, w.done)
	g.mu.Lock()
	defer g.mu.Unlock()
	select {
	case <-w.done: // answered, even if just before the time-out
		return w.to, w.err
	default:
		g.waiting.Remove(place)
		g.bytes -= bytes
		return nil, err
	}
}

// join is enter without the wait: it returns a place in line where there must
// be one.
func (g *gate) join(bytes int64) (v *Version, place *list.Element, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.version != nil:
		g.version.enter()
		return g.version, nil, nil
	case g.down != "":
		return nil, nil, downError{g.down}
	case g.waiting.Len() >= g.maxCount || g.bytes+bytes > g.maxBytes:
		return nil, nil, errFull
	}
	g.bytes += bytes
	return nil, g.waiting.PushBack(&waiter{bytes: bytes, done: make(chan struct{})}), nil
}

// wait waits for done, ctx, or the time-out; the clock of the time-out stands
// still while the gate is paused.
func (g *gate) wait(ctx context.Context, done <-chan struct{}) error {
	left := g.timeout
	for {
		g.mu.Lock()
		paused, ticked := g.paused, g.ticked
		g.mu.Unlock()
		var alarm <-chan time.Time
		var timer *time.Timer
		began := time.Now()
		if !paused {
			timer = time.NewTimer(left)
			alarm = timer.C
		}
		select {
		case <-done:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-alarm:
			return fmt.Errorf("%w: %v", errTooLong, g.timeout)
		case <-ticked:
		}
		if timer != nil {
			timer.Stop()
			left -= time.Since(began)
		}
	}
}

// set opens the gate to v, or closes it: with a reason nothing is on its way
// and requests are refused, without one they wait.
func (g *gate) set(v *Version, down string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if v != nil {
		v.crown()
	}
	g.version, g.down = v, down
	g.depose()
	g.reign, g.depose = context.WithCancel(context.Background())
	if v == nil && down == "" {
		return
	}
	for e := g.waiting.Front(); e != nil; e = g.waiting.Front() {
		w := g.waiting.Remove(e).(*waiter)
		g.bytes -= w.bytes
		if v != nil {
			v.enter()
			w.to = v
		} else {
			w.err = downError{down}
		}
		close(w.done)
	}
}

// pause stops the clock of the time-outs, or lets it go on.
func (g *gate) pause(paused bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.paused != paused {
		g.paused = paused
		close(g.ticked)
		g.ticked = make(chan struct{})
	}
}

// serving returns the version that serves, or nil, and a context that ends when
// that changes.
func (g *gate) serving() (*Version, context.Context) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.version, g.reign
}
