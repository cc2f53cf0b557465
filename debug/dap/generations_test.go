package dap_test

import (
	"context"
	"io"
	"net"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/hotdev/hotdev/debug/dap"
)

// Two generations side by side: the newest is the one that is debugged, until it
// ends; then the older one is again.
func TestTwoGenerations(t *testing.T) {
	t.Parallel()
	a := newApp(t, "loop").editable(t)
	old := a.start(t)
	f := newFront(t, dap.Options{})
	f.begin(old)
	e := f.attached(nil)
	e.setBreakpoints(a.file, a.line(t, "HELLO"))
	e.do("setFunctionBreakpoints", object{"breakpoints": []object{{"name": "main.twice"}}})
	before := a.line(t, "HELLO")
	a.edit(t, "func hello", "\n\nfunc hello")
	young := a.start(t)
	f.begin(young)

	old.say("twice") // it runs as without a debugger
	old.expect("v1 twicev1 twice")
	young.say("x")
	e.resume(e.stoppedAt(a.line(t, "HELLO")))
	young.expect("v1 x")

	e.forget()
	young.say("exit")
	e.output("exit code 3")
	if body := e.event("process"); number(body["systemProcessId"]) != old.gen.PID {
		t.Errorf("the app is now %v", body)
	}
	old.say("y")
	e.resume(e.stoppedAt(before))
	old.expect("v1 y")
	e.none("terminated")
	old.say("twice")
	thread, _ := e.stopped("function breakpoint")
	e.resume(thread)
	e.resume(e.stoppedAt(before))
	old.expect("v1 twice")
}

// A generation that fails to begin changes nothing for the one before it.
func TestBeginFails(t *testing.T) {
	t.Parallel()
	a, p, f, e := joined(t)
	e.event("process")
	e.setBreakpoints(a.file, a.line(t, "HELLO"))

	ours, theirs := net.Pipe()
	theirs.Close()
	if err := f.Begin(context.Background(), dap.Generation{PID: 1, Conn: ours}); err == nil {
		t.Error("a connection that is closed began")
	}
	ours, theirs = net.Pipe()
	go io.Copy(io.Discard, theirs) // takes requests and never answers
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	if err := f.Begin(ctx, dap.Generation{PID: 1, Conn: ours}); err == nil || !strings.Contains(err.Error(), "not ready") {
		t.Errorf("a debugger that says nothing: %v", err)
	}
	e.none("process", "continued", "output")
	p.say("x")
	e.resume(e.stoppedAt(a.line(t, "HELLO")))
	p.expect("v1 x")
}

// After the front has ended, nothing waits for it.
func TestClosed(t *testing.T) {
	t.Parallel()
	a, _, f := running(t)
	e := f.attached(nil)
	f.stop()
	e.event("terminated")
	ours, theirs := net.Pipe()
	if err := f.Begin(context.Background(), dap.Generation{Conn: ours}); err != dap.ErrClosed {
		t.Errorf("Begin: %v", err)
	}
	if _, err := theirs.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("the connection is open: %v", err)
	}
	if _, err := setOwn(t, f, a.file); err != dap.ErrClosed {
		t.Errorf("SetBreakpoints: %v", err)
	}
	f.Announce("hotdev/reloaded", nil)
	if err := f.Serve(context.Background(), nil); err == nil {
		t.Error("it was served twice")
	}
}

// Delve is killed: the sessions go on without it.
func TestHostKilled(t *testing.T) {
	t.Parallel()
	a, p, f, e := joined(t)
	e.setBreakpoints(a.file, a.line(t, "HELLO"))
	p.say("x")
	thread := e.stoppedAt(a.line(t, "HELLO"))
	frame := e.top(thread)["id"]
	inFlight := e.send("evaluate", object{"expression": "call block()", "frameId": frame, "context": "repl"})
	p.expect("blocks") // else the host's end could come first
	_ = p.host.Process.Kill()
	if m := e.response(inFlight); m.Success || m.Message != "the app has ended" {
		t.Errorf("the request in flight was answered with %v", m)
	}
	e.event("continued")
	e.output("has gone")
	f.awaitRunning()

	p = a.start(t)
	f.begin(p)
	p.say("x")
	e.resume(e.stoppedAt(a.line(t, "HELLO")))
	p.expect("v1 x")
	e.none("terminated")
}

