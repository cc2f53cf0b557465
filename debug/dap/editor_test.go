package dap_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-dap"
)

func fingerprint(s string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(s))
	return h.Sum64()
}

// object is a JSON object.
type object = map[string]any

// message is one that a server has sent.
type message struct {
	Seq        int    `json:"seq"`
	Type       string `json:"type"`
	RequestSeq int    `json:"request_seq"`
	Command    string `json:"command"`
	Success    bool   `json:"success"`
	Message    string `json:"message"`
	Event      string `json:"event"`
	Body       object `json:"body"`
}

func (m message) String() string {
	body, _ := json.Marshal(m.Body)
	if m.Type == "event" {
		return fmt.Sprintf("%s %s", m.Event, body)
	}
	return fmt.Sprintf("%s success=%v %s %s", m.Command, m.Success, m.Message, body)
}

// editor is a DAP client. A goroutine reads what comes; the rest is the test's.
type editor struct {
	t        *testing.T
	conn     net.Conn
	seq      int
	messages chan message // closed at the end of the connection
	queue    []message    // that no one has waited for yet
	numbers  []int        // of all messages, the reader's until messages is closed
}

func dial(t *testing.T, addr string) *editor {
	t.Helper()
	conn, err := net.Dial("unix", addr)
	if err != nil {
		t.Fatal(err)
	}
	return newEditor(t, conn)
}

func newEditor(t *testing.T, conn net.Conn) *editor {
	e := &editor{t: t, conn: conn, messages: make(chan message, 10000)}
	t.Cleanup(func() { conn.Close() })
	go func() {
		defer close(e.messages)
		for r := bufio.NewReader(conn); ; {
			content, err := readMessage(r)
			if err != nil {
				return
			}
			var m message
			d := json.NewDecoder(bytes.NewReader(content))
			d.UseNumber()
			if err := d.Decode(&m); err != nil {
				t.Errorf("the server has sent %s: %v", content, err)
				return
			}
			e.numbers = append(e.numbers, m.Seq)
			e.messages <- m
		}
	}()
	return e
}

// readMessage reads what is longer than dap.ReadBaseMessage takes, too.
func readMessage(r *bufio.Reader) ([]byte, error) {
	var length int
	if _, err := fmt.Fscanf(r, "Content-Length: %d\r\n\r\n", &length); err != nil {
		return nil, err
	}
	content := make([]byte, length)
	_, err := io.ReadFull(r, content)
	return content, err
}

// send sends a request and returns its number.
func (e *editor) send(command string, args any) int {
	e.t.Helper()
	e.seq++
	m := object{"seq": e.seq, "type": "request", "command": command}
	if args != nil {
		m["arguments"] = args
	}
	content, err := json.Marshal(m)
	if err != nil {
		e.t.Fatal(err)
	}
	if err := dap.WriteBaseMessage(e.conn, content); err != nil {
		e.t.Fatal(err)
	}
	return e.seq
}

// next waits for a message that is wanted; others stay for later.
func (e *editor) next(what string, wanted func(message) bool) message {
	e.t.Helper()
	for i, m := range e.queue {
		if wanted(m) {
			e.queue = append(e.queue[:i:i], e.queue[i+1:]...)
			return m
		}
	}
	timeout := time.After(limit)
	for {
		select {
		case m, ok := <-e.messages:
			if !ok {
				e.t.Fatalf("the connection has ended while %s was awaited; there was %v", what, e.queue)
			}
			if wanted(m) {
				return m
			}
			e.queue = append(e.queue, m)
		case <-timeout:
			e.t.Fatalf("%s has not come; there was %v", what, e.queue)
		}
	}
}

// response waits for the response to a request.
func (e *editor) response(seq int) message {
	e.t.Helper()
	return e.next(fmt.Sprintf("the response to request %d", seq), func(m message) bool {
		return m.Type == "response" && m.RequestSeq == seq
	})
}

// try sends a request and returns the response.
func (e *editor) try(command string, args any) message {
	e.t.Helper()
	return e.response(e.send(command, args))
}

// do sends a request that has to work, and returns the response's body.
func (e *editor) do(command string, args any) object {
	e.t.Helper()
	m := e.try(command, args)
	if !m.Success {
		e.t.Fatalf("%s has failed: %v", command, m)
	}
	return m.Body
}

// fails sends a request that must not work, and returns what is said.
func (e *editor) fails(command string, args any) string {
	e.t.Helper()
	m := e.try(command, args)
	if m.Success {
		e.t.Fatalf("%s has worked: %v", command, m)
	}
	failure, _ := m.Body["error"].(object)
	text, _ := failure["format"].(string)
	if text == "" {
		e.t.Fatalf("%s has failed without an error: %v", command, m)
	}
	return text
}

