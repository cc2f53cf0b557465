package client

import (
	"context"
	"errors"
	"io"
	"sync"

	"github.com/hotdev/hotdev/rpc/protocol"
	"github.com/hotdev/hotdev/rpc/wire"
)

// ErrLagged ends a subscription whose handler was too slow.
var ErrLagged = errors.New("events came faster than they were handled")

// maxEvents is how many events may wait for a subscription's handler.
const maxEvents = 10_000

// Handler gets a subscription's events in order; nil functions drop theirs.
type Handler struct {
	Subscribed  func(protocol.SubscribeResult) // first, with the state that the events change
	Status      func(protocol.Status)
	Log         func(protocol.LogParams)
	Reloaded    func(protocol.Reload)
	Breakpoints func(protocol.BreakpointsResult) // all, after a change of any
}

// Subscribe calls h for the state and for everything that happens after it,
// until ctx or the connection ends or h can't keep up, and returns why. from is
// the first log entry that is wanted (0: all that are kept). h runs on the
// caller's goroutine and may use the Client. Only one subscription can exist at
// a time.
func (c *Client) Subscribe(ctx context.Context, from uint64, h Handler) error {
	events := newQueue()
	c.mu.Lock()
	if c.events != nil {
		c.mu.Unlock()
		return errors.New("this client has a subscription already")
	}
	c.events = events
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		c.events = nil
		c.mu.Unlock()
	}()
	initial, err := request[protocol.SubscribeResult](ctx, c, protocol.MethodSubscribe, protocol.SubscribeParams{LogsFrom: from})
	if err != nil {
		return err
	}
	if h.Subscribed != nil {
		h.Subscribed(initial)
	}
	for {
		select {
		case <-events.wake:
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-c.ran:
			// What came before the end is still handled.
		}
		list, overflow := events.take()
		for _, e := range list {
			h.handle(e)
		}
		if overflow {
			return ErrLagged
		}
		select {
		case <-c.ran:
			if len(list) > 0 {
				continue
			}
			if err := c.Err(); err != nil {
				return err
			}
			return io.EOF
		default:
		}
	}
}

func (h Handler) handle(event any) {
	switch e := event.(type) {
	case protocol.Status:
		if h.Status != nil {
			h.Status(e)
		}
	case protocol.LogParams:
		if h.Log != nil {
			h.Log(e)
		}
	case protocol.Reload:
		if h.Reloaded != nil {
			h.Reloaded(e)
		}
	case protocol.BreakpointsResult:
		if h.Breakpoints != nil {
			h.Breakpoints(e)
		}
	}
}

// queue holds events between the reader and a subscription.
type queue struct {
	wake chan struct{} // holds a token when there may be something to take

	mu       sync.Mutex
	list     []any
	overflow bool
}

func newQueue() *queue { return &queue{wake: make(chan struct{}, 1)} }

func (q *queue) put(event any) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.overflow || len(q.list) >= maxEvents {
		q.overflow = true
	} else {
		q.list = append(q.list, event)
	}
	select {
	case q.wake <- struct{}{}:
	default: // it has a token
	}
}

func (q *queue) take() (list []any, overflow bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	list, q.list = q.list, nil
	return list, q.overflow
}

// receiver is a Client as its connection sees it.
type receiver struct{ *Client }

// Call refuses all requests of the daemon: this client offers nothing.
func (r receiver) Call(_ context.Context, method string, _ []byte) (any, error) {
	return nil, wire.Errorf(wire.CodeMethodNotFound, "no method %s", method)
}

// Notify hands events to the subscription.
func (r receiver) Notify(_ context.Context, method string, params []byte) {
	switch method {
	case protocol.MethodStatus:
		deliver[protocol.Status](r.Client, params)
	case protocol.MethodLog:
		deliver[protocol.LogParams](r.Client, params)
	case protocol.MethodReloaded:
		deliver[protocol.Reload](r.Client, params)
	case protocol.MethodBreakpointsChanged:
		deliver[protocol.BreakpointsResult](r.Client, params)
	case protocol.MethodShowMessage:
		var m protocol.MessageParams
		if wire.Unmarshal(params, &m) == nil && m.Type == protocol.MessageError {
			r.mu.Lock()
			r.lastWord = m.Message
			r.mu.Unlock()
		}
	}
}

// deliver decodes an event and queues it for the subscription, if there is one.
func deliver[T any](c *Client, params []byte) {
	var event T
	if wire.Unmarshal(params, &event) != nil {
		return // of a daemon that is not of this protocol; the state follows with the next one
	}
	c.mu.Lock()
	events := c.events
	c.mu.Unlock()
	if events != nil {
		events.put(event)
	}
}
