package dap_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	godap "github.com/google/go-dap"

	"github.com/hotdev/hotdev/debug/dap"
)

// One steps, one watches.
func TestOneStepsOneWatches(t *testing.T) {
	t.Parallel()
	a, p, f := running(t)
	steps, watches := f.attached(nil), f.attached(nil)
	steps.setBreakpoints(a.file, a.line(t, "HELLO"))
	p.say("x")
	thread := steps.stoppedAt(a.line(t, "HELLO"))
	watches.stoppedAt(a.line(t, "HELLO"))
	for _, mark := range []string{"COUNT", "RETURN"} {
		steps.do("next", object{"threadId": thread})
		for _, e := range []*editor{steps, watches} {
			e.event("continued")
			if _, line := e.stopped("step"); line != a.line(t, mark) {
				t.Errorf("the step has gone to line %d, want %s", line, mark)
			}
			if v := e.evaluate(thread, "msg"); v != `"v1 x"` {
				t.Errorf("msg is %s", v)
			}
		}
	}
	steps.resume(thread)
	watches.event("continued")
	p.expect("v1 x")
}

// A client that dies in mid-step leaves as one that disconnects.
func TestKilledInMidStep(t *testing.T) {
	t.Parallel()
	a, p, f := running(t)

	script := fmt.Sprintf(`[
		{"seq":1,"type":"request","command":"initialize","arguments":{}},
		{"seq":2,"type":"request","command":"attach","arguments":{}},
		{"seq":3,"type":"request","command":"setBreakpoints","arguments":{"source":{"path":%q},"breakpoints":[{"line":%d}]}},
		{"seq":4,"type":"request","command":"configurationDone"}]`, a.file, a.line(t, "BLOCK"))
	client := exec.Command(os.Args[0], "-test.run=^TestClientProcess$")
	client.Env = append(os.Environ(), "DAP_TEST_ADDRESS="+f.addr, "DAP_TEST_SCRIPT="+script)
	out, err := client.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Start(); err != nil {
		t.Fatal(err)
	}
	read := make(chan string)
	go func() {
		text, _ := bufio.NewReader(out).ReadString('\n')
		read <- text
	}()
	f.await("with a breakpoint", func(dap.State) bool {
		list := f.Breakpoints()
		return len(list) == 1 && list[0].Verified
	})
	watch := f.attached(nil)
	p.say("block")
	if text := <-read; text != "stepped\n" {
		t.Errorf("the client has said %q", text)
	}
	if err := client.Process.Kill(); err != nil { // its step goes into a call that does not return
		t.Fatal(err)
	}
	_ = client.Wait()
	f.await("without the client", func(s dap.State) bool { return s.Clients == 1 && !s.Paused })

	watch.do("pause", object{"threadId": 1})
	watch.next("a pause", func(m message) bool { return m.Event == "stopped" && m.Body["reason"] == "pause" })
	watch.conn.Close()
	f.await("left alone", func(s dap.State) bool { return !s.Paused && s.Clients == 0 })
}

// TestClientProcess is no test but a client in a process of its own, which steps
// over the line that it stops in.
func TestClientProcess(t *testing.T) {
	addr := os.Getenv("DAP_TEST_ADDRESS")
	if addr == "" {
		t.Skip("only as a child of other tests")
	}
	e := dial(t, addr)
	script := strings.Trim(os.Getenv("DAP_TEST_SCRIPT"), "[] \n\t")
	for _, m := range strings.Split(script, ",\n") {
		if err := godap.WriteBaseMessage(e.conn, []byte(strings.TrimSpace(m))); err != nil {
			t.Fatal(err)
		}
		e.seq++
	}
	thread := number(e.event("stopped")["threadId"])
	e.do("stepIn", object{"threadId": thread})
	e.next("the stop of the step", func(m message) bool { return m.Event == "stopped" })
	e.send("stepOut", object{"threadId": thread})
	e.event("continued")
	fmt.Println("stepped")
	e.event("never")
}

