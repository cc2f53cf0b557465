package wire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"
	"time"

	"go.lsp.dev/jsonrpc2"

	"github.com/hotdev/hotdev/rpc/outbox"
)

const (
	defaultOutbox = 16 << 20        // bytes
	grace         = 2 * time.Second // for the last messages of a connection that ends
	maxInFlight   = 1024            // requests of the peer that are being answered
)

// ErrSlowPeer is the reason of a connection that was cut because its peer did
// not read what it was sent.
var ErrSlowPeer = errors.New("the peer did not read its messages and was cut off")

// Handler serves a connection's peer. Params is nil when the message has none;
// it may be kept.
type Handler interface {
	// Call answers a request, beside others. ctx ends when the peer cancels
	// the request and when the connection ends. The result is marshalled as
	// it is, or may be a Then or a Later; an Error is sent as it is, any other
	// error with CodeRequestFailed.
	Call(ctx context.Context, method string, params []byte) (any, error)
	// Notify takes a notification, in order and before anything after it is
	// read: it must not block. ctx is the connection's.
	Notify(ctx context.Context, method string, params []byte)
}

// Then is a result with something to do right after the answer is on its way,
// or can't be sent any more. Do must not block.
type Then struct {
	Result any
	Do     func()
}

// Later is the result of an inline request that is yet to come: it is called
// once, beside what follows the request, and its result is sent as one of Call.
type Later func() (any, error)

// Options configures a Conn; the zero value will do.
type Options struct {
	MaxMessage int                      // bytes; 0: MaxMessage
	Outbox     int                      // bytes that may wait for the peer; 0: 16 MiB
	Inline     func(method string) bool // requests for which Call returns before anything after them is read
	// Farewell makes the last notification to a peer whose connection ends for
	// reason; an empty method means none.
	Farewell func(reason error) (method string, params any)
}

// Conn is one connection. All methods may be called by any goroutine; none of
// them but Call and Run waits for the peer.
//
// Its goroutines: Run's caller; the reader, which also runs Notify and inline
// requests up to a Later; one for each request that is being answered; the
// writer. All end when the connection ends, and Run waits for all. Whoever ends
// it (the peer's hang-up, Run's context, Close, a full outbox) goes through end,
// which cancels the handlers and lets the writer finish; the writer closes the
// transport, which ends the reader.
type Conn struct {
	transport io.ReadWriteCloser
	handler   Handler
	opt       Options
	rpc       jsonrpc2.Conn
	frames    *FrameReader
	out       *outbox.Outbox

	ctx    context.Context // the connection's; handlers' contexts derive from it
	cancel context.CancelCauseFunc

	ended     sync.Once
	giveUp    *time.Timer   // closes the transport of a peer that does not read the last messages; set by end
	finished  chan struct{} // closed when Run is about to return
	closeOnce sync.Once

	mu     sync.Mutex
	reason error                              // why the connection ended; nil for the peer's orderly hang-up
	calls  map[jsonrpc2.ID]context.CancelFunc // requests being answered
	after  map[jsonrpc2.ID]func()             // Then.Do of answers not yet sent
}

// NewConn makes a connection over transport, which it closes in the end. It
// does nothing before Run.
func NewConn(transport io.ReadWriteCloser, h Handler, o Options) *Conn {
	if o.Outbox == 0 {
		o.Outbox = defaultOutbox
	}
	c := &Conn{
		transport: transport,
		handler:   h,
		opt:       o,
		frames:    NewFrameReader(transport, o.MaxMessage),
		out:       outbox.New(o.Outbox),
		finished:  make(chan struct{}),
		calls:     map[jsonrpc2.ID]context.CancelFunc{},
		after:     map[jsonrpc2.ID]func(){},
	}
	c.ctx, c.cancel = context.WithCancelCause(context.Background())
	c.rpc = jsonrpc2.NewConn(stream{c}, jsonrpc2.WithCodec(codec{}))
	return c
}

// Run serves the connection until it ends and returns why: nil when the peer
// hung up between two messages or Close was called. It is called once.
func (c *Conn) Run(ctx context.Context) error {
	defer close(c.finished)
	stop := context.AfterFunc(ctx, func() { c.end(context.Cause(ctx), false) })
	defer stop()
	written := make(chan struct{})
	go func() {
		defer close(written)
		switch err := c.out.Run(c.transport); {
		case errors.Is(err, syscall.EPIPE), errors.Is(err, syscall.ECONNRESET): // the peer has hung up
			c.end(nil, true)
		case err != nil:
			c.end(fmt.Errorf("writing to the peer: %w", err), true)
		}
		c.closeTransport()
	}()
	c.rpc.Go(c.ctx, c.handle)
	<-c.rpc.Done()
	c.end(c.rpc.Err(), false)
	<-written
	c.giveUp.Stop()
	c.mu.Lock()
	after := c.after
	c.after = nil
	c.mu.Unlock()
	for _, do := range after {
		do()
	}
	return c.Err()
}

// Close ends the connection after what was sent is written; it does not wait.
func (c *Conn) Close() { c.end(nil, false) }

// CloseWith ends the connection for reason, after what was sent and the
// farewell are written; it does not wait.
func (c *Conn) CloseWith(reason error) { c.end(reason, false) }

