package server

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"net"
	"sync"
	"time"

	"github.com/hotdev/hotdev/rpc/protocol"
	"github.com/hotdev/hotdev/rpc/wire"
)

// unprovenLimit is the largest message, in bytes, of a client that has not
// given its token yet.
const unprovenLimit = 1 << 20

var (
	errToken     = errors.New("the first message must be initialize with initializationOptions.hotdev.token, the content of the daemon's token file")
	errTokenTime = errors.New("the client took too long to give its token")
)

// phase is where a client stands in LSP's life cycle.
type phase int

const (
	fresh phase = iota // before initialize
	ready              // between initialize and shutdown
	shut               // after shutdown
)

// client is one connected client.
//
// Its goroutines: the connection's (wire.Conn), which call Call and Notify; the
// feed and, if the client shows progress, the progress, which start at
// initialized and end with the connection. run waits for all.
type client struct {
	srv   *Server
	conn  *wire.Conn
	token string // that the client must give; "": none
	tasks sync.WaitGroup
	feed  *feed
	open  map[string]bool // paths of the documents that it has open; belongs to Notify, and to run after it

	mu       sync.Mutex
	phase    phase
	started  bool // initialized came
	can      protocol.ClientCapabilities
	hotdev   protocol.HotdevClient
	letGo    func()      // ends the client's hold on saves; nil: it has none
	authTime *time.Timer // cuts a client that gives no token; nil: none must
}

func newClient(s *Server, nc net.Conn, token string) *client {
	c := &client{srv: s, token: token, open: map[string]bool{}}
	c.conn = wire.NewConn(nc, c, wire.Options{
		Inline: func(method string) bool {
			switch method {
			case protocol.MethodInitialize, protocol.MethodShutdownSession:
				return true
			}
			return method == protocol.MethodExecuteCommand || inOrder[method]
		},
		Farewell: farewell,
	})
	c.feed = newFeed(c)
	if token != "" {
		c.conn.SetLimit(unprovenLimit)
		c.authTime = time.AfterFunc(s.authTimeout, func() { c.conn.CloseWith(errTokenTime) })
	}
	return c
}

// run serves the client until it is gone.
func (c *client) run(ctx context.Context) error {
	err := c.conn.Run(ctx)
	if c.authTime != nil {
		c.authTime.Stop()
	}
	c.feed.end()
	c.dropBuffers()
	c.tasks.Wait()
	c.withholdUntil(nil)
	return err
}

// farewell tells a client why its connection ends.
func farewell(reason error) (method string, params any) {
	if errors.Is(reason, context.Canceled) {
		reason = errors.New("it has ended")
	}
	return protocol.MethodShowMessage, protocol.MessageParams{
		Type:    protocol.MessageError,
		Message: "hotdev closed the connection: " + reason.Error(),
	}
}

// Call answers a request (wire.Handler).
func (c *client) Call(ctx context.Context, method string, params []byte) (any, error) {
	c.mu.Lock()
	phase := c.phase
	c.mu.Unlock()
	switch {
	case method == protocol.MethodInitialize && phase == fresh:
		return typed((*client).initialize)(c, ctx, params)
	case phase == fresh && c.token != "":
		c.conn.CloseWith(errToken)
		return nil, errToken
	case phase == fresh:
		return nil, wire.Errorf(wire.CodeNotInitialized, "%s before initialize", method)
	case method == protocol.MethodInitialize:
		return nil, wire.Errorf(wire.CodeInvalidRequest, "initialize was sent before")
	case phase == shut:
		return nil, wire.Errorf(wire.CodeInvalidRequest, "%s after shutdown", method)
	}
	answer, ok := requests[method]
	if !ok {
		return nil, wire.Errorf(wire.CodeMethodNotFound, "no method %s", method)
	}
	return answer(c, ctx, params)
}