// event waits for an event.
func (e *editor) event(name string) object {
	e.t.Helper()
	return e.next(name, func(m message) bool { return m.Event == name }).Body
}

// output waits for an output event with part in it.
func (e *editor) output(part string) {
	e.t.Helper()
	e.next(fmt.Sprintf("output %q", part), func(m message) bool {
		text, _ := m.Body["output"].(string)
		return m.Event == "output" && strings.Contains(text, part)
	})
}

// none checks that no such event has come. Call it after a request that the
// server would have answered later.
func (e *editor) none(names ...string) {
	e.t.Helper()
	e.try("threads", nil)
	for _, m := range e.queue {
		for _, name := range names {
			if m.Event == name {
				e.t.Fatalf("there was a %v", m)
			}
		}
	}
}

// forget drops what the server has sent so far and was not waited for.
func (e *editor) forget() {
	e.t.Helper()
	e.try("threads", nil)
	e.queue = nil
}

// initialize is the first request of a client like VS Code.
func (e *editor) initialize() object {
	e.t.Helper()
	return e.do("initialize", object{
		"clientID": "test", "adapterID": "hotdev", "pathFormat": "path",
		"linesStartAt1": true, "columnsStartAt1": true,
		"supportsVariableType": true, "supportsVariablePaging": true, "supportsMemoryReferences": true,
		"supportsInvalidatedEvent": true, "supportsMemoryEvent": true,
	})
}

// attach makes the editor a client that has no breakpoints yet.
func (e *editor) attach(config object) {
	e.t.Helper()
	if config == nil {
		config = object{}
	}
	config["mode"] = "remote"
	e.do("attach", config)
	e.event("initialized")
}

// attached returns an editor that has gone through the whole beginning.
func (f *front) attached(config object) *editor {
	f.t.Helper()
	e := dial(f.t, f.addr)
	e.initialize()
	e.attach(config)
	e.do("configurationDone", nil)
	return e
}

// setBreakpoints sets the breakpoints of a file by line and returns the answer.
func (e *editor) setBreakpoints(file string, lines ...int) []object {
	e.t.Helper()
	list := []object{}
	for _, line := range lines {
		list = append(list, object{"line": line})
	}
	return e.setSpecs(file, list...)
}

func (e *editor) setSpecs(file string, specs ...object) []object {
	e.t.Helper()
	if specs == nil {
		specs = []object{}
	}
	return objects(e.do("setBreakpoints", object{"source": object{"path": file}, "breakpoints": specs})["breakpoints"])
}

// stopped waits until the app stops, and returns the thread and the line.
func (e *editor) stopped(reason string) (thread, line int) {
	e.t.Helper()
	body := e.event("stopped")
	if body["reason"] != reason {
		e.t.Fatalf("the app has stopped for %v, want %s", body, reason)
	}
	thread = number(body["threadId"])
	return thread, number(e.top(thread)["line"])
}

// stoppedAt waits until the app stops at a breakpoint on this line.
func (e *editor) stoppedAt(want int) (thread int) {
	e.t.Helper()
	thread, line := e.stopped("breakpoint")
	if line != want {
		e.t.Fatalf("the app has stopped in line %d, want %d", line, want)
	}
	return thread
}

// top returns the topmost frame of a thread.
func (e *editor) top(thread int) object {
	e.t.Helper()
	frames := objects(e.do("stackTrace", object{"threadId": thread, "startFrame": 0, "levels": 20})["stackFrames"])
	if len(frames) == 0 {
		e.t.Fatalf("thread %d has no frames", thread)
	}
	return frames[0]
}

// evaluate returns the value of an expression in the topmost frame.
func (e *editor) evaluate(thread int, expression string) string {
	e.t.Helper()
	body := e.do("evaluate", object{"expression": expression, "frameId": e.top(thread)["id"], "context": "watch"})
	value, _ := body["result"].(string)
	return value
}

func (e *editor) resume(thread int) {
	e.t.Helper()
	e.do("continue", object{"threadId": thread})
}

// objects returns the objects of a list.
func objects(v any) []object {
	list, _ := v.([]any)
	out := make([]object, len(list))
	for i, e := range list {
		out[i], _ = e.(object)
	}
	return out
}

// number returns the whole number that v is, or 0.
func number(v any) int {
	n, _ := v.(json.Number)
	i, _ := n.Int64()
	return int(i)
}

// numbers returns the whole numbers of a list.
func numbers(v any) []int {
	list, _ := v.([]any)
	out := []int{}
	for _, e := range list {
		out = append(out, number(e))
	}
	return out
}
