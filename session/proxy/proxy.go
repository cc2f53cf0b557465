package proxy

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"sync"
	"time"
)

// Options configures a Proxy.
type Options struct {
	HoldTimeout time.Duration // how long a request waits for a version
	MaxHeld     int           // how many requests wait at most; 0: 1024
	MaxHeldSize int64         // what their headers take up at most, in bytes; 0: 64 MiB
	Inject      bool          // add the reload script to HTML pages
	Observe     func(Request) // told of each answered request; nil: nobody. Must not block
	// Open opens the editor at a place, for the links of a Problem; nil: they
	// are answered with an error.
	Open   func(file string, line, col int) error
	Logger *slog.Logger // nil: discarded
}

// Request is what Observe is told of.
type Request struct {
	Rev          int
	Method, Path string
	Status       int           // 0: the client left before there was one
	Took         time.Duration // until the answer was complete
}

// Proxy is the front door. Its goroutines are one accept loop for each public
// address, one for each connection that is not HTTP, and those of net/http;
// Close ends them and waits.
type Proxy struct {
	opt   Options
	gate  *gate
	page  *page
	serve *httputil.ReverseProxy
	tasks sync.WaitGroup

	mu     sync.Mutex
	fronts map[string]*front // by public address
	closed bool
}

// New returns a proxy that listens nowhere and holds what will come.
func New(o Options) *Proxy {
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
		o.Open = func(string, int, int) error { return errors.New("no editor is connected to hotdev") }
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	p := &Proxy{
		opt:    o,
		gate:   newGate(o.HoldTimeout, o.MaxHeld, o.MaxHeldSize),
		page:   newPage(o.Open),
		fronts: map[string]*front{},
	}
	p.serve = p.reverseProxy()
	return p
}

// Claim makes the proxy listen on the public address, a host:port, on network
// (tcp, tcp4 or tcp6), unless it does already. Its error wraps the system's.
func (p *Proxy) Claim(network, public string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return net.ErrClosed
	}
	if _, ok := p.fronts[public]; ok {
		return nil
	}
	l, err := net.Listen(network, public)
	if err != nil {
		return fmt.Errorf("the app's public address %s: %w", public, err)
	}
	f := newFront(p, public, l)
	p.fronts[public] = f
	p.tasks.Go(f.run)
	return nil
}

// Serve lets v answer everything from now on; held requests go to it in the
// order of their arrival.
func (p *Proxy) Serve(v *Version) { p.gate.set(v, "") }

// Hold makes requests wait for the next Serve or Down.
func (p *Proxy) Hold() { p.gate.set(nil, "") }

// Down refuses requests, those that wait too: no version is on its way, and
// reason says why.
func (p *Proxy) Down(reason string) { p.gate.set(nil, reason) }

// Pause makes the time-outs of held requests stand still, as long as the app is
// stopped in the debugger.
func (p *Proxy) Pause(paused bool) { p.gate.pause(paused) }

// Retire forgets v, whose process is gone: its streams are cut, and public
// addresses that only v had asked for are given up while another version serves.
func (p *Proxy) Retire(v *Version) {
	v.retire()
	serving := p.gate.serving()
	if serving == nil || serving == v {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for public, f := range p.fronts {
		if v.has(public) && !serving.has(public) {
			delete(p.fronts, public)
			f.close()
		}
	}
}

// Release gives up all public addresses; Claim takes them again.
func (p *Proxy) Release() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for public, f := range p.fronts {
		delete(p.fronts, public)
		f.close()
	}
}

// Close cuts every connection, gives up the public addresses and waits for all
// goroutines.
func (p *Proxy) Close() {
	p.Down("hotdev has ended")
	p.page.close()
	p.Release()
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.tasks.Wait()
}

// front is one public address. Its accept loop sorts connections: HTTP ones go
// to the server, all others are spliced.
type front struct {
	proxy    *Proxy
	public   string
	listener net.Listener
	server   *http.Server
	http     *handover // what the server accepts
	ctx      context.Context
	cancel   context.CancelFunc
	raw      serverFirst
}

func newFront(p *Proxy, public string, l net.Listener) *front {
	f := &front{proxy: p, public: public, listener: l, http: newHandover(l.Addr())}
	f.ctx, f.cancel = context.WithCancel(context.Background())
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	f.server = &http.Server{
		Handler:   f,
		Protocols: protocols,
		ErrorLog:  slog.NewLogLogger(p.opt.Logger.Handler(), slog.LevelDebug),
	}
	return f
}

// run accepts until close.
func (f *front) run() {
	var tasks sync.WaitGroup
	tasks.Go(func() { _ = f.server.Serve(f.http) })
	for {
		c, err := f.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			break
		}
		if err != nil { // out of descriptors, or the client has left already
			f.proxy.opt.Logger.Warn("accepting a connection", "address", f.public, "err", err)
			select {
			case <-time.After(10 * time.Millisecond): // let descriptors come free
				continue
			case <-f.ctx.Done():
			}
			break
		}
		tasks.Go(func() { f.sort(c) })
	}
	tasks.Wait()
}

// close cuts every connection of this address; run returns soon after.
func (f *front) close() {
	f.cancel()
	f.listener.Close()
	f.server.Close()
}

// ServeHTTP forwards one request, or answers what is for the proxy itself.
func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if f.proxy.page.serves(w, r) {
		return
	}
	f.proxy.forward(w, r, f.public)
}
