package dap

import (
	"bufio"
	"encoding/json"
	"errors"
	"maps"
	"slices"

	"github.com/google/go-dap"

	"github.com/hotdev/hotdev/debug/breakpoint"
	"github.com/hotdev/hotdev/rpc/outbox"
)

const delveBacklog = 16 << 20 // bytes of requests that may wait for Delve to read

// stage is how far a generation has come.
type stage int

const (
	connecting stage = iota // it is being attached to
	arming                  // it gets its breakpoints before its app runs
	live                    // its app runs
	outlived                // its app runs, but there is a newer generation
)

// generation is one run of the app, under one Delve, with the one DAP session
// that this Delve can bear. Two goroutines serve it, its reader and its writer;
// both end with its connection, which the loop closes. All state is the loop's.
type generation struct {
	Generation
	number int // from 1
	slot   int // that its references carry

	out   *outbox.Outbox
	seq   int
	calls map[int]call // by the number that Delve knows them by
	begun chan<- error // gets Begin's result, once; nil when it has

	stage stage
	entry bool     // a client wants it to stop at its entry
	halt  bool     // the next stop by a pause is one at entry
	stop  *stopped // nil while the app runs
	exit  *int     // the exit code of the app, when Delve has told it
	view  view
	views int // changes of the view that are under way

	files     map[string]bool        // that have breakpoints in Delve
	functions bool                   // there are function breakpoints in Delve
	points    map[*pointKind]bool    // kinds of points that were set in Delve
	places    map[int]dap.Breakpoint // where Delve has put function breakpoints, by the front's ids

	// By the ids that Delve has given to breakpoints:
	hits     map[int][]int              // the ids that clients know them by
	requests map[int]breakpoint.Request // what they were set for, but for points
}

// call is a request that Delve has not answered.
type call struct {
	client *client // who waits for it; nil: the front itself
	then   func(message)
}

// stopped is where the app stands.
type stopped struct {
	dap.StoppedEventBody
	body object // the same as Delve has sent it
}

func newGeneration(g Generation, begun chan<- error) *generation {
	return &generation{
		Generation: g, begun: begun, out: outbox.New(delveBacklog), calls: map[int]call{},
		files: map[string]bool{}, points: map[*pointKind]bool{}, places: map[int]dap.Breakpoint{}, hits: map[int][]int{}, requests: map[int]breakpoint.Request{},
	}
}

// read posts what Delve says, then that the connection has ended.
func (g *generation) read(f *Front) {
	r := bufio.NewReader(g.Conn)
	for {
		frame, err := readFrame(r, delveFrame)
		var m message
		if err == nil {
			err = json.Unmarshal(frame, &m)
		}
		if err != nil {
			f.post(lost{g, err})
			return
		}
		if !f.post(told{g, m}) {
			return
		}
	}
}

// write sends what the loop has put into the outbox.
func (g *generation) write() {
	if err := g.out.Run(g.Conn); err != nil {
		g.Conn.Close() // the reader tells the loop
	}
}

// call sends Delve a request; then gets the response, or a failed one if there
// will be none. It is called by the loop, always later.
func (g *generation) call(c *client, command string, arguments any, then func(message)) {
	g.seq++
	g.calls[g.seq] = call{c, then}
	frame := encode(request{dap.Request{
		ProtocolMessage: dap.ProtocolMessage{Seq: g.seq, Type: "request"}, Command: command,
	}, arguments})
	if errors.Is(g.out.Put(frame), outbox.ErrFull) {
		g.Conn.Close() // the reader tells the loop, which lets the calls fail
	}
}

// unset removes all breakpoints that command sets.
func (g *generation) unset(command string) {
	g.call(nil, command, object{"breakpoints": []object{}}, func(message) {})
}

// answered hands a response to whoever waits for it.
func (g *generation) answered(m message) {
	call, ok := g.calls[m.RequestSeq]
	if !ok {
		return // nobody does any more, or Delve has answered twice, as it does when it can't halt the app
	}
	delete(g.calls, m.RequestSeq)
	call.then(m)
}

// abort lets the calls of clients, or all, fail.
func (g *generation) abort(all bool, why string) {
	for _, seq := range slices.Sorted(maps.Keys(g.calls)) {
		call, ok := g.calls[seq]
		if !ok || !all && call.client == nil {
			continue
		}
		delete(g.calls, seq)
		call.then(failed(why))
	}
}

// reason returns why a request has failed, by the response to it.
func (m *message) reason() error {
	var body dap.ErrorResponseBody
	if json.Unmarshal(m.Body, &body) == nil && body.Error != nil && body.Error.Format != "" {
		return errors.New(body.Error.Format)
	}
	return errors.New(m.Message)
}
