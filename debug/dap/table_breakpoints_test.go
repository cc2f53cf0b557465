package dap_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/hotdev/hotdev/debug/breakpoint"
	"github.com/hotdev/hotdev/debug/dap"
)

// setBreakpoints: kept with the text that they were set in; Delve gets the union
// in lines of the running build, and a line once.
func TestRowSetBreakpoints(t *testing.T) {
	t.Parallel()
	a := newApp(t, "loop").editable(t)
	p := a.start(t)
	f := newFront(t, dap.Options{})
	f.begin(p)
	one, two := f.attached(nil), f.attached(nil)
	hello := a.line(t, "HELLO")
	one.setBreakpoints(a.file, hello)

	a.edit(t, "func hello", "// A line\n// and another.\n\nfunc hello") // saved, and not built
	if bps := two.setBreakpoints(a.file, hello+3, hello+4); bps[0]["verified"] != true || number(bps[0]["line"]) != hello+3 {
		t.Errorf("in lines of the text that the client knows: %v", bps)
	}
	p.say("x")
	one.stoppedAt(hello) // frames are of the build
	two.resume(two.stoppedAt(hello))
	two.resume(two.stoppedAt(hello + 1))
	p.expect("v1 x")

	two.setBreakpoints(a.file)
	one.forget()
	p.say("y")
	one.resume(one.stoppedAt(hello)) // what one client removes, the other keeps
	p.expect("v1 y")
}

func TestRowSetBreakpointsTwiceOnALine(t *testing.T) {
	t.Parallel()
	a, p, f := running(t)
	one, two := f.attached(nil), f.attached(nil)
	hello := a.line(t, "HELLO")
	mine := one.setSpecs(a.file,
		object{"line": hello, "condition": `name == "a"`},
		object{"line": hello, "condition": `name == "b"`})
	for _, b := range mine {
		if b["verified"] != true {
			t.Errorf("a line that was named twice: %v", mine)
		}
	}
	two.setSpecs(a.file, object{"line": hello, "condition": `name == "c"`})
	for _, name := range []string{"a", "x", "b", "c"} {
		p.say(name)
		if name != "x" {
			one.resume(one.stoppedAt(hello))
		}
		p.expect("v1 " + name)
	}
}

// Breakpoint ids are the front's: stable over swaps, and everywhere the same.
func TestRowBreakpointIDs(t *testing.T) {
	t.Parallel()
	a := newApp(t, "loop").editable(t)
	f := newFront(t, dap.Options{})
	one, two := f.attached(nil), f.attached(nil)
	hello := a.line(t, "HELLO")
	two.setBreakpoints(a.file, a.line(t, "RETURN"))
	id := number(one.setBreakpoints(a.file, hello)[0]["id"])
	if id == 0 {
		t.Fatal("there is no id")
	}
	for range 2 {
		p := a.start(t)
		f.begin(p)
		if b, _ := one.event("breakpoint")["breakpoint"].(object); number(b["id"]) != id || b["verified"] != true {
			t.Errorf("the event has %v, want id %d", b, id)
		}
		p.say("x")
		if body := one.event("stopped"); !slices.Equal(numbers(body["hitBreakpointIds"]), []int{id}) {
			t.Errorf("hit %v, want %d", body, id)
		}
		body := two.event("stopped")
		if hit := numbers(body["hitBreakpointIds"]); len(hit) != 0 {
			t.Errorf("the other client has hit %v", hit)
		}
		two.resume(number(body["threadId"]))
		two.resume(two.stoppedAt(a.line(t, "RETURN")))
		one.event("stopped")
		p.expect("v1 x")
		a.edit(t, "msg := ", "msg := \"\" + ")
	}
	if again := number(one.setBreakpoints(a.file, hello)[0]["id"]); again != id {
		t.Errorf("set again, it has id %d, want %d", again, id)
	}
}