// Notify takes a notification (wire.Handler). What it does not know, it ignores:
// LSP 3.17 allows that for "$/" methods, and an editor must not suffer for
// others.
func (c *client) Notify(ctx context.Context, method string, params []byte) {
	if method == protocol.MethodExit {
		c.conn.Close()
		return
	}
	c.mu.Lock()
	phase := c.phase
	c.mu.Unlock()
	if phase != ready {
		return
	}
	switch method {
	case protocol.MethodInitialized:
		c.initialized(ctx)
	case protocol.MethodDidOpen:
		notified(c, params, c.didOpen)
	case protocol.MethodDidChange:
		notified(c, params, c.didChange)
	case protocol.MethodDidClose:
		notified(c, params, c.didClose)
	case protocol.MethodDidSave:
		notified(c, params, c.didSave)
	case protocol.MethodDidChangeWatchedFiles:
		notified(c, params, c.didChangeWatchedFiles)
	}
}

// notified decodes a notification's parameters for f.
func notified[P any](c *client, params []byte, f func(P)) {
	var p P
	if err := wire.Unmarshal(params, &p); err != nil {
		c.srv.opt.Logger.Warn("a client's notification makes no sense", "err", err)
		return
	}
	f(p)
}

func (c *client) initialize(_ context.Context, p protocol.InitializeParams) (any, error) {
	if err := c.authenticate(p.InitializationOptions); err != nil {
		return nil, err
	}
	var experimental protocol.ClientExperimental
	if len(p.Capabilities.Experimental) > 0 {
		// Other servers' experiments may have any shape there.
		_ = json.Unmarshal(p.Capabilities.Experimental, &experimental)
	}
	c.mu.Lock()
	c.phase, c.can, c.hotdev = ready, p.Capabilities, experimental.Hotdev
	c.mu.Unlock()
	daemon := c.srv.daemon()
	return protocol.InitializeResult{
		Capabilities: protocol.ServerCapabilities{
			PositionEncoding:       "utf-16",
			TextDocumentSync:       protocol.SyncOptions{OpenClose: true, Change: protocol.SyncFull},
			CodeActionProvider:     protocol.CodeActionOptions{CodeActionKinds: []string{protocol.QuickFix}},
			ExecuteCommandProvider: protocol.CommandOptions{Commands: commands},
			Experimental: protocol.ServerExperimental{Hotdev: protocol.HotdevServer{
				Protocol:  protocol.ProtocolVersion,
				BuildID:   daemon.BuildID,
				PID:       daemon.PID,
				Workspace: c.srv.backend.Status().Root,
			}},
		},
		ServerInfo: protocol.Program{Name: "hotdev", Version: daemon.Version},
	}, nil
}

// authenticate compares the client's token, if it must give one.
func (c *client) authenticate(options json.RawMessage) error {
	if c.token == "" {
		return nil
	}
	var given protocol.InitializationOptions
	if len(options) > 0 {
		_ = json.Unmarshal(options, &given) // what can't be read holds no token
	}
	if subtle.ConstantTimeCompare([]byte(given.Hotdev.Token), []byte(c.token)) != 1 {
		c.conn.CloseWith(errToken)
		return errToken
	}
	if !c.authTime.Stop() {
		return errTokenTime
	}
	c.conn.SetLimit(wire.MaxMessage)
	return nil
}

// initialized starts what the client is told.
func (c *client) initialized(ctx context.Context) {
	c.mu.Lock()
	again := c.started
	c.started = true
	can, hotdev := c.can, c.hotdev
	c.mu.Unlock()
	if again {
		return
	}
	var shown *progress
	if can.Window.WorkDoneProgress {
		shown = newProgress(c.conn)
		c.tasks.Go(func() { shown.run(ctx) })
	}
	c.feed.start(ctx, can, hotdev, shown)
}

func (c *client) didSave(p protocol.DidSaveParams) {
	if path, err := protocol.FilePath(p.TextDocument.URI); err == nil { // else it is not on disk
		c.srv.backend.Written(path)
	}
}

func (c *client) didChangeWatchedFiles(p protocol.DidChangeWatchedFilesParams) {
	var paths []string
	for _, change := range p.Changes {
		if path, err := protocol.FilePath(change.URI); err == nil {
			paths = append(paths, path)
		}
	}
	if len(paths) > 0 {
		c.srv.backend.Saved(paths...)
	}
}
