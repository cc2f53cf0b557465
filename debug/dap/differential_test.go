package dap_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hotdev/hotdev/debug/dap"
)

// The same requests to Delve directly and through the front have the same
// answers, but for ids. (restart is the exception: Delve kills the app and starts
// it again, the front has it built; see TestRowRestart.)
func TestSameAsDelve(t *testing.T) {
	t.Parallel()
	a := newApp(t, "kinds")
	config := func() object {
		return object{"mode": "remote", "hideSystemGoroutines": true, "showGlobalVariables": true}
	}

	direct := a.start(t)
	want := transcript(t, newEditor(t, direct.gen.Conn), a, direct, config())

	fronted := a.start(t)
	f := newFront(t, dap.Options{})
	f.begin(fronted)
	got := transcript(t, dial(t, f.addr), a, fronted, config())

	if len(want) < 100 {
		t.Errorf("there are only %d answers to compare", len(want))
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("Delve's answers (-) and the front's (+):\n%s", d)
	}
}

// recorder is an editor that keeps what it is told, without what differs from run
// to run.
type recorder struct {
	*editor
	kept []string
	ids  map[string][]string // by kind, in the order of coming
}

// transcript goes through a session and returns what the server has said.
func transcript(t *testing.T, e *editor, a *app, p *process, config object) []string {
	r := &recorder{editor: e, ids: map[string][]string{}}
	r.initialize()
	r.ask("attach", config)
	kinds, loop, call := a.line(t, "KINDS"), a.line(t, "LOOP"), a.line(t, "CALL")
	source := object{"path": a.file}
	r.ask("setBreakpoints", object{"source": source, "breakpoints": []object{
		{"line": kinds}, {"line": 100000}, {"line": a.line(t, "DEEP"), "hitCondition": "> 0"}, {"line": loop, "logMessage": "i is {i}"},
		{"line": call, "condition": "sum =="}, {"line": a.line(t, "DOUBLE"), "condition": "n > 1000"}}})
	r.ask("setFunctionBreakpoints", object{"breakpoints": []object{{"name": "main.square.area"}, {"name": "main.none"}, {"name": "*x"}}})
	r.ask("setExceptionBreakpoints", object{"filters": []string{"unrecovered-panic", "runtime-fatal-throw"}})
	r.ask("configurationDone", nil)
	r.ask("stackTrace", object{"threadId": 1}) // the app runs
	r.ask("threads", nil)

	p.say("x")
	thread := r.stop()
	r.ask("threads", nil)
	r.ask("stackTrace", object{"threadId": thread, "startFrame": 1, "levels": 1})
	r.ask("stackTrace", object{"threadId": thread, "startFrame": 90, "levels": 1})
	r.ask("stackTrace", object{"threadId": 4711})
	frames := objects(r.ask("stackTrace", object{"threadId": thread})["stackFrames"])
	frame := frames[0]["id"]
	for _, s := range objects(r.ask("scopes", object{"frameId": frame})["scopes"]) {
		r.expand(s["variablesReference"], 3)
	}
	r.ask("scopes", object{"frameId": 0})
	r.ask("variables", object{"variablesReference": 0})
	for _, expression := range []string{
		"flag", "small", "large", "ratio", "imaginary", "letter", "bytes", "string(bytes)", "long", "long[10:20]", "matrix", "first",
		"*first", "first.next.name", "first.byID[7]", "first.byID", "none", "none.name", "shown", "shown.(main.square).side", "nothing",
		"failure", "calls", "results", "anonymous.x", "sum + 1", "global", "main.global", "line", "len(long)", "unknown", "1 +",
		"call double(21)", "call unknown()", "dlv help", "dlv nonsense", "dlv config -list stackTraceDepth",
	} {
		for _, context := range []string{"watch", "repl", "hover", "clipboard"} {
			r.ask("evaluate", object{"expression": expression, "frameId": frame, "context": context})
		}
	}
	locals := objects(r.ask("scopes", object{"frameId": frame})["scopes"])[0]["variablesReference"]
	for _, set := range [][2]string{{"sum", "7"}, {"sum", "nonsense"}, {"line", `"changed"`}, {"flag", "false"}, {"nobody", "1"}, {"ratio", "2.5"}} {
		r.ask("setVariable", object{"variablesReference": locals, "name": set[0], "value": set[1]})
	}
	r.ask("evaluate", object{"expression": "line", "frameId": frame})
	r.pages(locals)

	pc := frames[0]["instructionPointerReference"]
	r.ask("disassemble", object{"memoryReference": pc, "instructionCount": 5})
	r.ask("disassemble", object{"memoryReference": pc, "instructionOffset": -3, "instructionCount": 6})
	r.ask("disassemble", object{"memoryReference": "0x0", "instructionCount": 2})
	r.ask("disassemble", object{"memoryReference": "nonsense", "instructionCount": 2})
	r.ask("readMemory", object{"memoryReference": "0x1", "count": 2})
	r.ask("exceptionInfo", object{"threadId": thread})
	for _, command := range []string{"source", "loadedSources", "modules", "gotoTargets", "completions", "breakpointLocations", "stepInTargets", "restartFrame"} {
		r.ask(command, object{"source": object{"path": a.file}, "frameId": frame, "line": 1})
	}

	for _, command := range []string{"stepIn", "stepIn", "stepOut", "next", "next"} {
		r.ask(command, object{"threadId": thread})
		thread = r.stop()
		r.ask("stackTrace", object{"threadId": thread, "levels": 1})
	}
	r.ask("stackTrace", object{"threadId": thread, "startFrame": 0, "levels": 20})
	r.ask("stackTrace", object{"threadId": thread, "startFrame": 20, "levels": 20})
	r.ask("stackTrace", object{"threadId": thread})
	r.ask("next", object{"threadId": thread, "granularity": "instruction"})
	thread = r.stop()

	top := r.top(thread)
	r.ask("dataBreakpointInfo", object{"name": "global", "frameId": top["id"]})
	info := r.do("dataBreakpointInfo", object{"name": "global", "frameId": top["id"]})
	r.ask("setDataBreakpoints", object{"breakpoints": []object{{"dataId": info["dataId"], "accessType": "write"}}})
	r.ask("setDataBreakpoints", object{"breakpoints": []object{}})
	r.ask("setInstructionBreakpoints", object{"breakpoints": []object{{"instructionReference": top["instructionPointerReference"]}, {"instructionReference": "x"}}})
	r.ask("setInstructionBreakpoints", object{"breakpoints": []object{}})
	r.ask("continue", object{"threadId": thread})
	thread = r.stop() // in area
	r.ask("stackTrace", object{"threadId": thread, "levels": 2})
	r.ask("continue", object{"threadId": thread})
	p.expect("true")

	r.ask("pause", object{"threadId": 1})
	thread = r.stop()
	r.ask("continue", object{"threadId": thread})
	r.ask("setBreakpoints", object{"source": source, "breakpoints": []object{}})
	p.say("panic")
	thread = r.stop()
	r.ask("exceptionInfo", object{"threadId": thread})
	r.ask("continue", object{"threadId": thread})
	p.expect("with 42")
	return r.kept
}

