//go:build unix

package main

import (
	"bufio"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-dap"
)

// dapMessage is any DAP message.
type dapMessage struct {
	Seq        int             `json:"seq"`
	Type       string          `json:"type"`
	Command    string          `json:"command,omitempty"`
	Event      string          `json:"event,omitempty"`
	RequestSeq int             `json:"request_seq,omitempty"`
	Success    bool            `json:"success,omitempty"`
	Message    string          `json:"message,omitempty"`
	Arguments  any             `json:"arguments,omitempty"`
	Body       json.RawMessage `json:"body,omitempty"`
}

// debugClient is an editor's DAP client.
type debugClient struct {
	t   testing.TB
	out io.Writer

	mu      sync.Mutex
	seq     int
	said    []dapMessage // events and responses that nobody has taken
	ended   bool
	changed chan struct{}
}

// newDebugClient speaks DAP over in and out until in ends.
func newDebugClient(t testing.TB, in io.Reader, out io.Writer) *debugClient {
	c := &debugClient{t: t, out: out, changed: make(chan struct{})}
	go func() {
		r := bufio.NewReader(in)
		for {
			data, err := dap.ReadBaseMessage(r)
			var m dapMessage
			if err == nil {
				err = json.Unmarshal(data, &m)
			}
			c.mu.Lock()
			if err != nil {
				c.ended = true
			} else {
				c.said = append(c.said, m)
			}
			close(c.changed)
			c.changed = make(chan struct{})
			c.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	return c
}

// take waits for the first message that is wanted and takes it.
func (c *debugClient) take(what string, wanted func(dapMessage) bool) dapMessage {
	c.t.Helper()
	late := time.NewTimer(failsafe)
	defer late.Stop()
	for {
		c.mu.Lock()
		i := slices.IndexFunc(c.said, wanted)
		if i >= 0 {
			m := c.said[i]
			c.said = slices.Delete(c.said, i, i+1)
			c.mu.Unlock()
			return m
		}
		changed, ended, said := c.changed, c.ended, c.said
		c.mu.Unlock()
		if ended {
			c.t.Fatalf("the adapter ended before %s; it said %s", what, transcript(said))
		}
		select {
		case <-changed:
		case <-late.C:
			c.t.Fatalf("%s did not come; the adapter said %s", what, transcript(said))
		}
	}
}

func transcript(list []dapMessage) string {
	var b strings.Builder
	for _, m := range list {
		b.WriteString("\n  " + m.Type + " " + m.Event + m.Command + " " + m.Message + " " + string(m.Body))
	}
	return b.String()
}

// event waits for an event and decodes its body into T.
func event[T any](c *debugClient, name string) T {
	c.t.Helper()
	m := c.take("the event "+name, func(m dapMessage) bool { return m.Type == "event" && m.Event == name })
	var body T
	if len(m.Body) > 0 {
		if err := json.Unmarshal(m.Body, &body); err != nil {
			c.t.Fatalf("event %s: %v", name, err)
		}
	}
	return body
}

// send sends a request and returns its number.
func (c *debugClient) send(command string, arguments any) int {
	c.t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seq++
	data, err := json.Marshal(dapMessage{Seq: c.seq, Type: "request", Command: command, Arguments: arguments})
	if err != nil {
		c.t.Fatal(err)
	}
	if err := dap.WriteBaseMessage(c.out, data); err != nil {
		c.t.Fatalf("%s: %v", command, err)
	}
	return c.seq
}

// response waits for the answer to request seq.
func (c *debugClient) response(seq int) dapMessage {
	c.t.Helper()
	return c.take("an answer", func(m dapMessage) bool { return m.Type == "response" && m.RequestSeq == seq })
}

// call sends a request, and decodes its answer into T.
func call[T any](c *debugClient, command string, arguments any) T {
	c.t.Helper()
	m := c.response(c.send(command, arguments))
	var body T
	if !m.Success {
		c.t.Fatalf("%s: %s %s", command, m.Message, m.Body)
	}
	if len(m.Body) > 0 {
		if err := json.Unmarshal(m.Body, &body); err != nil {
			c.t.Fatalf("%s: %v", command, err)
		}
	}
	return body
}

// attach does the handshake, with breakpoints on lines of file, and waits until
// the app can stop there.
func (c *debugClient) attach(name, file string, lines ...int) []dap.Breakpoint {
	c.t.Helper()
	call[dap.Capabilities](c, "initialize", dap.InitializeRequestArguments{
		ClientID: name, AdapterID: "hotdev", LinesStartAt1: true, ColumnsStartAt1: true, PathFormat: "path",
	})
	attach := c.send("attach", map[string]any{"request": "attach", "hotdevEvents": true})
	event[struct{}](c, "initialized")
	set := c.setBreakpoints(file, lines...)
	call[struct{}](c, "configurationDone", nil)
	if m := c.response(attach); !m.Success {
		c.t.Fatalf("attach: %s", m.Message)
	}
	for i := range set {
		for !set[i].Verified { // the debugger is still joining the app
			set[i] = event[dap.BreakpointEventBody](c, "breakpoint").Breakpoint
		}
	}
	return set
}

// setBreakpoints replaces the breakpoints of file.
func (c *debugClient) setBreakpoints(file string, lines ...int) []dap.Breakpoint {
	c.t.Helper()
	args := dap.SetBreakpointsArguments{Source: dap.Source{Path: file}, Breakpoints: []dap.SourceBreakpoint{}}
	for _, line := range lines {
		args.Breakpoints = append(args.Breakpoints, dap.SourceBreakpoint{Line: line})
	}
	return call[dap.SetBreakpointsResponseBody](c, "setBreakpoints", args).Breakpoints
}

// stopped waits until the app stands at a breakpoint and returns the line and
// the values of the locals there.
func (c *debugClient) stopped() (thread, line int, locals map[string]string) {
	c.t.Helper()
	at := event[dap.StoppedEventBody](c, "stopped")
	if at.Reason != "breakpoint" {
		c.t.Fatalf("the app stands because of %q", at.Reason)
	}
	stack := call[dap.StackTraceResponseBody](c, "stackTrace", dap.StackTraceArguments{ThreadId: at.ThreadId, Levels: 5}).StackFrames
	scopes := call[dap.ScopesResponseBody](c, "scopes", dap.ScopesArguments{FrameId: stack[0].Id}).Scopes
	locals = map[string]string{}
	for _, v := range call[dap.VariablesResponseBody](c, "variables", dap.VariablesArguments{VariablesReference: scopes[0].VariablesReference}).Variables {
		locals[v.Name] = v.Value
	}
	return at.ThreadId, stack[0].Line, locals
}

// goOn continues the app.
func (c *debugClient) goOn(thread int) {
	c.t.Helper()
	call[dap.ContinueResponseBody](c, "continue", dap.ContinueArguments{ThreadId: thread})
}