// A client that reads nothing delays nobody, and is cut off.
func TestSlowClient(t *testing.T) {
	t.Parallel()
	a := newApp(t, "loop")
	f := newFront(t, dap.Options{})
	f.begin(a.start(t))
	quick := f.attached(object{"hotdevEvents": true})
	slow, err := net.Dial("unix", f.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Close()
	for i, command := range []string{"initialize", "attach", "configurationDone"} {
		message := fmt.Sprintf(`{"seq":%d,"type":"request","command":%q,"arguments":{"hotdevEvents":true}}`, i+1, command)
		if err := godap.WriteBaseMessage(slow, []byte(message)); err != nil {
			t.Fatal(err)
		}
	}
	f.await("with two clients", func(s dap.State) bool { return s.Clients == 2 })
	big := strings.Repeat("x", 1<<20)
	for range 20 {
		f.Announce("hotdev/reloaded", object{"text": big})
		quick.event("hotdev/reloaded")
	}
	f.begin(a.start(t)) // a swap
	quick.event("process")
	f.await("rid of the slow one", func(s dap.State) bool { return s.Clients == 1 })
	rest, _ := io.ReadAll(slow)
	if len(rest) > 18<<20 {
		t.Errorf("%d bytes were kept for a client that does not read", len(rest))
	}
}

// A message that is none of DAP's is answered with what is wrong; only what can't
// be read any further ends the connection, and no one else's.
func TestMalformed(t *testing.T) {
	t.Parallel()
	f := newFront(t, dap.Options{})
	witness := f.attached(nil)
	frame := func(content string) string { return fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(content), content) }
	for name, c := range map[string]struct {
		text, want string
		ends       bool
	}{
		"no JSON":          {frame(`{"seq":`), "no message of DAP", false},
		"a list":           {frame(`[1]`), "no message of DAP", false},
		"seq is text":      {frame(`{"seq":"1","type":"request","command":"threads"}`), "no message of DAP", false},
		"an event":         {frame(`{"seq":1,"type":"event","event":"x"}`), `"event"`, false},
		"too early":        {frame(`{"seq":1,"type":"request","command":"threads"}`), "too early", false},
		"arguments":        {frame(`{"seq":1,"type":"request","command":"initialize","arguments":[1]}`), "the arguments of initialize", false},
		"lines from 0":     {frame(`{"seq":1,"type":"request","command":"initialize","arguments":{"linesStartAt1":false}}`), "start at 1", false},
		"URIs":             {frame(`{"seq":1,"type":"request","command":"initialize","arguments":{"pathFormat":"uri"}}`), "pathFormat", false},
		"no header":        {"X-Length: 5\r\n\r\n", "no Content-Length", true},
		"no field":         {"hello\r\n\r\n", "no header field", true},
		"no length":        {"Content-Length: x\r\n\r\n", "no length", true},
		"a negative":       {"Content-Length: -1\r\n\r\n", "no length", true},
		"too long":         {"Content-Length: 99999999\r\n\r\n", "are not taken", true},
		"an endless line":  {strings.Repeat("x", 5000), "header line", true},
		"an ending header": {"Content-Length: 5", "", true},
	} {
		t.Run(name, func(t *testing.T) {
			e := dial(t, f.addr)
			if _, err := io.WriteString(e.conn, c.text); err != nil {
				t.Fatal(err)
			}
			if c.want == "" {
				e.conn.Close()
				return
			}
			m := e.next("an answer", func(m message) bool { return m.Type == "response" })
			if m.Success || !strings.Contains(m.Message, c.want) {
				t.Errorf("the answer is %v, want %q", m, c.want)
			}
			if !c.ends {
				e.initialize() // the connection goes on
			} else if _, ok := <-e.messages; ok {
				t.Error("the connection goes on")
			}
		})
	}
	witness.do("threads", nil)
}

// Requests that the front does not know go to Delve; header fields that it does
// not know are passed over.
func TestUnknownRequests(t *testing.T) {
	t.Parallel()
	f := newFront(t, dap.Options{})
	f.begin(newApp(t, "loop").start(t))
	e := f.attached(nil)
	e.do("pause", object{"threadId": 1})
	e.event("stopped")
	for _, command := range []string{"loadedSources", "modules", "gotoTargets", "completions"} {
		if text := e.fails(command, object{"source": object{"path": "x"}, "frameId": 0}); strings.Contains(text, "hotdev") {
			t.Errorf("%s says %q", command, text)
		}
	}
	content := `{"seq":100,"type":"request","command":"threads"}`
	text := fmt.Sprintf("Content-Type: application/json\r\ncontent-length: %d\r\n\r\n%s", len(content), content)
	if _, err := io.WriteString(e.conn, text); err != nil {
		t.Fatal(err)
	}
	if m := e.response(100); !m.Success {
		t.Errorf("threads: %v", m)
	}
	e.seq = 200
	for _, command := range []string{"attach", "initialize", "configurationDone"} {
		e.fails(command, object{})
	}
	e.fails("setBreakpoints", object{"source": object{}})
	e.fails("setBreakpoints", object{"source": "x"})
	e.fails("setDataBreakpoints", object{"breakpoints": []int{1}})
	e.fails("restart", nil) // there is no Reload
}

