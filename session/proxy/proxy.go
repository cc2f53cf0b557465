package proxy

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http/httputil"
	"sync"
	"time"
)

// Options configures a Proxy.
type Options struct {
	HoldTimeout time.Duration // how long a request waits for a version; 0: 30 s
	MaxHeld     int           // how many requests wait at most; 0: 1024
	MaxHeldSize int64         // what their headers take up at most, in bytes; 0: 64 MiB
	Inject      bool          // add the reload script to HTML pages
	Observe     func(Request) // told of each answered request, by any goroutine; nil: nobody. Must not block
	// Open opens the editor at a place, for the links of a Problem; nil: they
	// are answered with an error. The line and the column, in bytes, count from
	// 1; 0: none. ctx is the request's.
	Open   func(ctx context.Context, file string, line, col int) error
	Logger *slog.Logger // nil: discarded
}

// withDefaults fills in what the zero values stand for.
func (o Options) withDefaults() Options {
	if o.HoldTimeout == 0 {
		o.HoldTimeout = 30 * time.Second
	}
	if o.MaxHeld == 0 {
		o.MaxHeld = 1024
	}
	if o.MaxHeldSize == 0 {
		o.MaxHeldSize = 64 << 20
	}
	if o.Observe == nil {
		o.Observe = func(Request) {}
	}
	if o.Open == nil {
		o.Open = func(context.Context, string, int, int) error { return errors.New("no editor is connected to hotdev") }
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// Request is what Observe is told of.
type Request struct {
	Rev          int
	Method, Path string
	Status       int           // 0: the client left before there was one
	Stream       bool          // an upgrade or an event stream: Took is no latency
	Took         time.Duration // from the request's arrival until the answer was complete
}

// Proxy is the front door. Its methods may be called by any goroutine. Its own
// goroutines are those of its fronts, one front for each public address.
type Proxy struct {
	opt     Options
	gate    *gate
	page    *page
	reverse *httputil.ReverseProxy
	tasks   sync.WaitGroup // the fronts

	mu     sync.Mutex
	fronts map[string]*front // by public address
	closed bool
}

// New returns a proxy that listens nowhere and holds what will come.
func New(o Options) *Proxy {
	o = o.withDefaults()
	p := &Proxy{
		opt:    o,
		gate:   newGate(o.HoldTimeout, o.MaxHeld, o.MaxHeldSize),
		page:   newPage(o.Open),
		fronts: map[string]*front{},
	}
	p.reverse = p.reverseProxy()
	return p
}

// Claim makes the proxy listen on the public address, a host:port, on network
// (tcp, tcp4 or tcp6), unless it does already. Its error wraps the system's, or
// net.ErrClosed after Close.
func (p *Proxy) Claim(network, public string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return fmt.Errorf("listening on the app's address %s: %w", public, net.ErrClosed)
	}
	if _, ok := p.fronts[public]; ok {
		return nil
	}
	l, err := net.Listen(network, public)
	if err != nil {
		return fmt.Errorf("listening on the app's address %s: %w", public, err)
	}
	f := newFront(p, public, l)
	p.fronts[public] = f
	p.tasks.Go(f.run)
	return nil
}

// Serve lets v answer everything from now on; held requests go to it in the
// order of their arrival.
func (p *Proxy) Serve(v *Version) { p.turn(v, "") }

// Hold makes requests wait for the next Serve or Down.
func (p *Proxy) Hold() { p.turn(nil, "") }

// Down refuses requests, those that wait too: no version is on its way, and
// reason says why.
func (p *Proxy) Down(reason string) { p.turn(nil, reason) }

// turn moves the gate, and then tells the pages that wait for a version.
func (p *Proxy) turn(v *Version, down string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.gate.set(v, down)
	p.page.change(func(s *pageState) { s.Ready = v != nil })
}

// Pause makes the time-outs of held requests stand still, as long as the app is
// stopped in the debugger.
func (p *Proxy) Pause(paused bool) { p.gate.pause(paused) }

// Retire forgets v, whose process is gone. If v has served, the public
// addresses are given up that neither v nor the version that serves listens
// on. So one that the app no longer asks for goes a version later: a version
// that has just begun to serve may not have come to all its listeners yet.
func (p *Proxy) Retire(v *Version) {
	v.closeIdle()
	serving, _ := p.gate.serving()
	if !v.hasServed() {
		return
	}
	p.giveUp(func(public string) bool {
		return !v.has(public) && (serving == nil || !serving.has(public))
	})
}

// Release gives up all public addresses and cuts their connections; Claim takes
// them again.
func (p *Proxy) Release() { p.giveUp(func(string) bool { return true }) }

// giveUp closes the fronts of the addresses that are unwanted.
func (p *Proxy) giveUp(unwanted func(public string) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for public, f := range p.fronts {
		if unwanted(public) {
			delete(p.fronts, public)
			f.close()
		}
	}
}

// Close cuts every connection, gives up the public addresses and waits until
// all requests under way have ended. It may be called more than once.
func (p *Proxy) Close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.Down("hotdev has ended")
	p.Release()
	p.tasks.Wait()
}

// ReloadPages makes every open page load again.
func (p *Proxy) ReloadPages() { p.page.change(func(s *pageState) { s.Pages++ }) }

// ReloadStyles makes every open page load its style sheets again.
func (p *Proxy) ReloadStyles() { p.page.change(func(s *pageState) { s.Styles++ }) }

// Show puts a problem over every open page; nil takes it away.
func (p *Proxy) Show(problem *Problem) { p.page.change(func(s *pageState) { s.Problem = problem }) }
