//go:build unix

package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-dap"
)

// debugged is 'hotdev run' on the app of debug.txtar, and the ways into it.
type debugged struct {
	testing.TB
	dir  string
	main string // the file with the statements
	env  []string
	url  string
	run  *process
}

func startDebugged(t testing.TB) *debugged {
	t.Helper()
	d := layOut(t)
	d.start()
	return d
}

// layOut is the app with nothing running.
func layOut(t testing.TB) *debugged {
	t.Helper()
	d := &debugged{TB: t, dir: unpack(t, "debug.txtar")}
	d.main = filepath.Join(d.dir, "main.go")
	d.env = testEnviron(t, filepath.Join(d.dir, ".home"))
	port, _ := strings.CutPrefix(d.env[0], "PORT=")
	d.url = "http://localhost:" + port
	return d
}

// start starts 'hotdev run' and waits until the app serves.
func (d *debugged) start() {
	d.Helper()
	var err error
	if d.run, err = startProcess(d.command("run")); err != nil {
		d.Fatal(err)
	}
	p := d.run
	d.Cleanup(func() {
		p.kill()
		if d.Failed() {
			d.Logf("hotdev run said:\n%s", p.transcript())
		}
	})
	if _, err := p.expect(regexp.MustCompile(`the app answers at`)); err != nil {
		d.Fatalf("the app: %v\n%s", err, p.transcript())
	}
}

func (d *debugged) command(args ...string) *exec.Cmd {
	cmd := exec.Command(hotdev, args...)
	cmd.Dir, cmd.Env = d.dir, d.env
	return cmd
}