// ask sends a request, keeps the answer and the events before it, and returns
// its body.
func (r *recorder) ask(command string, args any) object {
	r.t.Helper()
	m := r.try(command, args)
	for _, e := range r.queue {
		switch e.Event {
		case "output": // but for what Delve tells of itself
			if text := fmt.Sprint(e.Body["output"]); !strings.Contains(text, "dlv help") {
				r.keep(e)
			}
		case "invalidated", "memory":
			r.keep(e)
		}
	}
	r.queue = slices.DeleteFunc(r.queue, func(m message) bool { return m.Event != "stopped" })
	body := m.Body
	r.keep(m)
	return body
}

// stop keeps where the app stops, and returns the thread.
func (r *recorder) stop() int {
	r.t.Helper()
	m := r.next("a stop", func(m message) bool { return m.Event == "stopped" })
	r.keep(m)
	return number(m.Body["threadId"])
}

// expand asks for the variables of a reference, and for theirs.
func (r *recorder) expand(reference any, depth int) {
	if number(reference) == 0 || depth == 0 {
		return
	}
	for _, v := range objects(r.ask("variables", object{"variablesReference": reference})["variables"]) {
		r.expand(v["variablesReference"], depth-1)
	}
}

// pages asks for parts of the slice of this scope.
func (r *recorder) pages(scope any) {
	for _, v := range objects(r.ask("variables", object{"variablesReference": scope})["variables"]) {
		if v["name"] != "long" && v["name"] != "bytes" {
			continue
		}
		for _, page := range [][2]int{{0, 3}, {2, 3}, {190, 50}} {
			r.ask("variables", object{"variablesReference": v["variablesReference"], "filter": "indexed", "start": page[0], "count": page[1]})
		}
		r.ask("variables", object{"variablesReference": v["variablesReference"], "filter": "named"})
		if memory := v["memoryReference"]; memory != nil {
			r.ask("readMemory", object{"memoryReference": memory, "offset": 1, "count": 3})
			r.ask("writeMemory", object{"memoryReference": memory, "offset": 0, "data": "eA=="})
			r.ask("readMemory", object{"memoryReference": memory, "count": 2})
		}
	}
}

