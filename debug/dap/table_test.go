package dap_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/hotdev/hotdev/debug/dap"
)

// The tests of this file are the rows of the table of rules for a front between
// editors and Delve, in its order.

// seq: each client has numbers of its own in both directions.
func TestRowSeq(t *testing.T) {
	t.Parallel()
	a, p, f := running(t)
	one, two := f.attached(nil), f.attached(nil)
	one.seq, two.seq = 70, 70
	first, second := one.send("threads", nil), two.send("threads", nil)
	if first != second {
		t.Fatal("the test means to use a number twice")
	}
	one.response(first)
	two.response(second)
	one.seq = 3 // again from below, as after a mistake of the client's
	one.do("threads", nil)

	one.setBreakpoints(a.file, a.line(t, "HELLO"))
	p.say("x")
	one.stoppedAt(a.line(t, "HELLO"))
	for _, e := range []*editor{one, two} {
		e.conn.Close()
		for range e.messages { // until the reader ends
		}
		for i, n := range e.numbers {
			if n != i+1 {
				t.Errorf("message %d of the front's has number %d", i+1, n)
			}
		}
	}
}

// initialize, launch, attach: answered locally, before there is any program.
func TestRowInitializeLaunchAttach(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"launch", "attach"} {
		f := newFront(t, dap.Options{})
		e := dial(t, f.addr)
		if can := e.initialize(); can["supportsConfigurationDoneRequest"] != true || can["supportsRestartRequest"] != true {
			t.Errorf("the capabilities are %v", can)
		}
		e.do(command, object{"program": "/no/such/thing", "mode": "debug", "port": 1})
		e.event("initialized")
		e.do("configurationDone", nil)
		if s := f.State(); s.Clients != 1 || !s.Wanted || s.Paused {
			t.Errorf("after %s the state is %+v", command, s)
		}
	}
}

// initialized, capabilities, exited, terminated: those of Delve's session are not
// forwarded; of the app's death there is output, and continued if it stood.
func TestRowInnerEvents(t *testing.T) {
	t.Parallel()
	a := newApp(t, "loop")
	p := a.start(t)
	f := newFront(t, dap.Options{})
	e := f.attached(nil)
	e.setBreakpoints(a.file, a.line(t, "HELLO"))
	f.begin(p)
	p.say("exit")
	e.output("the app has ended with exit code 3")
	e.none("initialized", "capabilities", "exited", "terminated", "continued")

	p = a.start(t)
	f.begin(p)
	p.say("x")
	e.stoppedAt(a.line(t, "HELLO"))
	p.kill()
	e.event("continued")
	e.output("has gone")
	e.none("initialized", "capabilities", "exited", "terminated")
}

// After a swap: process, then each breakpoint where and how it really is.
func TestRowAfterASwap(t *testing.T) {
	t.Parallel()
	a := newApp(t, "loop").editable(t)
	f := newFront(t, dap.Options{})
	f.begin(a.start(t))
	e := f.attached(nil)
	set := e.setBreakpoints(a.file, a.line(t, "HELLO"), a.line(t, "RETURN"))
	e.event("process")
	e.forget()

	a.edit(t, "func hello", "\n\nfunc hello")
	a.edit(t, "return msg", "panic(msg)")
	p := a.start(t)
	f.begin(p)
	isSwap := func(m message) bool { return m.Event == "process" || m.Event == "breakpoint" }
	if m := e.next("the first event of the swap", isSwap); m.Event != "process" || number(m.Body["systemProcessId"]) != p.gen.PID {
		t.Errorf("the first event of the swap is %v", m)
	}
	first, _ := e.event("breakpoint")["breakpoint"].(object)
	second, _ := e.event("breakpoint")["breakpoint"].(object)
	if number(first["id"]) != number(set[0]["id"]) || first["verified"] != true || number(first["line"]) != a.line(t, "HELLO") {
		t.Errorf("the breakpoint that has moved is %v", first)
	}
	if number(second["id"]) != number(set[1]["id"]) {
		t.Errorf("the second breakpoint is %v", second)
	}
	p.say("x")
	e.stoppedAt(a.line(t, "HELLO"))
}

// An app that stands when it is swapped: continued comes first.
func TestRowStoppedAtASwap(t *testing.T) {
	t.Parallel()
	a, old, f, e := joined(t)
	e.setBreakpoints(a.file, a.line(t, "HELLO"))
	old.say("x")
	e.stoppedAt(a.line(t, "HELLO"))
	e.forget()

	f.begin(a.start(t))
	m := e.next("an event", func(m message) bool {
		return m.Event == "continued" || m.Event == "process" || m.Event == "breakpoint"
	})
	if m.Event != "continued" || m.Body["allThreadsContinued"] != true {
		t.Errorf("the first event of the swap is %v", m)
	}
	old.expect("v1 x") // its last request is answered
	if f.State().Paused {
		t.Error("the front says that the app is paused")
	}
}

