package dap

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync"

	"github.com/hotdev/hotdev/debug/breakpoint"
)

// input is the closed type of everything that can happen to a front; the loop
// handles one at a time.
type input interface{ input() }

type (
	joined struct{ conn net.Conn } // a client has connected
	said   struct {                // a client has sent a message
		client  *client
		message message
		err     error // it is not JSON, or not of DAP's form
	}
	left struct { // a client's connection has ended, or can't be read any further
		client *client
		err    error
	}

	begun     struct{ generation *generation } // Begin was called
	abandoned struct {                         // Begin's context has ended
		generation *generation
		err        error
	}
	told struct { // Delve has sent a message
		generation *generation
		message    message
	}
	lost struct { // a generation's connection has ended
		generation *generation
		err        error
	}

	reloaded struct { // Options.Reload has returned
		client  *client
		request message
		err     error
	}
	launched struct { // Options.Launch has returned an error
		client *client
		err    error
	}

	breakpointsSet struct { // by `hotdev break`
		file   string
		text   []byte
		specs  []breakpoint.Spec
		result chan<- []breakpoint.Breakpoint // gets what is known at once, then what Delve has said
	}
	announced struct {
		event string
		body  any
	}
)

func (joined) input()         {}
func (said) input()           {}
func (left) input()           {}
func (begun) input()          {}
func (abandoned) input()      {}
func (told) input()           {}
func (lost) input()           {}
func (reloaded) input()       {}
func (launched) input()       {}
func (breakpointsSet) input() {}
func (announced) input()      {}

// loop holds the state of a front that is served.
type loop struct {
	*Front
	ctx   context.Context // ends with the loop
	tasks sync.WaitGroup

	clients     []*client     // connected, in the order of coming
	generations []*generation // that have not ended, oldest first
	current     *generation   // whose app the clients see; nil when there is none, or it is being swapped

	clientsSeen, generationsSeen, pointsSeen int // how many there have been, for names and ids

	saved []byte // what the ledger's file holds
}

func newLoop(f *Front) *loop { return &loop{Front: f} }

// run handles inputs until ctx ends or l fails.
func (l *loop) run(ctx context.Context, listener net.Listener) error {
	var cancel context.CancelFunc
	l.ctx, cancel = context.WithCancel(ctx)
	failed := make(chan error, 1)
	l.tasks.Go(func() { failed <- l.accept(listener) })
	var err error
	for open := true; open; {
		select {
		case in := <-l.inputs:
			l.handle(in)
			l.refresh()
		case err = <-failed:
			open = false
		case <-ctx.Done():
			open = false
		}
	}
	cancel()
	listener.Close()
	l.close()
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// accept posts the clients that connect, until listener is closed or fails.
func (l *loop) accept(listener net.Listener) error {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return err
		}
		if !l.post(joined{conn}) {
			conn.Close()
		}
	}
}

// close ends all sessions and waits for all goroutines.
func (l *loop) close() {
	for _, c := range l.clients {
		c.tell("terminated", nil)
		c.end()
	}
	for _, g := range l.generations {
		g.out.End(false)
		g.Conn.Close()
	}
	close(l.done)
	l.tasks.Wait()
	for { // what was posted while the loop ended
		select {
		case in := <-l.inputs:
			if in, ok := in.(joined); ok {
				in.conn.Close()
			}
		default:
			return
		}
	}
}

func (l *loop) handle(in input) {
	switch in := in.(type) {
	case joined:
		l.join(in.conn)
	case said:
		l.hear(in)
	case left:
		l.leave(in.client, in.err)
	case begun:
		l.begin(in.generation)
	case abandoned:
		l.abandon(in.generation, in.err)
	case told:
		l.told(in.generation, in.message)
	case lost:
		l.end(in.generation, in.err)
	case reloaded:
		l.reloaded(in)
	case launched:
		in.client.warn("the app can't be started: " + in.err.Error())
	case breakpointsSet:
		l.setOwn(in)
	case announced:
		l.each(attached, func(c *client) {
			if c.config.HotdevEvents {
				c.tell(in.event, in.body)
			}
		})
	}
}

// refresh publishes the state as it is now: after each input, and before a caller
// of the front's methods is let go on.
func (l *loop) refresh() {
	s := State{Wanted: !l.ledger.Empty(), Paused: l.current != nil && l.current.stop != nil}
	for _, c := range l.clients {
		if c.phase >= attached {
			s.Clients++
		}
		s.Wanted = s.Wanted || c.wanted()
	}
	l.publish(s)
}

// each calls do for the clients that have come as far as p.
func (l *loop) each(p phase, do func(*client)) {
	for _, c := range slices.Clone(l.clients) {
		if c.phase >= p {
			do(c)
		}
	}
}

// continued tells the clients, but not who caused it, that the app runs again:
// what they show of a stop is not so any more.
func (l *loop) continued(thread int, except *client) {
	l.each(configured, func(c *client) {
		if c != except {
			c.tell("continued", continuedBody(thread))
		}
	})
}

// errEnded says that a generation has ended without a reason of its own.
var errEnded = errors.New("the debugger has ended before the app ran")