var (
	address   = regexp.MustCompile(`0x[0-9a-f]{5,}`)
	goroutine = regexp.MustCompile(`\[Go \d+\]`)
	threadID  = regexp.MustCompile(`\(Thread \d+\)`)
)

// keep writes a message down, with names in the place of ids.
func (r *recorder) keep(m message) {
	r.t.Helper()
	m.Seq, m.RequestSeq = 0, 0
	if m.Command == "setExceptionBreakpoints" {
		m.Body = nil // Delve tells of its own breakpoints
	}
	if m.Body != nil {
		m.Body = r.name("", m.Body).(object)
	}
	switch m.Body["reason"] {
	case "exception":
		delete(m.Body, "hitBreakpointIds") // again its own
	case "pause":
		delete(m.Body, "threadId") // which one was caught
	}
	text, err := json.Marshal(m)
	if err != nil {
		r.t.Fatal(err)
	}
	r.kept = append(r.kept, string(text))
}

// name returns a copy of v with names for what is an id at key.
func (r *recorder) name(key string, v any) any {
	switch v := v.(type) {
	case object:
		if key == "breakpoints" && v["verified"] == false {
			return "not set" // the front says more of it than Delve
		}
		o := object{}
		for _, k := range slices.Sorted(maps.Keys(v)) {
			if n, ok := v[k].(json.Number); ok && k == "id" && key != "error" {
				o[k] = r.id(key, n.String()) // one of threads, of stackFrames or of breakpoints
				continue
			}
			o[k] = r.name(k, v[k])
		}
		return o
	case []any:
		list := make([]any, len(v))
		for i, e := range v {
			list[i] = r.name(key, e)
		}
		return list
	case json.Number:
		switch key {
		case "variablesReference":
			if v != "0" {
				return r.id(key, v.String())
			}
		case "hitBreakpointIds":
			return r.id("breakpoints", v.String())
		}
		return v
	case string:
		switch key {
		case "dataId":
			if _, bare, ok := strings.Cut(v, ":"); ok {
				return bare
			}
		case "memoryReference", "instructionPointerReference", "address":
			if n, err := strconv.ParseUint(v, 0, 64); err == nil {
				v = fmt.Sprintf("%#x", n&(1<<48-1)) // as it is without the generation
			}
		}
		v = threadID.ReplaceAllString(v, "(Thread)")
		v = goroutine.ReplaceAllString(v, "[Go]")
		return address.ReplaceAllStringFunc(v, func(s string) string { return r.id("address", s) })
	}
	return v
}

// id returns the name of an id; they are numbered as they come.
func (r *recorder) id(kind, id string) string {
	i := slices.Index(r.ids[kind], id)
	if i < 0 {
		i = len(r.ids[kind])
		r.ids[kind] = append(r.ids[kind], id)
	}
	return fmt.Sprintf("%s %d", kind, i+1)
}