// The app is killed: as any other end of it.
func TestAppKilled(t *testing.T) {
	t.Parallel()
	a, p, f, e := joined(t)
	process, err := os.FindProcess(p.gen.PID)
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Kill(); err != nil {
		t.Fatal(err)
	}
	e.output("the app has ended")
	f.begin(a.start(t))
	e.none("terminated", "exited")
}

// A panic that nobody asked to see ends the app as it does without a debugger.
func TestPanicsAsNatively(t *testing.T) {
	t.Parallel()
	for line, text := range map[string]string{"panic": "panic: boom", "throw": "fatal error: sync: unlock of unlocked mutex"} {
		t.Run(line, func(t *testing.T) {
			t.Parallel()
			p := newApp(t, "loop").start(t)
			f := newFront(t, dap.Options{})
			f.begin(p)
			e := f.attached(nil)
			e.do("setExceptionBreakpoints", object{"filters": []string{"unrecovered-panic", "runtime-fatal-throw"}})
			e.do("setExceptionBreakpoints", object{"filters": []string{}})
			p.say(line)
			p.expect(text)
			p.expect("goroutine 1")
			p.expect("main.main()")
			e.output("exit code 2")
			e.none("stopped", "continued")
		})
	}
}

// The same without any client.
func TestPanicsWithoutClients(t *testing.T) {
	t.Parallel()
	p := newApp(t, "loop").start(t)
	f := newFront(t, dap.Options{})
	f.begin(p)
	p.say("panic")
	p.expect("panic: boom")
	p.expect("main.main()")
	if f.State().Paused {
		t.Error("the app is held")
	}
}

// stopOnEntry is for one start; an app that runs is stopped where it is.
func TestStopOnEntry(t *testing.T) {
	t.Parallel()
	a := newApp(t, "loop")
	f := newFront(t, dap.Options{})
	e := f.attached(object{"stopOnEntry": true})
	p := a.start(t)
	f.begin(p)
	body := e.event("stopped")
	if body["reason"] != "entry" || !f.State().Paused {
		t.Fatalf("the app has stopped for %v", body)
	}
	e.resume(number(body["threadId"]))
	p.expect("ready")

	p = a.start(t)
	f.begin(p)
	p.expect("ready")
	e.none("stopped")

	late := f.attached(object{"stopOnEntry": true})
	if body := late.event("stopped"); body["reason"] != "entry" {
		t.Errorf("a running app has stopped for %v", body)
	}
	e.event("stopped")
	e.resume(1)
	p.say("x")
	p.expect("v1 x")
}

// launch: the app is started once the client has set its breakpoints.
func TestLaunch(t *testing.T) {
	t.Parallel()
	a := newApp(t, "loop")
	a.build(t)
	started := make(chan *process, 1)
	want := dap.Launch{Package: "./cmd/shop", Args: []string{"-v"}, Profile: "test"}
	var f *front
	f = newFront(t, dap.Options{Launch: func(ctx context.Context, got dap.Launch) error {
		if !reflect.DeepEqual(got, want) {
			t.Errorf("the launch is of %+v, want %+v", got, want)
		}
		p := a.start(t)
		started <- p
		return f.Begin(ctx, p.gen)
	}})
	e := dial(t, f.addr)
	e.initialize()
	e.do("launch", object{"program": ".", "package": want.Package, "args": want.Args, "profile": want.Profile})
	e.event("initialized")
	e.setBreakpoints(a.file, a.line(t, "INIT"))
	if len(started) != 0 {
		t.Error("the app was started before the breakpoints were set")
	}
	e.do("configurationDone", nil)
	e.resume(e.stoppedAt(a.line(t, "INIT")))
	(<-started).expect("ready")
	if body := e.event("process"); body["startMethod"] != "launch" {
		t.Errorf("the process is %v", body)
	}
}

func TestLaunchFails(t *testing.T) {
	t.Parallel()
	f := newFront(t, dap.Options{Launch: func(context.Context, dap.Launch) error { return context.DeadlineExceeded }})
	e := dial(t, f.addr)
	e.initialize()
	e.do("launch", object{"noDebug": true})
	e.do("configurationDone", nil)
	e.output("the app can't be started: " + context.DeadlineExceeded.Error())
	if s := f.State(); s.Wanted || s.Clients != 1 {
		t.Errorf("a client that does not want to debug: %+v", s)
	}
}
