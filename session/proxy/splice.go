package proxy

import (
	"context"
	"io"
	"net"
	"sync"
)

// upstream is a connection to a version that is not HTTP.
type upstream struct {
	net.Conn
	version *Version
	hello   []byte // what the app said before the client
	stream  bool   // it was spliced
	stop    func() bool
}

// dial connects to the version that serves, waiting for one if need be. The
// caller must leave it; it is cut when the front closes.
func (f *front) dial(ctx context.Context) (*upstream, error) {
	v, err := f.proxy.gate.enter(ctx, 0)
	if err != nil {
		return nil, err
	}
	backend, err := f.proxy.find(ctx, v, f.public)
	if err != nil {
		v.leave(false)
		return nil, err
	}
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", backend)
	if err != nil {
		v.leave(false)
		return nil, err
	}
	return &upstream{Conn: c, version: v, stop: context.AfterFunc(f.ctx, func() { c.Close() })}, nil
}

// leave ends the connection and counts it out.
func (u *upstream) leave() {
	u.stop()
	u.Close()
	u.version.leave(u.stream)
}

// splice copies both ways until both sides have ended.
func splice(c *conn, up *upstream) {
	defer c.Close()
	defer up.leave()
	up.stream = true
	up.version.endless()
	var back sync.WaitGroup
	back.Go(func() { pump(c.Conn, up.hello, up.Conn) })
	pump(up.Conn, c.ahead, c.Conn)
	back.Wait()
}

// pump writes head and then everything of from to to, and passes the end on: an
// orderly one as such, any other one to both sides.
func pump(to net.Conn, head []byte, from net.Conn) {
	_, err := to.Write(head)
	if err == nil {
		_, err = io.Copy(to, from)
	}
	if err == nil && closeWrite(to) == nil {
		return
	}
	to.Close()
	from.Close()
}

// closeWrite ends one direction of a TCP connection.
func closeWrite(c net.Conn) error { return c.(*net.TCPConn).CloseWrite() }
