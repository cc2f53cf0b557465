package dap_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"

	godap "github.com/google/go-dap"

	"github.com/hotdev/hotdev/debug/dap"
)

// gated is a connection that is as slow as a test wants.
type gated struct {
	net.Conn
	open chan struct{}
}

func (g gated) Write(b []byte) (int, error) {
	<-g.open
	return g.Conn.Write(b)
}

// A generation that is overtaken while it is attached to runs, without any
// breakpoint.
func TestOvertaken(t *testing.T) {
	t.Parallel()
	a := newApp(t, "loop")
	f := newFront(t, dap.Options{})
	e := f.attached(nil)
	e.setBreakpoints(a.file, a.line(t, "HELLO"))
	slow, quick := a.start(t), a.start(t)
	gate := gated{slow.gen.Conn, make(chan struct{})}
	slow.gen.Conn = gate
	ended := make(chan error, 1)
	go func() { ended <- f.Begin(t.Context(), slow.gen) }()
	e.do("threads", nil) // after it, Begin's turn may have come or not
	f.begin(quick)
	close(gate.open)
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	slow.say("x")
	quick.say("y")
	thread := e.stoppedAt(a.line(t, "HELLO"))
	if f.State().Paused == false {
		t.Error("no app stands")
	}
	e.resume(thread)
}

// A client that comes while an app is being started, and wants to see its entry.
func TestStopOnEntryLate(t *testing.T) {
	t.Parallel()
	p := newApp(t, "loop").start(t)
	f := newFront(t, dap.Options{})
	witness := f.attached(nil)
	gate := gated{p.gen.Conn, make(chan struct{})}
	p.gen.Conn = gate
	ended := make(chan error, 1)
	go func() { ended <- f.Begin(t.Context(), p.gen) }()
	for objects(witness.do("threads", nil)["threads"])[0]["name"] != "being started" {
		witness.forget()
	}
	e := f.attached(object{"stopOnEntry": true})
	close(gate.open)
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if body := e.event("stopped"); body["reason"] != "entry" {
		t.Errorf("the app has stopped for %v", body)
	}
}

// Two clients on one instruction, and on one variable: Delve takes each once.
func TestSharedPoints(t *testing.T) {
	t.Parallel()
	a, p, f := running(t)
	one, two := f.attached(nil), f.attached(nil)
	one.setBreakpoints(a.file, a.line(t, "HELLO"))
	p.say("x")
	top := one.top(one.stoppedAt(a.line(t, "HELLO")))
	two.event("stopped")
	here, _ := top["instructionPointerReference"].(string)
	next, _ := objects(one.do("disassemble", object{"memoryReference": here, "instructionCount": 2})["instructions"])[1]["address"].(string)
	from, _ := strconv.ParseInt(here, 0, 64)
	to, err := strconv.ParseInt(next, 0, 64)
	if err != nil {
		t.Fatal(err)
	}
	set := func(e *editor, command string, spec object) object {
		t.Helper()
		list := objects(e.do(command, object{"breakpoints": []object{spec}})["breakpoints"])
		if len(list) != 1 || list[0]["verified"] != true {
			t.Fatalf("%s: %v", command, list)
		}
		return list[0]
	}
	first := set(one, "setInstructionBreakpoints", object{"instructionReference": next, "condition": `name == "y"`})
	second := set(two, "setInstructionBreakpoints", object{"instructionReference": here, "offset": to - from, "condition": `name == "x"`})
	info := one.do("dataBreakpointInfo", object{"name": "count", "frameId": top["id"]})
	set(one, "setDataBreakpoints", object{"dataId": info["dataId"], "accessType": "write"})
	set(two, "setDataBreakpoints", object{"dataId": info["dataId"], "accessType": "readWrite", "condition": "true"})
	one.setBreakpoints(a.file)

	one.do("continue", object{"threadId": 1})
	for e, id := range map[*editor]any{one: first["id"], two: second["id"]} {
		body := e.event("stopped")
		if hit := numbers(body["hitBreakpointIds"]); len(hit) != 1 || hit[0] != number(id) {
			t.Errorf("the app has stopped for %v, want %v", body, id)
		}
	}
	one.do("setInstructionBreakpoints", nil)
	two.do("setInstructionBreakpoints", nil)
	one.do("continue", object{"threadId": 1})
	if body := two.event("stopped"); body["reason"] != "data breakpoint" {
		t.Errorf("the app has stopped for %v", body)
	}
	one.conn.Close()
	f.await("with one client", func(s dap.State) bool { return s.Clients == 1 })
	two.do("disconnect", nil) // Delve is to forget the last ones
	p.expect("v1 x")
	p.say("y")
	p.expect("v1 y")
}