// References carry the generation; those of another are refused.
func TestRowReferences(t *testing.T) {
	t.Parallel()
	a := newApp(t, "loop")
	f := newFront(t, dap.Options{})
	e := f.attached(nil)
	e.setBreakpoints(a.file, a.line(t, "HELLO"))

	type references struct{ frame, scope, code, memory any }
	look := func() (r references) {
		p := a.start(t)
		f.begin(p)
		p.say("x")
		top := e.top(e.stoppedAt(a.line(t, "HELLO")))
		r.frame, r.code = top["id"], top["instructionPointerReference"]
		r.scope = objects(e.do("scopes", object{"frameId": r.frame})["scopes"])[0]["variablesReference"]
		for _, v := range objects(e.do("variables", object{"variablesReference": r.scope})["variables"]) {
			if v["name"] == "name" {
				r.memory = v["memoryReference"]
			}
		}
		return r
	}
	requests := func(r references) map[string]object {
		return map[string]object{
			"scopes":      {"frameId": r.frame},
			"evaluate":    {"expression": "name", "frameId": r.frame},
			"variables":   {"variablesReference": r.scope},
			"setVariable": {"variablesReference": r.scope, "name": "name", "value": `"y"`},
			"readMemory":  {"memoryReference": r.memory, "count": 1},
			"disassemble": {"memoryReference": r.code, "instructionCount": 1},
		}
	}
	old := look()
	for command, args := range requests(old) {
		e.do(command, args)
	}
	now := look()
	for command, args := range requests(old) {
		if text := e.fails(command, args); !strings.Contains(text, "before the app was started anew") {
			t.Errorf("%s with a stale reference says %q", command, text)
		}
	}
	for command, args := range requests(now) {
		e.do(command, args)
	}
}

// What is in flight at a swap fails, and quickly.
func TestRowInFlight(t *testing.T) {
	t.Parallel()
	a, old, f, e := joined(t)
	e.setBreakpoints(a.file, a.line(t, "HELLO"))
	old.say("x")
	thread := e.stoppedAt(a.line(t, "HELLO"))
	frame := e.top(thread)["id"]
	never := e.send("evaluate", object{"expression": "call block()", "frameId": frame, "context": "repl"})
	old.expect("blocks")
	behind := e.send("setBreakpoints", object{"source": object{"path": a.file}, "breakpoints": []object{{"line": a.line(t, "RETURN")}}})

	f.begin(a.start(t))
	if m := e.response(never); m.Success || m.Message != "restarted" {
		t.Errorf("the request in flight was answered with %v", m)
	}
	if m := e.response(behind); !m.Success {
		t.Errorf("breakpoints behind it: %v", m)
	}
}

// While nothing runs, what editors ask by themselves does not disturb them.
func TestRowDead(t *testing.T) {
	t.Parallel()
	a := newApp(t, "loop")
	f := newFront(t, dap.Options{})
	e := f.attached(nil)
	check := func() {
		t.Helper()
		if threads := objects(e.do("threads", nil)["threads"]); len(threads) != 1 {
			t.Errorf("there are threads %v", threads)
		}
		for _, command := range []string{"continue", "next", "stepIn", "stepOut"} {
			e.do(command, object{"threadId": 1})
		}
		if b := e.setBreakpoints(a.file, a.line(t, "HELLO"))[0]; b["verified"] != false || b["reason"] != "pending" {
			t.Errorf("a breakpoint without a program is %v", b)
		}
		e.do("setFunctionBreakpoints", object{"breakpoints": []object{{"name": "main.hello"}}})
		e.do("setExceptionBreakpoints", object{"filters": []string{"unrecovered-panic"}})
		for _, command := range []string{"stackTrace", "evaluate", "pause", "hotdev/nonsense"} {
			if text := e.fails(command, object{"threadId": 1}); !strings.Contains(text, "not running") {
				t.Errorf("%s says %q", command, text)
			}
		}
		e.setBreakpoints(a.file)
		e.do("setFunctionBreakpoints", nil)
	}
	check()
	p := a.start(t)
	f.begin(p)
	p.say("exit")
	e.output("exit code 3")
	check()
}

// continue: the other clients are told; steps tell all.
func TestRowContinue(t *testing.T) {
	t.Parallel()
	a, p, f := running(t)
	one, two := f.attached(nil), f.attached(nil)
	one.setBreakpoints(a.file, a.line(t, "HELLO"))
	p.say("x")
	thread := one.stoppedAt(a.line(t, "HELLO"))
	two.event("stopped")
	two.do("next", object{"threadId": thread})
	one.event("continued")
	if thread, line := one.stopped("step"); thread == 0 || line != a.line(t, "COUNT") {
		t.Errorf("the step has gone to line %d", line)
	}
	two.event("continued")
	two.event("stopped")

	one.resume(thread)
	if body := two.event("continued"); body["allThreadsContinued"] != true {
		t.Errorf("the other client was told %v", body)
	}
	one.none("continued")
	p.expect("v1 x")
}

