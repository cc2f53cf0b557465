package proxy

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// methods are the ones that HTTP is recognized by: those of RFC 9110, PATCH,
// WebDAV's (RFC 4918, 3253, 5323), and QUERY.
var methods = []string{
	"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY",
	"PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK", "REPORT", "SEARCH",
}

// openings are what an HTTP connection begins with: a method and the start of a
// target (RFC 9112, section 3), or the HTTP/2 preface (RFC 9113, section 3.4).
var openings = func() []string {
	all := []string{"PRI * HTTP/2.0\r\n", "CONNECT "}
	for _, m := range methods {
		all = append(all, m+" /", m+" *", m+" http")
	}
	return all
}()

// silence is how long a client may say nothing before the app is asked whether
// it is the one to speak first, as in SMTP or MySQL.
const silence = 300 * time.Millisecond

// recognize reports whether a connection that begins with head is HTTP, and
// whether head is long enough to tell.
func recognize(head []byte) (http, clear bool) {
	clear = true
	for _, o := range openings {
		if strings.HasPrefix(string(head), o) {
			return true, true
		}
		if strings.HasPrefix(o, string(head)) {
			clear = false
		}
	}
	return false, clear
}

// speech is what has been learned about the protocol of an address. It holds
// for as long as the proxy has the address.
type speech struct {
	http        chan struct{} // closed at the first HTTP connection
	once        *sync.Once    // closes http
	serverFirst *atomic.Bool  // the app has spoken first on a connection
}

func newSpeech() speech {
	return speech{http: make(chan struct{}), once: new(sync.Once), serverFirst: new(atomic.Bool)}
}

// heardHTTP notes an HTTP connection.
func (s speech) heardHTTP() { s.once.Do(func() { close(s.http) }) }

// isHTTP reports whether there was an HTTP connection.
func (s speech) isHTTP() bool {
	select {
	case <-s.http:
		return true
	default:
		return false
	}
}

// errHungUp tells that the app ended a connection on which nothing was said.
var errHungUp = errors.New("the app hung up")

// sort finds out what c speaks; HTTP goes to the server, all else is spliced.
func (f *front) sort(c *conn) {
	up, err := f.sniff(c)
	if errors.Is(err, io.EOF) && !f.speech.isHTTP() {
		err = nil // it has nothing to say, but may want to hear the app
	}
	if err != nil {
		c.Close()
		return
	}
	if http, _ := recognize(c.ahead); http {
		f.speech.heardHTTP()
		f.http.give(c)
		return
	}
	if up == nil {
		if up, err = f.dial(f.ctx); err != nil {
			f.proxy.opt.Logger.Warn("no version takes a connection", "address", f.public, "err", err)
			c.Close()
			return
		}
	}
	splice(c, up)
}

// sniff waits for the first words, and leaves the client's in c.ahead. Where the
// app has spoken first, it returns the connection to it.
func (f *front) sniff(c *conn) (*upstream, error) {
	if !f.speech.serverFirst.Load() {
		err := c.listen(silence)
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return nil, err
		}
	}
	// The client is silent. A browser may have opened the connection ahead of
	// its request; or the app is the one to begin.
	if f.speech.isHTTP() {
		return nil, c.listen(0)
	}
	ctx, cancel := context.WithCancel(f.ctx)
	defer cancel()
	client := make(chan error, 1)
	app := make(chan *upstream, 1)
	go func() { client <- c.listen(0) }()
	go func() { app <- f.hear(ctx) }()
	var up *upstream
	select {
	case err := <-client:
		cancel()
		if up = <-app; up != nil {
			up.leave() // the client's words go to the version that serves now
		}
		return nil, err
	case <-f.speech.http:
		cancel()
		up = <-app
	case up = <-app:
	}
	if up == nil {
		return nil, <-client
	}
	interrupt(c)
	<-client // an error of the client's comes back when it is read again
	_ = c.SetReadDeadline(time.Time{})
	if up.hello == nil {
		up.leave()
		return nil, errHungUp
	}
	f.speech.serverFirst.Store(true)
	return up, nil
}

// listen reads ahead until it is clear whether the client speaks HTTP. It fails
// with os.ErrDeadlineExceeded when the client says nothing for patience; 0 is
// for ever. A client that has begun is given silence for each piece.
func (c *conn) listen(patience time.Duration) error {
	defer func() { _ = c.SetReadDeadline(time.Time{}) }()
	if patience > 0 {
		_ = c.SetReadDeadline(time.Now().Add(patience))
	}
	buf := make([]byte, 64)
	for {
		n, err := c.Conn.Read(buf)
		c.ahead = append(c.ahead, buf[:n]...)
		_, clear := recognize(c.ahead)
		switch {
		case len(c.ahead) > 0 && (clear || err != nil):
			return nil
		case err != nil:
			return err
		}
		_ = c.SetReadDeadline(time.Now().Add(silence))
	}
}

// hear waits for the app to say something unasked. It returns nil when that
// will not happen: ctx has ended, or no version serves. A version that hangs up
// instead is returned without a hello. As nothing has been said yet, the
// connection moves from version to version unnoticed.
func (f *front) hear(ctx context.Context) *upstream {
	for ctx.Err() == nil {
		up, err := f.dial(ctx)
		if err != nil {
			return nil
		}
		version, reign := f.proxy.gate.serving()
		if version == up.version && up.hear(ctx, reign) {
			return up
		}
		up.leave()
	}
	return nil
}

// hear reads the first words of the app, and reports false if one of the
// contexts ended before there were any.
func (u *upstream) hear(ctx, reign context.Context) bool {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(reign, cancel)()
	interrupted := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		interrupt(u)
		close(interrupted)
	})
	buf := make([]byte, 4096)
	n, err := u.Read(buf)
	if !stop() {
		<-interrupted
		_ = u.SetReadDeadline(time.Time{})
	}
	if n > 0 && !strings.HasPrefix(string(buf[:n]), "HTTP/") { // a 408 is a way to hang up
		u.hello = buf[:n]
	}
	return !errors.Is(err, os.ErrDeadlineExceeded)
}

// interrupt makes a Read of c return now.
func interrupt(c net.Conn) { _ = c.SetReadDeadline(time.Unix(1, 0)) }