// Custom events go to all clients that have attached and asked for them.
func TestAnnounce(t *testing.T) {
	t.Parallel()
	f := newFront(t, dap.Options{})
	wanted := object{"hotdevEvents": true}
	one, two, plain, early := f.attached(wanted), f.attached(wanted), f.attached(nil), dial(t, f.addr)
	early.initialize()
	f.Announce("hotdev/buildFailed", object{"rev": 8})
	for _, e := range []*editor{one, two} {
		if body := e.event("hotdev/buildFailed"); number(body["rev"]) != 8 {
			t.Errorf("the event has %v", body)
		}
	}
	plain.none("hotdev/buildFailed")
	early.attach(wanted)
	early.none("hotdev/buildFailed")
}

// Each client sees the app with its own options.
func TestViews(t *testing.T) {
	t.Parallel()
	a, p, f := running(t)
	one := f.attached(object{"showGlobalVariables": true, "stackTraceDepth": 1, "showPprofLabels": []string{"x", "y"}})
	two := f.attached(object{"hideSystemGoroutines": true, "goroutineFilters": "-with user"})
	plain := dial(t, f.addr)
	plain.do("initialize", object{})
	plain.attach(nil)
	plain.do("configurationDone", nil)
	one.setBreakpoints(a.file, a.line(t, "HELLO"))
	p.say("twice")
	thread := one.stoppedAt(a.line(t, "HELLO"))
	two.event("stopped")
	plain.event("stopped")
	frames := func(e *editor) []object {
		return objects(e.do("stackTrace", object{"threadId": thread})["stackFrames"])
	}
	for range 2 {
		if n := len(frames(one)); n != 1 {
			t.Errorf("with depth 1 there are %d frames", n)
		}
		if n := len(frames(two)); n < 3 {
			t.Errorf("without a depth there are %d frames", n)
		}
		if scopes := objects(one.do("scopes", object{"frameId": frames(one)[0]["id"]})["scopes"]); len(scopes) != 2 {
			t.Errorf("with globals the scopes are %v", scopes)
		}
		if scopes := objects(two.do("scopes", object{"frameId": frames(two)[0]["id"]})["scopes"]); len(scopes) != 1 {
			t.Errorf("without globals the scopes are %v", scopes)
		}
		all, user := objects(one.do("threads", nil)["threads"]), objects(two.do("threads", nil)["threads"])
		if len(user) != 1 || len(all) <= len(user) {
			t.Errorf("there are %d threads, %d without those of the system", len(all), len(user))
		}
		arguments := object{"expression": "name", "frameId": frames(plain)[0]["id"]}
		if typ := plain.do("evaluate", arguments)["type"]; typ != nil {
			t.Errorf("a client that does not support types got %v", typ)
		}
		if typ := two.do("evaluate", arguments)["type"]; typ != "string" {
			t.Errorf("the type is %v", typ)
		}
	}
	two.do("evaluate", object{"expression": "dlv config stackTraceDepth 2", "context": "repl"})
	if n := len(frames(two)); n != 2 {
		t.Errorf("with depth 2 there are %d frames", n)
	}
	if n := len(frames(one)); n != 1 {
		t.Errorf("with depth 1 there are %d frames", n)
	}
	two.none("invalidated")
}

// Each client has file names of its own.
func TestSubstitutePath(t *testing.T) {
	t.Parallel()
	a, p, f := running(t)
	dir := filepath.Dir(a.file)
	e := f.attached(object{"substitutePath": []object{{"from": "/far/away", "to": dir}}})
	plain := f.attached(nil)
	bps := e.setBreakpoints("/far/away/main.go", a.line(t, "HELLO"))
	source, _ := bps[0]["source"].(object)
	if bps[0]["verified"] != true || source["path"] != "/far/away/main.go" {
		t.Errorf("the breakpoint is %v", bps[0])
	}
	p.say("x")
	for e, path := range map[*editor]string{e: "/far/away/main.go", plain: a.file} {
		source, _ := e.top(e.stoppedAt(a.line(t, "HELLO")))["source"].(object)
		if source["path"] != path {
			t.Errorf("the frame is in %v, want %s", source, path)
		}
	}
}
