package client

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"

	"github.com/hotdev/hotdev/rpc/protocol"
	"github.com/hotdev/hotdev/rpc/wire"
)

// ErrNoDaemon is returned by Dial and Discover when no daemon serves the
// workspace.
var ErrNoDaemon = errors.New("no daemon serves this workspace")

// Options says which daemon is wanted.
type Options struct {
	Root    string // the workspace's directory
	Name    string // of the client program; "": hotdev
	Version string // of this hotdev
	BuildID string // of this hotdev's binary

	Start  bool     // start a daemon if there is none
	Exe    string   // the hotdev binary to start; "": the running one
	Args   []string // its arguments; nil: serve --detached; it runs in the workspace's root
	LogDir string   // for the log of a started daemon; "": the user's state directory

	Dir string // of the sockets; "": where every hotdev looks for them

	// FindRoot finds, for Bridge, the workspace of the directory that the
	// editor has open; nil: it is the directory itself.
	FindRoot func(dir string) (root string, err error)
}

// Client is a connection to a daemon. Its methods may be called by any
// goroutine.
//
// Its goroutines: the connection's (wire.Conn), waited for by Close.
type Client struct {
	conn   *wire.Conn
	server protocol.InitializeResult
	skew   *SkewError
	ran    chan struct{} // closed when conn.Run has returned

	mu       sync.Mutex
	lastWord string // the newest window/showMessage of the daemon
	events   *queue // nil: not subscribed
}

// Dial connects to the daemon of o.Root, and starts it if o.Start is set and
// there is none. Errors are ErrNoDaemon, *SkewError when the daemon speaks
// another version of the protocol, and *StartError when it could not be started.
func Dial(ctx context.Context, o Options) (*Client, error) {
	nc, _, err := connect(ctx, o)
	if err != nil {
		return nil, err
	}
	return New(ctx, nc, o)
}

// New makes a Client over a connection that exists; it closes nc in the end.
func New(ctx context.Context, nc net.Conn, o Options) (*Client, error) {
	c := &Client{ran: make(chan struct{})}
	c.conn = wire.NewConn(nc, receiver{c}, wire.Options{})
	go func() {
		defer close(c.ran)
		_ = c.conn.Run(context.Background()) // Err tells
	}()
	if err := c.initialize(ctx, o); err != nil {
		_ = c.Close() // err says more
		return nil, err
	}
	return c, nil
}

// initialize does the LSP handshake.
func (c *Client) initialize(ctx context.Context, o Options) error {
	name := o.Name
	if name == "" {
		name = "hotdev"
	}
	pid, root := os.Getpid(), protocol.FileURI(o.Root)
	params := protocol.InitializeParams{
		ProcessID:  &pid,
		ClientInfo: &protocol.Program{Name: name, Version: o.Version},
		RootURI:    &root,
		Capabilities: protocol.ClientCapabilities{
			Experimental: []byte(`{"hotdev":{"events":false}}`),
		},
	}
	var err error
	if c.server, err = request[protocol.InitializeResult](ctx, c, protocol.MethodInitialize, params); err != nil {
		return err
	}
	if c.skew = compare(o, c.server); c.skew != nil && c.skew.Unusable {
		return c.skew
	}
	return c.conn.Notify(protocol.MethodInitialized, struct{}{})
}

// Daemon identifies the daemon.
func (c *Client) Daemon() protocol.HotdevServer {
	return c.server.Capabilities.Experimental.Hotdev
}

// Skew returns a *SkewError when another build of hotdev serves, which should be
// told to the user; nil when it is the same.
func (c *Client) Skew() error {
	if c.skew == nil {
		return nil
	}
	return c.skew
}

// Done is closed when the connection begins to end.
func (c *Client) Done() <-chan struct{} { return c.conn.Ending() }

// Err says why the connection ended; nil while it lives and after Close.
func (c *Client) Err() error {
	err := c.conn.Err()
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.lastWord == "":
		return err
	case err == nil:
		return errors.New(c.lastWord)
	}
	return fmt.Errorf("%s (%w)", c.lastWord, err)
}

// Close ends the connection and waits until it is gone.
func (c *Client) Close() error {
	c.conn.Close()
	<-c.ran
	return nil
}

// request sends a request of c and returns the decoded answer.
func request[R any](ctx context.Context, c *Client, method string, params any) (R, error) {
	var result R
	err := c.conn.Call(ctx, method, params, &result)
	return result, err
}
