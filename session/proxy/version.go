package proxy

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// Version is one process of the app as the proxy sees it: where it can be
// reached, and what is on its way to it.
type Version struct {
	Rev int // for people

	h1, h2 *http.Transport

	mu       sync.Mutex
	backends map[string]string // public address → the version's own
	bound    chan struct{}     // closed and replaced when backends grows
	active   int               // requests and connections under way
	idle     chan struct{}     // closed while active is 0

	metrics *metrics
}

// NewVersion returns a version that listens nowhere yet.
func NewVersion(rev int) *Version {
	v := &Version{
		Rev:      rev,
		backends: map[string]string{},
		bound:    make(chan struct{}),
		idle:     make(chan struct{}),
		metrics:  newMetrics(),
	}
	close(v.idle)
	v.h1 = newTransport(func(p *http.Protocols) { p.SetHTTP1(true) })
	v.h2 = newTransport(func(p *http.Protocols) { p.SetUnencryptedHTTP2(true) })
	return v
}

// newTransport makes a transport without time-outs of its own, proxies or
// compression: bytes pass as they are.
func newTransport(set func(*http.Protocols)) *http.Transport {
	protocols := new(http.Protocols)
	set(protocols)
	return &http.Transport{
		Protocols:             protocols,
		DisableCompression:    true,
		MaxIdleConnsPerHost:   256,
		IdleConnTimeout:       2 * time.Second, // below any app's own, so that the app does not close first
		ExpectContinueTimeout: time.Second,     // RFC 9110, section 10.1.1: do not wait for ever
	}
}

// Bind says that the version's listener for the public address is reachable at
// backend.
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
	if v.active == 0 {
		v.idle = make(chan struct{})
	}
	v.active++
}

func (v *Version) leave() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.active--
	if v.active == 0 {
		close(v.idle)
	}
}

// Drain waits until nothing is on its way to the version, or ctx ends. It is
// of use after another version serves, or Hold.
func (v *Version) Drain(ctx context.Context) error {
	v.mu.Lock()
	idle := v.idle
	v.mu.Unlock()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// retire drops what the proxy keeps open to the version, which is gone.
func (v *Version) retire() {
	v.h1.CloseIdleConnections()
	v.h2.CloseIdleConnections()
}