// setExceptionBreakpoints: the union of all clients, also of filters that are set
// while the app runs.
func TestRowSetExceptionBreakpoints(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ line, filter, description string }{
		{"panic", "unrecovered-panic", "panic"},
		{"throw", "runtime-fatal-throw", "fatal error"},
	} {
		t.Run(c.line, func(t *testing.T) {
			t.Parallel()
			p := newApp(t, "loop").start(t)
			f := newFront(t, dap.Options{})
			f.begin(p)
			one, two := f.attached(nil), f.attached(nil)
			one.do("setExceptionBreakpoints", object{"filters": []string{}})
			list := objects(two.do("setExceptionBreakpoints", object{"filters": []string{c.filter}})["breakpoints"])
			if len(list) != 1 || list[0]["verified"] != true {
				t.Errorf("the answer is %v", list)
			}
			p.say(c.line)
			body := one.event("stopped")
			if body["reason"] != "exception" || body["description"] != c.description {
				t.Errorf("the app has stopped for %v", body)
			}
			two.event("stopped")
			if info := two.do("exceptionInfo", object{"threadId": body["threadId"]}); info["exceptionId"] != c.description {
				t.Errorf("the exception is %v", info)
			}
			two.conn.Close() // the other one did not ask, but it is there to see it
			one.resume(number(body["threadId"]))
			p.expect("goroutine 1")
			one.output("exit code 2")
		})
	}
}

// setFunctionBreakpoints are replayed by name.
func TestRowSetFunctionBreakpoints(t *testing.T) {
	t.Parallel()
	a := newApp(t, "loop").editable(t)
	f := newFront(t, dap.Options{})
	e := f.attached(nil)
	e.do("setFunctionBreakpoints", object{"breakpoints": []object{{"name": "main.hello"}, {"name": "main.nothing"}}})
	for range 2 {
		p := a.start(t)
		f.begin(p)
		p.say("x")
		thread, line := e.stopped("function breakpoint")
		if want := a.line(t, "HELLO") - 1; line != want {
			t.Errorf("the app has stopped in line %d, want %d", line, want)
		}
		e.resume(thread)
		p.expect("v1 x")
		a.edit(t, "func hello", "\n\nfunc hello")
	}
	list := objects(e.do("setFunctionBreakpoints", object{"breakpoints": []object{{"name": "main.hello"}, {"name": "main.nothing"}}})["breakpoints"])
	if list[0]["verified"] != true || number(list[0]["line"]) == 0 || list[1]["verified"] != false || list[1]["message"] == nil {
		t.Errorf("the answer is %v", list)
	}
}

// Instruction and data breakpoints end at a swap.
func TestRowInstructionAndDataBreakpoints(t *testing.T) {
	t.Parallel()
	a, p, f, e := joined(t)
	e.setBreakpoints(a.file, a.line(t, "HELLO"))
	p.say("x")
	top := e.top(e.stoppedAt(a.line(t, "HELLO")))
	next := objects(e.do("disassemble", object{"memoryReference": top["instructionPointerReference"], "instructionCount": 2})["instructions"])[1]["address"]
	info := e.do("dataBreakpointInfo", object{"name": "count", "frameId": top["id"]})
	instruction := object{"breakpoints": []object{{"instructionReference": next}}}
	data := object{"breakpoints": []object{{"dataId": info["dataId"], "accessType": "write"}}}
	list := objects(e.do("setInstructionBreakpoints", instruction)["breakpoints"])
	if len(list) != 1 || list[0]["verified"] != true {
		t.Fatalf("the instruction breakpoint is %v", list)
	}
	watch := objects(e.do("setDataBreakpoints", data)["breakpoints"])
	if len(watch) != 1 || watch[0]["verified"] != true {
		t.Fatalf("the data breakpoint is %v", watch)
	}
	e.do("continue", object{"threadId": 1})
	body := e.event("stopped")
	if body["reason"] != "instruction breakpoint" || !slices.Equal(numbers(body["hitBreakpointIds"]), []int{number(list[0]["id"])}) {
		t.Errorf("the app has stopped for %v", body)
	}
	e.forget()

	f.begin(a.start(t))
	p.expect("v1 x") // what was set in the old one does not hold it
	for range 2 {
		b, _ := e.next("of the points", func(m message) bool {
			b, _ := m.Body["breakpoint"].(object)
			id := number(b["id"])
			return m.Event == "breakpoint" && (id == number(list[0]["id"]) || id == number(watch[0]["id"]))
		}).Body["breakpoint"].(object)
		if b["verified"] != false || b["message"] == nil {
			t.Errorf("after the swap it is %v", b)
		}
	}
	for command, args := range map[string]object{"setInstructionBreakpoints": instruction, "setDataBreakpoints": data} {
		// Delve refuses data breakpoints, even these, while the app runs.
		m := e.try(command, args)
		if list := objects(m.Body["breakpoints"]); m.Success && (len(list) != 1 || list[0]["verified"] != false) {
			t.Errorf("%s with a stale reference: %v", command, m)
		}
	}
}

