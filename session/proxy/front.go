package proxy

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// maxHeader is the size of a header, in bytes, up to which it is the app's to
// refuse one, and not the proxy's.
const maxHeader = 16 << 20

// front is one public address.
//
// Its goroutines: run, which accepts; one for each connection until it is known
// what it speaks, or until it ends if that is not HTTP; and those of the HTTP
// server. close ends them, and run returns when all have ended that answer.
type front struct {
	proxy    *Proxy
	public   string
	listener net.Listener
	server   *http.Server
	http     *handover // what the server accepts
	speech   speech
	ctx      context.Context // ends at close
	cancel   context.CancelFunc

	mu       sync.Mutex
	closed   bool           // no request begins any more
	requests sync.WaitGroup // those under way
}

func newFront(p *Proxy, public string, l net.Listener) *front {
	f := &front{proxy: p, public: public, listener: l, http: newHandover(l.Addr()), speech: newSpeech()}
	f.ctx, f.cancel = context.WithCancel(context.Background())
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	f.server = &http.Server{
		Handler:        f,
		Protocols:      protocols,
		MaxHeaderBytes: maxHeader,
		// OPTIONS * is the app's to answer.
		DisableGeneralOptionsHandler: true,
		BaseContext:                  func(net.Listener) context.Context { return f.ctx },
		ErrorLog:                     slog.NewLogLogger(p.opt.Logger.Handler(), slog.LevelDebug),
	}
	return f
}

// run accepts until close.
func (f *front) run() {
	var tasks sync.WaitGroup
	tasks.Go(func() { _ = f.server.Serve(f.http) })
	for wait := time.Duration(0); ; {
		c, err := f.listener.Accept()
		if err == nil {
			wait = 0
			tasks.Go(func() { f.sort(newConn(f.ctx, c)) })
			continue
		}
		if errors.Is(err, net.ErrClosed) {
			break
		}
		// The client has left already, or descriptors have run out: any part of
		// the process may free one, and nothing tells when.
		wait = min(max(2*wait, 5*time.Millisecond), time.Second)
		f.proxy.opt.Logger.Warn("accepting a connection", "address", f.public, "again_in", wait, "err", err)
		select {
		case <-time.After(wait):
		case <-f.ctx.Done(): // Accept says so too
		}
	}
	tasks.Wait()
	f.requests.Wait()
}

// close cuts every connection of this address; run returns soon after.
func (f *front) close() {
	f.mu.Lock()
	f.closed = true
	f.mu.Unlock()
	f.cancel()
	f.listener.Close()
	f.server.Close()
}

// begin counts a request in, unless the front is closed.
func (f *front) begin() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return false
	}
	f.requests.Add(1)
	return true
}

// ServeHTTP forwards one request, or answers what is for the proxy itself.
func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !f.begin() {
		panic(http.ErrAbortHandler)
	}
	defer f.requests.Done()
	if f.proxy.page.serves(w, r) {
		return
	}
	f.proxy.forward(w, r, f.public)
}

// conn is a client's connection. It ends with its front, and what was read
// ahead is read first.
type conn struct {
	net.Conn
	ahead []byte
	stop  func() bool // no longer ends with ctx
}

// newConn makes c end with ctx.
func newConn(ctx context.Context, c net.Conn) *conn {
	return &conn{Conn: c, stop: context.AfterFunc(ctx, func() { c.Close() })}
}

func (c *conn) Read(b []byte) (int, error) {
	if len(c.ahead) > 0 {
		n := copy(b, c.ahead)
		c.ahead = c.ahead[n:]
		return n, nil
	}
	return c.Conn.Read(b)
}

func (c *conn) Close() error {
	c.stop()
	return c.Conn.Close()
}

// CloseWrite is what net/http ends a connection with that still sends, so that
// the client comes to see the answer.
func (c *conn) CloseWrite() error { return closeWrite(c.Conn) }

// handover is a net.Listener whose connections are given to it.
type handover struct {
	addr  net.Addr
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newHandover(addr net.Addr) *handover {
	return &handover{addr: addr, conns: make(chan net.Conn), done: make(chan struct{})}
}

// give passes c on, or closes it when nobody takes it any more.
func (h *handover) give(c net.Conn) {
	select {
	case h.conns <- c:
	case <-h.done:
		c.Close()
	}
}

func (h *handover) Accept() (net.Conn, error) {
	select {
	case c := <-h.conns:
		return c, nil
	case <-h.done:
		return nil, net.ErrClosed
	}
}

func (h *handover) Close() error {
	h.once.Do(func() { close(h.done) })
	return nil
}

func (h *handover) Addr() net.Addr { return h.addr }
