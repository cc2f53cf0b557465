package proxy

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// A connection that begins with one of these is HTTP: a method and the start
// of a target (RFC 9112, section 3), or the HTTP/2 preface (RFC 9113, 3.4).
var methods = []string{
	"GET ", "HEAD ", "POST ", "PUT ", "PATCH ", "DELETE ", "OPTIONS ", "TRACE ", "CONNECT ", "PRI * HTTP/2",
	"PROPFIND ", "PROPPATCH ", "MKCOL ", "COPY ", "MOVE ", "LOCK ", "UNLOCK ", "REPORT ", "SEARCH ", "QUERY ",
}

// sniffLength is enough to tell.
const sniffLength = 24

// silence is how long a client may say nothing before the app is asked whether
// it is the one to speak first, as in SMTP or MySQL.
const silence = 300 * time.Millisecond

// serverFirst remembers that the app speaks first at an address.
type serverFirst struct{ atomic.Bool }

// sort hands c to the HTTP server or splices it.
func (f *front) sort(c net.Conn) {
	stop := context.AfterFunc(f.ctx, func() { c.Close() })
	defer stop()
	head, speaks, err := f.sniff(c)
	switch {
	case err != nil:
		c.Close()
	case speaks != nil:
		f.splice(c, nil, speaks)
	case isHTTP(head):
		f.http.give(f.ctx, &sniffed{Conn: c, head: head})
	default:
		f.splice(c, head, nil)
	}
}

// sniff reads the first bytes of the client. Where the app spoke first instead,
// it returns the connection to it.
func (f *front) sniff(c net.Conn) (head []byte, speaks *rawConn, err error) {
	buf := make([]byte, sniffLength)
	if !f.raw.Load() {
		head, err = readSome(c, buf, silence)
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return head, nil, err
		}
	}
	// The client is silent. A browser may have opened the connection ahead of
	// its request, so ask the app, and go on listening to the client.
	up, err := f.dial()
	if err != nil {
		return nil, nil, err
	}
	type result struct {
		n   int
		err error
	}
	client, app := make(chan result, 1), make(chan result, 1)
	hello := make([]byte, 512)
	go func() { n, err := c.Read(buf); client <- result{n, err} }()
	go func() { n, err := up.Read(hello); app <- result{n, err} }()
	interrupt := func(c net.Conn) { _ = c.SetReadDeadline(time.Unix(1, 0)) }
	select {
	case r := <-app:
		interrupt(c)
		rest := <-client
		_ = c.SetReadDeadline(time.Time{})
		if r.n == 0 { // the app hung up on a silent client
			up.leave()
			if rest.n == 0 {
				return nil, nil, io.EOF
			}
			return buf[:rest.n], nil, nil
		}
		f.raw.Store(true)
		up.hello, up.ahead = hello[:r.n], buf[:rest.n]
		return nil, up, nil
	case r := <-client:
		interrupt(up)
		<-app
		up.leave()
		return buf[:r.n], nil, r.err
	}
}

// readSome reads until it can be told whether this is HTTP.
func readSome(c net.Conn, buf []byte, limit time.Duration) ([]byte, error) {
	_ = c.SetReadDeadline(time.Now().Add(limit))
	defer c.SetReadDeadline(time.Time{})
	n := 0
	for n < len(buf) {
		m, err := c.Read(buf[n:])
		n += m
		if n > 0 && (err != nil || !undecided(buf[:n])) {
			return buf[:n], nil
		}
		if err != nil {
			return nil, err
		}
	}
	return buf, nil
}

// undecided reports whether head may become a method.
func undecided(head []byte) bool {
	for _, m := range methods {
		if len(head) <= len(m) && bytes.HasPrefix([]byte(m), head) {
			return true
		}
	}
	return false
}

// isHTTP reports whether a connection that begins with head is HTTP.
func isHTTP(head []byte) bool {
	for _, m := range methods {
		rest, ok := bytes.CutPrefix(head, []byte(m))
		if ok && (len(rest) == 0 || m[0] == 'P' && m[1] == 'R' && m[2] == 'I' || rest[0] == '/' || rest[0] == '*' || rest[0] == 'h' || m == "CONNECT ") {
			return true
		}
	}
	return false
}

// rawConn is a connection to a version that is not HTTP.
type rawConn struct {
	net.Conn
	version *Version
	hello   []byte // what the app said before the client
	ahead   []byte // what the client said meanwhile
}

// leave ends the connection and counts it out.
func (c *rawConn) leave() {
	c.Close()
	c.version.leave()
}

// dial connects to the version that serves; the caller must leave it.
func (f *front) dial() (*rawConn, error) {
	v, err := f.proxy.gate.enter(f.ctx, 0)
	if err != nil {
		return nil, err
	}
	backend, err := f.proxy.find(f.ctx, v, f.public)
	if err != nil {
		v.leave()
		return nil, err
	}
	var d net.Dialer
	c, err := d.DialContext(f.ctx, "tcp", backend)
	if err != nil {
		v.leave()
		return nil, err
	}
	return &rawConn{Conn: c, version: v}, nil
}

// splice copies both ways until both sides have ended; head was read from c.
func (f *front) splice(c net.Conn, head []byte, up *rawConn) {
	defer c.Close()
	if up == nil {
		var err error
		if up, err = f.dial(); err != nil {
			f.proxy.opt.Logger.Warn("no version takes a connection", "address", f.public, "err", err)
			return
		}
		up.ahead = head
	}
	defer up.leave()
	stop := context.AfterFunc(f.ctx, func() { up.Close() })
	defer stop()
	var back sync.WaitGroup
	back.Go(func() { pump(c, up.hello, up.Conn) })
	pump(up.Conn, up.ahead, c)
	back.Wait()
}

// pump writes head and then everything of from to to, and passes the end on.
func pump(to net.Conn, head []byte, from net.Conn) {
	_, err := to.Write(head)
	if err == nil {
		_, err = io.Copy(to, from)
	}
	if half, ok := to.(interface{ CloseWrite() error }); ok && err == nil {
		_ = half.CloseWrite()
		return
	}
	to.Close()
	from.Close()
}

// sniffed is a connection whose first bytes were read ahead.
type sniffed struct {
	net.Conn
	head []byte
}

func (c *sniffed) Read(b []byte) (int, error) {
	if len(c.head) > 0 {
		n := copy(b, c.head)
		c.head = c.head[n:]
		return n, nil
	}
	return c.Conn.Read(b)
}

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
func (h *handover) give(ctx context.Context, c net.Conn) {
	select {
	case h.conns <- c:
	case <-h.done:
		c.Close()
	case <-ctx.Done():
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