// A data breakpoint that Delve does not let go of, as the app runs when it is
// swapped, holds the older app once at most.
func TestDataBreakpointOutlived(t *testing.T) {
	t.Parallel()
	a, old, f, e := joined(t)
	e.setBreakpoints(a.file, a.line(t, "RETURN"))
	old.say("x")
	top := e.top(e.stoppedAt(a.line(t, "RETURN")))
	info := e.do("dataBreakpointInfo", object{"name": "count", "frameId": top["id"]})
	e.do("setDataBreakpoints", object{"breakpoints": []object{{"dataId": info["dataId"], "accessType": "write"}}})
	e.resume(1)
	old.expect("v1 x")
	f.begin(a.start(t))
	for _, line := range []string{"y", "z"} {
		old.say(line)
		old.expect("v1 " + line)
	}
	e.none("stopped")
}

// Filters as newer clients send them, and ones that there are not.
func TestExceptionFilterOptions(t *testing.T) {
	t.Parallel()
	f := newFront(t, dap.Options{})
	e := f.attached(nil)
	list := objects(e.do("setExceptionBreakpoints", object{
		"filters": []string{"nonsense"}, "filterOptions": []object{{"filterId": "unrecovered-panic"}},
	})["breakpoints"])
	if len(list) != 2 || list[0]["verified"] != false || list[1]["verified"] != true {
		t.Errorf("the answer is %v", list)
	}
	e.fails("setExceptionBreakpoints", object{"filters": 1})
}

// Delve may set a breakpoint later than it was asked to, as when a plugin is
// loaded; and it may answer at greater length than go-dap reads. Both are rare
// enough to be played.
func TestPlayedDelve(t *testing.T) {
	t.Parallel()
	a := newApp(t, "loop")
	f := newFront(t, dap.Options{})
	e := f.attached(nil)
	id := number(e.setBreakpoints(a.file, a.line(t, "HELLO"))[0]["id"])

	ours, theirs := net.Pipe()
	long := strings.Repeat("x", 5<<20)
	played := make(chan error, 1)
	go func() { played <- play(theirs, long) }()
	err := f.Begin(t.Context(), dap.Generation{PID: 1, Conn: ours, Source: os.ReadFile})
	if err != nil {
		t.Fatal(err)
	}
	set := func() object {
		b, _ := e.event("breakpoint")["breakpoint"].(object)
		if number(b["id"]) != id {
			t.Errorf("the breakpoint is %v, want id %d", b, id)
		}
		return b
	}
	if b := set(); b["verified"] != false || b["message"] != "later" {
		t.Errorf("the breakpoint is %v", b)
	}
	e.do("threads", nil)
	if b := set(); b["verified"] != true {
		t.Errorf("the breakpoint is now %v", b)
	}
	if got, _ := e.do("evaluate", object{"expression": "long"})["result"].(string); got != long {
		t.Errorf("of %d bytes, %d have come", len(long), len(got))
	}
	f.stop()
	if err := <-played; !errors.Is(err, io.EOF) {
		t.Error(err)
	}
}

// play is a Delve that sets a breakpoint when it is asked for threads, and has
// much to say to evaluate.
func play(conn net.Conn, long string) error {
	for r := bufio.NewReader(conn); ; {
		content, err := godap.ReadBaseMessage(r)
		if err != nil {
			return err
		}
		var m message
		if err := json.Unmarshal(content, &m); err != nil {
			return err
		}
		body := object{}
		switch m.Command {
		case "setBreakpoints":
			body["breakpoints"] = []object{{"id": 7, "verified": false, "message": "later"}}
		case "threads":
			set := object{"reason": "changed", "breakpoint": object{"id": 7, "verified": true}}
			if err := write(conn, object{"type": "event", "event": "breakpoint", "body": set}); err != nil {
				return err
			}
		case "evaluate":
			body["result"] = long
		}
		err = write(conn, object{"type": "response", "request_seq": m.Seq, "command": m.Command, "success": true, "body": body})
		if err != nil {
			return err
		}
	}
}

func write(conn net.Conn, m object) error {
	content, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return godap.WriteBaseMessage(conn, content)
}