// A late client is shown where the app stands, once it is configured.
func TestRowLateClient(t *testing.T) {
	t.Parallel()
	a, p, f, one := joined(t)
	one.setBreakpoints(a.file, a.line(t, "HELLO"))
	p.say("x")
	thread := one.stoppedAt(a.line(t, "HELLO"))

	late := dial(t, f.addr)
	late.initialize()
	late.attach(nil)
	late.none("stopped")
	late.do("configurationDone", nil)
	if body := late.event("process"); number(body["systemProcessId"]) != p.gen.PID {
		t.Errorf("the process is %v", body)
	}
	if got := late.stoppedAt(a.line(t, "HELLO")); got != thread {
		t.Errorf("thread %d has stopped, want %d", got, thread)
	}
	late.resume(thread)
	one.event("continued")
	p.expect("v1 x")
}

// restart: answered at once, then a new build; Delve never sees it.
func TestRowRestart(t *testing.T) {
	t.Parallel()
	a := newApp(t, "loop")
	var f *front
	asked, proceed := make(chan bool), make(chan error)
	f = newFront(t, dap.Options{Reload: func(ctx context.Context) error {
		asked <- true
		return <-proceed
	}})
	f.begin(a.start(t))
	e := f.attached(nil)
	e.event("process")
	e.do("restart", object{"arguments": object{"request": "attach"}}) // answered while Reload waits
	<-asked
	f.begin(a.start(t))
	proceed <- nil
	e.event("process")
	e.none("terminated", "exited")

	e.do("restart", nil)
	<-asked
	proceed <- errors.New("the build is broken")
	e.output("the build is broken")

	seq := e.send("hotdev/reload", nil)
	<-asked
	proceed <- nil
	if m := e.response(seq); !m.Success {
		t.Errorf("hotdev/reload: %v", m)
	}
	seq = e.send("hotdev/reload", nil)
	<-asked
	proceed <- errors.New("the build is broken")
	if m := e.response(seq); m.Success || m.Message != "the build is broken" {
		t.Errorf("hotdev/reload: %v", m)
	}
}

// disconnect, terminate: this client's affair; the last one leaves the app
// running.
func TestRowDisconnect(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"disconnect", "terminate"} {
		t.Run(command, func(t *testing.T) {
			t.Parallel()
			a := newApp(t, "loop")
			p := a.start(t)
			f := newFront(t, dap.Options{})
			f.begin(p)
			one, two := f.attached(nil), f.attached(nil)
			one.setBreakpoints(a.file, a.line(t, "HELLO"))
			two.setBreakpoints(a.file, a.line(t, "RETURN"))
			p.say("x")
			one.stoppedAt(a.line(t, "HELLO"))
			one.do(command, object{"terminateDebuggee": true})
			one.event("terminated")
			two.resume(two.stoppedAt(a.line(t, "HELLO"))) // it still stands
			thread := two.stoppedAt(a.line(t, "RETURN"))
			two.resume(thread)
			p.expect("v1 x")
			p.say("y")
			two.stoppedAt(a.line(t, "RETURN")) // the other breakpoint has gone
			two.do(command, nil)
			p.expect("v1 y")
			f.await("without clients", func(s dap.State) bool { return s.Clients == 0 && !s.Wanted && !s.Paused })
			p.say("z")
			p.expect("v1 z")
		})
	}
}

// stopped(pause), of Delve's attaching to an app that runs, is not shown.
func TestRowPauseDuringAStart(t *testing.T) {
	t.Parallel()
	a := newApp(t, "loop")
	p := a.start(t)
	direct := newEditor(t, p.gen.Conn) // a session before the front's lets the app run
	direct.initialize()
	direct.attach(nil)
	direct.do("configurationDone", nil)
	p.say("x")
	p.expect("v1 x")
	direct.do("disconnect", nil)

	f := newFront(t, dap.Options{})
	e := f.attached(nil)
	e.setBreakpoints(a.file, a.line(t, "HELLO"))
	p.gen.Conn, p.gen.AtEntry = p.dial(), false
	f.begin(p)
	e.event("process")
	e.none("stopped")
	p.say("y")
	e.resume(e.stoppedAt(a.line(t, "HELLO")))
	p.expect("v1 y")
}

// What clients are known to do.
func TestRowHelix(t *testing.T) {
	t.Parallel()
	a, p, f := running(t)
	e := dial(t, f.addr)
	e.seq = -1
	e.initialize()
	null := object{}["no"]
	for _, command := range []string{"attach", "configurationDone"} {
		e.do(command, &null)
	}
	e.setBreakpoints(a.file, a.line(t, "HELLO")) // after configurationDone
	e.do("threads", &null)
	p.say("x")
	e.resume(e.stoppedAt(a.line(t, "HELLO")))
	p.expect("v1 x")
	e.do("disconnect", &null)
}
