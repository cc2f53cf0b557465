package proxy

import (
	"context"
	"sync"
)

// Version is one process of the app as the proxy sees it: where it can be
// reached, and what is on its way to it. It has no goroutines but those of its
// transports.
type Version struct {
	Rev int // for people
	// Answered is told once, when the version's first answer that is no stream is
	// complete. It is set before the version serves, and may be nil.
	Answered func(Request)

	transports transports
	metrics    metrics

	mu       sync.Mutex
	backends map[string]string // public address → the version's own
	bound    chan struct{}     // closed and replaced when backends grows
	served   bool              // it was let to serve
	all      count             // requests and connections under way
	finite   count             // those of them that will end by themselves: no streams
}

// count counts what is under way; the Version's mu guards it.
type count struct {
	n    int
	none chan struct{} // closed while n is 0
}

func newCount() count {
	c := count{none: make(chan struct{})}
	close(c.none)
	return c
}

func (c *count) add() {
	if c.n == 0 {
		c.none = make(chan struct{})
	}
	c.n++
}

func (c *count) sub() {
	c.n--
	if c.n == 0 {
		close(c.none)
	}
}

// NewVersion returns a version that listens nowhere yet.
func NewVersion(rev int) *Version {
	return &Version{
		Rev:        rev,
		transports: newTransports(),
		metrics:    metrics{latencies: NewLatencies()},
		backends:   map[string]string{},
		bound:      make(chan struct{}),
		all:        newCount(),
		finite:     newCount(),
	}
}

// Bind says that the version's listener for the public address, as it is given
// to Claim, is reachable at backend, a host:port.
func (v *Version) Bind(public, backend string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.backends[public] = backend
	close(v.bound)
	v.bound = make(chan struct{})
}

// backend returns where the version answers for public, or a channel that is
// closed when there is something new to ask for.
func (v *Version) backend(public string) (address string, bound <-chan struct{}) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.backends[public], v.bound
}

// has reports whether the version listens for public.
func (v *Version) has(public string) bool {
	address, _ := v.backend(public)
	return address != ""
}

// Metrics returns what the version has done so far.
func (v *Version) Metrics() Metrics { return v.metrics.read() }

// enter counts a request or connection in; leave must follow.
func (v *Version) enter() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.all.add()
	v.finite.add()
}

// endless says that one of those that entered is a stream.
func (v *Version) endless() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.finite.sub()
}

// leave counts one out; stream says whether it was endless.
func (v *Version) leave(stream bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.all.sub()
	if !stream {
		v.finite.sub()
	}
}

// Drain waits until nothing is on its way to the version, or ctx ends: then it
// returns ctx's cause. It is of use after another version serves, or Hold. It
// also closes the connections that are kept for later requests: a server that
// shuts down gracefully would wait for those that have not seen one.
func (v *Version) Drain(ctx context.Context) error {
	return v.wait(ctx, &v.all)
}

// Settle is Drain, but does not wait for streams (upgrades, event streams,
// connections that are not HTTP): they may never end by themselves.
func (v *Version) Settle(ctx context.Context) error {
	return v.wait(ctx, &v.finite)
}

// wait waits until c, one of the version's, is 0.
func (v *Version) wait(ctx context.Context, c *count) error {
	defer v.closeIdle()
	v.mu.Lock()
	none := c.none
	v.mu.Unlock()
	select {
	case <-none:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// closeIdle closes the connections that carry nothing now.
func (v *Version) closeIdle() { v.transports.closeIdle() }

// crown notes that the version serves.
func (v *Version) crown() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.served = true
}

func (v *Version) hasServed() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.served
}