// Ending is closed as soon as the connection begins to end.
func (c *Conn) Ending() <-chan struct{} { return c.ctx.Done() }

// Done is closed when Run returns.
func (c *Conn) Done() <-chan struct{} { return c.finished }

// Err returns why the connection ended: nil for an orderly end or none yet.
func (c *Conn) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.reason
}

// SetLimit changes the largest size of a message from the peer.
func (c *Conn) SetLimit(bytes int) { c.frames.SetLimit(bytes) }

// Notify sends a notification. It fails when the connection is ending, and cuts
// it when too much waits for the peer already.
func (c *Conn) Notify(method string, params any) error {
	return c.rpc.Notify(context.Background(), method, params)
}

// Call sends a request and decodes the answer into result (nil: dropped). When
// ctx ends first, the peer is told. The peer's refusal is an *Error.
func (c *Conn) Call(ctx context.Context, method string, params, result any) error {
	id, err := c.rpc.Call(ctx, method, params, result)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil && errors.Is(err, ctx.Err()):
		if id.IsValid() {
			number, _ := id.Number()
			_ = c.rpc.Notify(context.WithoutCancel(ctx), methodCancel, cancelParams{number}) // the peer may be gone
		}
		return fmt.Errorf("%s: %w", method, context.Cause(ctx))
	case c.ctx.Err() != nil && !errors.As(err, new(*jsonrpc2.Error)):
		if reason := c.Err(); reason != nil {
			err = reason
		} else {
			err = io.EOF
		}
		return fmt.Errorf("%s: the connection ended: %w", method, err)
	}
	return fmt.Errorf("%s: %w", method, fromAnswer(err))
}

// end begins the end of the connection; only the first reason counts. With
// drop, messages that wait for the peer are thrown away.
func (c *Conn) end(reason error, drop bool) {
	c.ended.Do(func() {
		c.mu.Lock()
		c.reason = reason
		c.mu.Unlock()
		c.cancel(outbox.ErrEnded)
		c.out.End(drop, c.farewell(reason)...)
		c.giveUp = time.AfterFunc(grace, c.closeTransport)
	})
}

// farewell is the last frame, if the peer gets one.
func (c *Conn) farewell(reason error) [][]byte {
	if reason == nil || errors.Is(reason, ErrHTTP) || c.opt.Farewell == nil { // a browser gets no word
		return nil
	}
	method, params := c.opt.Farewell(reason)
	if method == "" {
		return nil
	}
	raw, err := Marshal(params)
	if err != nil {
		return nil
	}
	return [][]byte{AppendFrame(nil, jsonrpc2.AppendNotification(nil, method, raw))}
}

func (c *Conn) closeTransport() {
	c.closeOnce.Do(func() { _ = c.transport.Close() })
}

// handle is the jsonrpc2.Handler. Its context and, unless it is released by
// Async, its request die when it returns, so nothing is derived from the one
// and everything is copied from the other.
func (c *Conn) handle(dispatch context.Context, req *jsonrpc2.Request) (result any, err error) {
	method := strings.Clone(req.Method())
	defer func() {
		if p := recover(); p != nil {
			c.end(fmt.Errorf("the handler of %s panicked: %v\n%s", method, p, debug.Stack()), false)
			err = jsonrpc2.Errorf(jsonrpc2.InternalError, "the handler of %s panicked: %v", method, p)
		}
	}()
	if !req.IsCall() {
		params := append([]byte(nil), req.Params()...)
		if method == methodCancel {
			c.cancelCall(params)
		} else {
			c.handler.Notify(c.ctx, method, params)
		}
		return nil, nil // an error would end the connection
	}
	id := req.ID()
	ctx, done, err := c.begin(id)
	if err != nil {
		return nil, toAnswer(c.ctx, err)
	}
	defer done()
	params := append([]byte(nil), req.Params()...)
	inline := c.opt.Inline != nil && c.opt.Inline(method)
	if !inline {
		jsonrpc2.Async(dispatch)
	}
	result, err = c.handler.Call(ctx, method, params)
	if later, ok := result.(Later); ok && err == nil {
		if inline {
			jsonrpc2.Async(dispatch)
		}
		result, err = later()
	}
	if err != nil {
		return nil, toAnswer(ctx, err)
	}
	if then, ok := result.(Then); ok {
		c.mu.Lock()
		c.after[id] = then.Do
		c.mu.Unlock()
		result = then.Result
	}
	return result, nil
}

// begin registers a request of the peer; done must be called when it is
// answered.
func (c *Conn) begin(id jsonrpc2.ID) (ctx context.Context, done func(), err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, taken := c.calls[id]; taken {
		return nil, nil, Errorf(CodeInvalidRequest, "request id %v is in use", id)
	}
	if len(c.calls) >= maxInFlight {
		return nil, nil, Errorf(CodeRequestFailed, "%d requests are being answered already: wait for some of them", maxInFlight)
	}
	ctx, cancel := context.WithCancel(c.ctx)
	c.calls[id] = cancel
	return ctx, func() {
		c.mu.Lock()
		delete(c.calls, id)
		c.mu.Unlock()
		cancel()
	}, nil
}

// Waiting is how many bytes wait for the peer to read.
func (c *Conn) Waiting() int { return c.out.Waiting() }
