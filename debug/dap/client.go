package dap

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"net"
	"path/filepath"
	"slices"
	"time"

	"github.com/google/go-dap"

	"github.com/hotdev/hotdev/debug/breakpoint"
	"github.com/hotdev/hotdev/rpc/outbox"
)

const (
	clientBacklog = 16 << 20        // bytes that may wait for a client to read
	lastWords     = 2 * time.Second // for a client to read what is left when it is cut off
)

// phase is how far a client has come.
type phase int

const (
	connected phase = iota
	initialized
	attached   // launch or attach was answered
	configured // it has set its breakpoints, and is told when the app stops
)

// client is an editor that is connected. Two goroutines serve it, its reader and
// its writer; both end with its connection, which the writer closes once the
// outbox has ended, or when it is broken. All state is the loop's.
type client struct {
	conn net.Conn
	out  *outbox.Outbox

	owner string // its name in the ledger
	seq   int
	phase phase
	gone  bool // it is not among the loop's clients any more

	can    dap.InitializeRequestArguments
	launch bool // it launched rather than attached
	config config
	view   view
	points map[*pointKind][]*point
}

// read posts what the client says, then that it has left.
func (c *client) read(f *Front) {
	r := bufio.NewReader(c.conn)
	for {
		frame, err := readFrame(r, clientFrame)
		if err != nil {
			f.post(left{c, err})
			return
		}
		var m message
		err = json.Unmarshal(frame, &m)
		if !f.post(said{c, m, err}) {
			return
		}
	}
}

// write sends what the loop has put into the outbox.
func (c *client) write() {
	_ = c.out.Run(c.conn) // the reader sees what is wrong with the connection
	c.conn.Close()
}

// send queues m; a client that is too far behind is cut off.
func (c *client) send(m any) {
	if c.gone || !errors.Is(c.out.Put(encode(m)), outbox.ErrFull) {
		return
	}
	const why = "this client did not read what it was sent, and was cut off: connect again"
	c.end(
		encode(c.event("output", outputBody("important", why))),
		encode(c.event("terminated", nil)))
}

// end closes the connection once all is written, or only instead if there is
// any, but soon in any case.
func (c *client) end(instead ...[]byte) {
	c.out.End(len(instead) > 0, instead...)
	_ = c.conn.SetWriteDeadline(time.Now().Add(lastWords)) // a connection without deadlines is closed already
}

func (c *client) event(name string, body any) event {
	c.seq++
	return event{dap.Event{ProtocolMessage: dap.ProtocolMessage{Seq: c.seq, Type: "event"}, Event: name}, body}
}

// tell sends an event.
func (c *client) tell(name string, body any) { c.send(c.event(name, body)) }

// note tells the person at the client something; warn does it so that it is not
// overlooked.
func (c *client) note(text string) { c.tell("output", outputBody("console", text)) }
func (c *client) warn(text string) { c.tell("output", outputBody("important", text)) }

func outputBody(category, text string) dap.OutputEventBody {
	return dap.OutputEventBody{Category: category, Output: "hotdev: " + text + "\n"}
}

func (c *client) response(req message, success bool, text string, body any) response {
	c.seq++
	return response{dap.Response{
		ProtocolMessage: dap.ProtocolMessage{Seq: c.seq, Type: "response"},
		RequestSeq:      req.Seq, Command: req.Command, Success: success, Message: text,
	}, body}
}

// answer responds that req has worked.
func (c *client) answer(req message, body any) { c.send(c.response(req, true, "", body)) }

// fail responds that req has not worked, and why.
func (c *client) fail(req message, why string) { c.send(c.response(req, false, why, errorBody(why))) }

func (c *client) translator(g *generation) translator {
	return translator{slot: g.slot, paths: c.config.SubstitutePath}
}

// wanted reports whether c has a use for a debugger.
func (c *client) wanted() bool { return c.phase >= attached && !c.config.NoDebug }

// shownBreakpoint is dap.Breakpoint with what DAP 1.64 has added to it.
type shownBreakpoint struct {
	dap.Breakpoint
	Reason string `json:"reason,omitempty"` // of one that is not verified: "pending" or "failed"
}

// show returns b as the client is to see it; at is where Delve has put one that
// is set on a function, idle that no Delve could be asked.
func (c *client) show(b breakpoint.Breakpoint, at *dap.Breakpoint, idle bool) shownBreakpoint {
	s := shownBreakpoint{Breakpoint: dap.Breakpoint{Id: b.ID, Verified: b.Verified, Message: b.Message}}
	file, line := b.File, b.Line
	if b.Function != "" && at != nil && at.Source != nil {
		file, line = at.Source.Path, at.Line
	}
	if file != "" {
		path := c.config.SubstitutePath.toClient(file)
		s.Source, s.Line = &dap.Source{Name: filepath.Base(path), Path: path}, line
	}
	switch {
	case b.Verified:
	case idle:
		s.Reason = "pending"
	default:
		s.Reason = "failed"
	}
	return s
}

// hit returns those of ids, which are the front's, that are breakpoints of c.
func (c *client) hit(ids []int, ledger *breakpoint.Ledger) []int {
	mine := []int{}
	for _, b := range ledger.Get(ids...) {
		if b.Owner == c.owner {
			mine = append(mine, b.ID)
		}
	}
	for _, list := range c.points {
		for _, p := range list {
			if slices.Contains(ids, p.id) {
				mine = append(mine, p.id)
			}
		}
	}
	return mine
}

// hungUp reports whether err is of a connection that has ended, rather than of
// what came over it.
func hungUp(err error) bool {
	var netErr net.Error
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, io.ErrClosedPipe) || errors.As(err, &netErr)
}