// VS Code sends breakpoints again when one is changed, in lines from before an
// edit that it has been told of, or from after it.
func TestRowStaleLines(t *testing.T) {
	t.Parallel()
	a := newApp(t, "loop").editable(t)
	f := newFront(t, dap.Options{})
	f.begin(a.start(t))
	e := f.attached(nil)
	hello, back := a.line(t, "HELLO"), a.line(t, "RETURN")
	e.setBreakpoints(a.file, hello)
	a.edit(t, "func hello", "\n\n\nfunc hello")
	p := a.start(t)
	f.begin(p)
	e.setBreakpoints(a.file, hello, back+3) // the first one is stale, the second one new
	p.say("x")
	e.resume(e.stoppedAt(hello + 3))
	e.resume(e.stoppedAt(back + 3))
	p.expect("v1 x")
}

// A breakpoint of `hotdev break` is one more owner's.
func TestOwnBreakpoints(t *testing.T) {
	t.Parallel()
	a := newApp(t, "loop")
	file := t.TempDir() + "/ledger/breakpoints.json"
	f := newFront(t, dap.Options{LedgerFile: file})
	list, err := setOwn(t, f, a.file, breakpoint.Spec{Line: a.line(t, "HELLO")})
	if err != nil || len(list) != 1 || list[0].Verified {
		t.Fatalf("before there is a program: %+v, %v", list, err)
	}
	if !f.State().Wanted {
		t.Error("nobody wants a debugger")
	}
	f.stop()

	f = newFront(t, dap.Options{LedgerFile: file}) // the next daemon
	p := a.start(t)
	f.begin(p)
	if list := f.Breakpoints(); len(list) != 1 || !list[0].Verified {
		t.Fatalf("after the daemon has started anew: %+v", list)
	}
	p.say("x")
	f.awaitPaused() // it stands without any client
	e := f.attached(nil)
	e.resume(e.stoppedAt(a.line(t, "HELLO")))
	p.expect("v1 x")
	f.awaitRunning()
	e.conn.Close()
	f.await("without a client", func(s dap.State) bool { return s.Clients == 0 })

	list, err = setOwn(t, f, a.file, breakpoint.Spec{Line: a.line(t, "RETURN")})
	if err != nil || len(list) != 1 || !list[0].Verified {
		t.Fatalf("while the program runs: %+v, %v", list, err)
	}
	if list, err = setOwn(t, f, a.file); err != nil || len(list) != 0 {
		t.Fatalf("removed: %+v, %v", list, err)
	}
	p.say("y")
	p.expect("v1 y")
	if f.State().Wanted {
		t.Error("a debugger is still wanted")
	}
	f.stop()
	if err := os.WriteFile(file, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := dap.New(dap.Options{LedgerFile: file}); err != nil {
		t.Errorf("a damaged file keeps the front from being: %v", err)
	}
	if _, err := dap.New(dap.Options{LedgerFile: filepath.Dir(file)}); err == nil {
		t.Error("there is no error for a file that can't be read")
	}
	if _, err := setOwn(t, f, file+".none"); err == nil {
		t.Error("there is no error for a file that is not there")
	}
}

// setOwn sets breakpoints as `hotdev break` does.
func setOwn(t *testing.T, f *front, file string, specs ...breakpoint.Spec) ([]breakpoint.Breakpoint, error) {
	answer, err := f.SetBreakpoints(file, specs)
	if err != nil {
		return nil, err
	}
	return answer(t.Context())
}

// Of several calls the last one counts, whichever answer is waited for first.
func TestOwnBreakpointsCountInTheirOrder(t *testing.T) {
	t.Parallel()
	a, _, f := running(t)
	first, err := f.SetBreakpoints(a.file, []breakpoint.Spec{{Line: a.line(t, "HELLO")}, {Line: a.line(t, "RETURN")}})
	if err != nil {
		t.Fatal(err)
	}
	if list, err := setOwn(t, f, a.file, breakpoint.Spec{Line: a.line(t, "RETURN")}); err != nil || len(list) != 1 || !list[0].Verified {
		t.Errorf("the second call: %+v, %v", list, err)
	}
	if list, err := first(t.Context()); err != nil || len(list) != 2 {
		t.Errorf("the first call: %+v, %v", list, err)
	}
	if list := f.Breakpoints(); len(list) != 1 || list[0].Line != a.line(t, "RETURN") {
		t.Errorf("the breakpoints are %+v", list)
	}
}