// hotdev runs a command and returns its output, both streams.
func (d *debugged) hotdev(args ...string) string {
	d.Helper()
	out, err := d.command(args...).CombinedOutput()
	if err != nil {
		d.Fatalf("hotdev %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// client starts 'hotdev dap' and speaks to it.
func (d *debugged) client() (*debugClient, *exec.Cmd) {
	d.Helper()
	cmd := d.command("dap")
	in, err := cmd.StdinPipe()
	if err != nil {
		d.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		d.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		d.Fatal(err)
	}
	d.Cleanup(func() {
		_ = cmd.Process.Kill() // fails only if it has ended
		_ = cmd.Wait()
	})
	return newDebugClient(d, out, in), cmd
}

// armed waits until the debugger has joined the app and set a breakpoint.
func (d *debugged) armed() {
	d.Helper()
	for !strings.Contains(d.hotdev("break", "list", "--json"), `"verified":true`) {
		// each turn is a program of its own
	}
}

// get asks the app in the background.
func (d *debugged) get(path string) <-chan string {
	answer := make(chan string, 1)
	go func() {
		resp, err := http.Get(d.url + path)
		if err != nil {
			answer <- err.Error()
			return
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != http.StatusOK {
			answer <- fmt.Sprint(resp.Status, err, string(body))
			return
		}
		answer <- string(body)
	}()
	return answer
}

// line is where text is in the file, from 1.
func (d *debugged) line(text string) int {
	d.Helper()
	data, err := os.ReadFile(d.main)
	if err != nil {
		d.Fatal(err)
	}
	before, _, found := strings.Cut(string(data), text)
	if !found {
		d.Fatalf("%s has no %q", d.main, text)
	}
	return strings.Count(before, "\n") + 1
}

// edit replaces a text in the file and saves it.
func (d *debugged) edit(old, new string) {
	d.Helper()
	data, err := os.ReadFile(d.main)
	if err != nil {
		d.Fatal(err)
	}
	if !strings.Contains(string(data), old) {
		d.Fatalf("%s has no %q", d.main, old)
	}
	if err := os.WriteFile(d.main, []byte(strings.Replace(string(data), old, new, 1)), 0o644); err != nil {
		d.Fatal(err)
	}
}

func (d *debugged) want(answer <-chan string, want string) {
	d.Helper()
	if got := <-answer; got != want {
		d.Errorf("the app answered %q, want %q", got, want)
	}
}

// TestABreakpointHitsBeforeAndAfterASave is the heart of hotdev: one debug
// session, one breakpoint, several versions.
func TestABreakpointHitsBeforeAndAfterASave(t *testing.T) {
	t.Parallel()
	d := startDebugged(t)
	c, _ := d.client()
	first := d.line("// stop here")
	if set := c.attach("test", d.main, first); len(set) != 1 || set[0].Line != first {
		t.Fatalf("the breakpoint is %+v", set)
	}
	answer := d.get("/greet?name=one")
	thread, line, locals := c.stopped()
	if line != first || locals["text"] != `"hello, one"` {
		t.Errorf("the app stands on line %d with %v, want line %d", line, locals, first)
	}
	c.goOn(thread)
	d.want(answer, "hello, one")

	d.edit("func greet(", "// greet\n// greets.\nfunc greet(")
	event[struct{}](c, "hotdev/reloaded")
	moved := event[dap.BreakpointEventBody](c, "breakpoint")
	if second := d.line("// stop here"); moved.Breakpoint.Line != second || !moved.Breakpoint.Verified {
		t.Errorf("the breakpoint is %+v, want line %d", moved.Breakpoint, second)
	}
	answer = d.get("/greet?name=two")
	thread, line, locals = c.stopped()
	if want := d.line("// stop here"); line != want || locals["text"] != `"hello, two"` {
		t.Errorf("the app stands on line %d with %v, want line %d", line, locals, want)
	}

	// A save while it stands waits, and comes into service with continue.
	d.edit(`"hello, "`, `"hi, "`)
	if _, err := d.run.expect(regexp.MustCompile("is built, waiting for you")); err != nil {
		t.Fatalf("%v\n%s", err, d.run.transcript())
	}
	c.goOn(thread)
	d.want(answer, "hello, two")
	event[struct{}](c, "hotdev/reloaded")
	answer = d.get("/greet?name=three")
	thread, _, locals = c.stopped()
	if locals["text"] != `"hi, three"` {
		t.Errorf("the app stands with %v", locals)
	}
	c.goOn(thread)
	d.want(answer, "hi, three")
}

// TestABreakpointBeforeMainHits sets one in an initializer, which the next
// version runs before it serves.
func TestABreakpointBeforeMainHits(t *testing.T) {
	t.Parallel()
	d := startDebugged(t)
	c, _ := d.client()
	c.attach("test", d.main, d.line("// before main"))
	d.edit("n := 40", "n := 41")
	thread, line, locals := c.stopped()
	if want := d.line("// before main"); line != want || locals["n"] != "41" {
		t.Errorf("the app stands on line %d with %v, want line %d", line, locals, want)
	}
	d.want(d.get("/stock"), "42") // the old version serves
	c.goOn(thread)
	event[struct{}](c, "hotdev/reloaded")
	d.want(d.get("/stock"), "43")
}

// TestAnEditorLaunchesTheApp is F5 in an editor, with no daemon before it, and
// the reload button while the app stands.
func TestAnEditorLaunchesTheApp(t *testing.T) {
	t.Parallel()
	d := layOut(t)
	t.Cleanup(func() { _ = d.command("stop", "--daemon").Run() }) // fails only if it has ended
	c, _ := d.client()
	call[dap.Capabilities](c, "initialize", dap.InitializeRequestArguments{
		ClientID: "test", AdapterID: "hotdev", LinesStartAt1: true, ColumnsStartAt1: true, PathFormat: "path",
	})
	launch := c.send("launch", map[string]any{"request": "launch", "hotdevEvents": true})
	event[struct{}](c, "initialized")
	c.setBreakpoints(d.main, d.line("// before main"), d.line("// stop here"))
	call[struct{}](c, "configurationDone", nil)
	if m := c.response(launch); !m.Success {
		t.Fatalf("launch: %s", m.Message)
	}
	thread, line, _ := c.stopped()
	if want := d.line("// before main"); line != want {
		t.Errorf("the app stands on line %d, want %d", line, want)
	}
	c.setBreakpoints(d.main, d.line("// stop here"))
	c.goOn(thread)
	event[struct{}](c, "hotdev/reloaded")
	answer := d.get("/greet?name=one")
	c.stopped()
	d.edit("n := 40", "n := 41")
	call[struct{}](c, "hotdev/reload", nil)
	d.want(answer, "hello, one")
	d.want(d.get("/stock"), "43")
	c.send("disconnect", dap.DisconnectArguments{TerminateDebuggee: true})
	event[struct{}](c, "terminated")
	d.want(d.get("/greet?name=two"), "hello, two") // the app is the daemon's
}

// TestNoRequestFailsOverReloadsWithADebugger saves under load, with a client that
// has a breakpoint elsewhere.
func TestNoRequestFailsOverReloadsWithADebugger(t *testing.T) {
	t.Parallel()
	d := startDebugged(t)
	c, _ := d.client()
	c.attach("test", d.main, d.line("// stop here"))
	var sent atomic.Int64
	end, failed := make(chan struct{}), make(chan string, 8)
	for range cap(failed) {
		go func() {
			bad := ""
			for {
				select {
				case <-end:
					failed <- bad
					return
				default:
				}
				sent.Add(1)
				if got := <-d.get("/stock"); len(got) != 2 {
					bad = got
				}
			}
		}()
	}
	for i := range 5 {
		d.edit(fmt.Sprintf("n := %d", 40+i), fmt.Sprintf("n := %d", 41+i))
		event[struct{}](c, "hotdev/reloaded")
	}
	close(end)
	for range cap(failed) {
		if bad := <-failed; bad != "" {
			t.Errorf("a request failed: %s", bad)
		}
	}
	d.want(d.get("/stock"), "47")
	if sent.Load() < 20 {
		t.Errorf("only %d requests were sent", sent.Load())
	}
}

// TestBreakpointsOfTheCommandLine stay over the daemon's end and stop the app
// without any debugger.
func TestBreakpointsOfTheCommandLine(t *testing.T) {
	t.Parallel()
	d := startDebugged(t)
	place := fmt.Sprintf("main.go:%d", d.line("// stop here"))
	if out := d.hotdev("break", "add", place, "--if", `name == "x"`); !strings.Contains(out, place) {
		t.Errorf("break add said %q", out)
	}
	d.armed()
	d.want(d.get("/greet?name=y"), "hello, y")
	answer := d.get("/greet?name=x")
	if _, err := d.run.expect(regexp.MustCompile("● paused")); err != nil {
		t.Fatalf("%v\n%s", err, d.run.transcript())
	}
	c, _ := d.client()
	c.attach("test", d.main)
	thread, _, locals := c.stopped()
	if locals["name"] != `"x"` {
		t.Errorf("the app stands with %v", locals)
	}
	c.goOn(thread)
	d.want(answer, "hello, x")

	d.run.kill()
	d.start()
	if out := d.hotdev("break", "list"); !strings.Contains(out, place) {
		t.Errorf("break list said %q", out)
	}
	d.hotdev("break", "rm", place)
	if out := d.hotdev("break"); !strings.Contains(out, "no breakpoints") {
		t.Errorf("break said %q", out)
	}
	d.want(d.get("/greet?name=x"), "hello, x")
}

// TestThePromptStaysOverAReload debugs from a terminal, by a script.
func TestThePromptStaysOverAReload(t *testing.T) {
	t.Parallel()
	d := startDebugged(t)
	cmd := d.command("attach", "--dlv")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	p, err := startProcess(cmd)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	say := func(command string) {
		if _, err := io.WriteString(in, command+"\n"); err != nil {
			t.Fatal(err)
		}
	}
	expect := func(text string) {
		t.Helper()
		if _, err := p.expect(regexp.MustCompile(regexp.QuoteMeta(text))); err != nil {
			t.Fatalf("%q: %v; the prompt said\n%s\nhotdev run said\n%s", text, err, p.transcript(), d.run.transcript())
		}
	}
	say(fmt.Sprintf("break main.go:%d", d.line("// stop here")))
	expect("Breakpoint 1")
	d.armed()
	for _, name := range []string{"one", "two"} {
		answer := d.get("/greet?name=" + name)
		expect("main.greet")
		say("print text")
		expect("hello, " + name)
		say("continue")
		d.want(answer, "hello, "+name)
		if name == "one" {
			d.edit("func greet(", "// greet greets.\nfunc greet(")
			expect("rev 2")
		}
	}
	d.run.kill() // in a script, continue waits for the next stop
	if code, err := p.wait(); err != nil || code != 3 {
		t.Errorf("it ended with %d, %v\n%s", code, err, p.transcript())
	}
}

// TestDapOnAPort serves editors that can only connect, and no web page.
func TestDapOnAPort(t *testing.T) {
	t.Parallel()
	d := startDebugged(t)
	bridge, err := startProcess(d.command("dap", "--port", "0"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(bridge.kill)
	said, err := bridge.expect(regexp.MustCompile("DAP server listening at: "))
	if err != nil {
		t.Fatalf("%v\n%s", err, bridge.transcript())
	}
	address := said[strings.LastIndexByte(said, ' ')+1:]
	for range 2 {
		nc, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		c := newDebugClient(t, nc, nc)
		c.attach("test", d.main, d.line("// stop here"))
		answer := d.get("/greet?name=port")
		thread, _, _ := c.stopped()
		c.goOn(thread)
		d.want(answer, "hello, port")
		nc.Close()
	}
	resp, err := http.Post("http://"+address, "text/plain", strings.NewReader("Content-Length: 2\r\n\r\n{}"))
	if err == nil {
		resp.Body.Close()
		t.Errorf("a web page got %s", resp.Status)
	}
}
