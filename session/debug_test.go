package session_test

import (
	"context"
	"errors"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/hotdev/hotdev/session"
	"github.com/hotdev/hotdev/session/diag"
	"github.com/hotdev/hotdev/session/target"
)

// debugger is one that does what a test tells it to, around the real runner.
type debugger struct {
	target.Runner
	changed chan struct{}

	mu    sync.Mutex
	state session.DebuggerState
	specs []target.Spec // of all starts
}

func (d *debugger) State() session.DebuggerState {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.state
	s.Breakpoints = slices.Clone(s.Breakpoints)
	return s
}

func (d *debugger) Changed() <-chan struct{} { return d.changed }

// SetBreakpoints sets them without a word: who waits for the answer must see them.
func (d *debugger) SetBreakpoints(file string, list []session.Breakpoint) (session.Answer[[]session.Breakpoint], error) {
	if strings.HasSuffix(file, ".html") {
		return nil, errors.New("no Go file")
	}
	for i := range list {
		list[i].ID, list[i].File, list[i].Owner = i+1, file, "hotdev"
	}
	d.mu.Lock()
	d.state.Breakpoints = list
	d.mu.Unlock()
	return func(context.Context) ([]session.Breakpoint, error) {
		if len(list) == 0 {
			return nil, errors.New("no answer")
		}
		return list, nil
	}, nil
}

// Start notes how the app is to be debugged.
func (d *debugger) Start(ctx context.Context, spec target.Spec) (target.Process, error) {
	d.mu.Lock()
	d.specs = append(d.specs, spec)
	d.mu.Unlock()
	return d.Runner.Start(ctx, spec)
}

func (d *debugger) set(change func(*session.DebuggerState)) {
	d.mu.Lock()
	change(&d.state)
	d.mu.Unlock()
	select {
	case d.changed <- struct{}{}:
	default:
	}
}

func (d *debugger) pause() { d.set(func(s *session.DebuggerState) { s.State = session.DebugPaused }) }
func (d *debugger) goOn()  { d.set(func(s *session.DebuggerState) { s.State = session.DebugAttached }) }

// last is how the last start was asked for.
func (d *debugger) last() target.Spec {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.specs[len(d.specs)-1]
}

// text is the source of file as the last start had it.
func (d *debugger) text(t *testing.T, file string) string {
	t.Helper()
	text, err := d.last().Debug.Source(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// debugged opens a session with a debugger.
func debugged(t *testing.T, files string) (*workspace, *debugger) {
	d := &debugger{changed: make(chan struct{}, 1), state: session.DebuggerState{State: session.DebugIdle, Endpoint: "unix:/dap"}}
	w := open(t, files, func(o *session.Options) {
		d.Runner = o.Runner
		o.Runner, o.Debugger = d, d
	})
	w.reload(session.Swapped)
	w.running()
	return w, d
}

// paused waits until the app stands in the debugger.
func (w *workspace) paused(message string) {
	w.Helper()
	w.until("state paused "+message, func() bool {
		return w.status.State == session.Paused && w.status.Message == message
	})
}

func TestASaveWaitsForAnAppThatStandsInTheDebugger(t *testing.T) {
	w, d := debugged(t, hello)
	d.pause()
	w.paused("")
	w.edit("text/text.go", "one", "two")
	w.paused("rev 2 is built, waiting for you")
	w.answers("one")
	w.edit("text/text.go", "two", "three")
	w.paused("rev 3 is built, waiting for you")
	w.edit("text/text.go", `"three"`, `three`)
	w.reload(session.BuildFailed)
	w.edit("text/text.go", `three`, `"four"`)
	w.paused("rev 5 is built, waiting for you")
	w.answers("one")
	d.goOn()
	if r := w.reload(session.Swapped); r.Rev != 5 {
		t.Errorf("the reload is of rev %d, want 5", r.Rev)
	}
	w.running()
	w.answers("four")
	for _, rev := range []int{2, 3} {
		for _, r := range w.History() {
			if r.Rev == rev && r.Outcome != session.Superseded {
				t.Errorf("rev %d was recorded as %s", rev, r.Outcome)
			}
		}
	}
}

func TestReloadDoesNotWaitForTheDebugger(t *testing.T) {
	w, d := debugged(t, hello)
	d.pause()
	w.paused("")
	w.edit("text/text.go", "one", "two")
	w.paused("rev 2 is built, waiting for you")
	if r, err := w.Reload(t.Context(), true); err != nil || r.Outcome != session.Swapped {
		t.Fatalf("reload: %+v, %v", r, err)
	}
	w.answers("two")
}

func TestASaveMayRestartAnAppThatStandsInTheDebugger(t *testing.T) {
	w, d := debugged(t, hello+"-- hotdev.toml --\n[debug]\nwhile_paused = \"restart\"\n")
	d.pause()
	w.paused("")
	w.edit("text/text.go", "one", "two")
	w.reload(session.Swapped)
	w.answers("two")
}

func TestWhatWaitsForTheDebuggerGoesWithTheApp(t *testing.T) {
	w, d := debugged(t, hello)
	d.pause()
	w.paused("")
	w.edit("text/text.go", "one", "two")
	w.paused("rev 2 is built, waiting for you")
	_, _ = w.tryGet("/exit")
	w.reload(session.Swapped)
	w.answers("two")

	w.edit("text/text.go", "two", "three")
	w.paused("rev 3 is built, waiting for you")
	if _, err := w.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.goOn()
	w.until("state stopped", func() bool { return w.status.State == session.Stopped })
	w.gone()
	if _, err := w.Start(t.Context(), session.StartOptions{}); err != nil {
		t.Fatal(err)
	}
	w.answers("three")
}

// TestHeldRequestsHaveTimeWhileTheAppStands holds a request for longer than
// hold_timeout: the version that is to answer it stands in the debugger.
func TestHeldRequestsHaveTimeWhileTheAppStands(t *testing.T) {
	w, d := debugged(t, hello+"-- hotdev.toml --\n[proxy]\nhold_timeout = \"100ms\"\n[run]\nexclusive = true\n")
	d.pause()
	w.paused("")
	w.edit("text/text.go", `"one"`, `func() string { time.Sleep(time.Second); return "two" }()`)
	w.edit("text/text.go", "package text", "package text\n\nimport \"time\"")
	w.until("a version that waits", func() bool { return strings.Contains(w.status.Message, "waiting for you") })
	answered := make(chan string, 1)
	started := w.Status().Running.PID
	if _, err := w.Reload(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	w.until("the old version to go", func() bool { return w.status.Running == nil || w.status.Running.PID != started })
	go func() {
		resp, err := http.Get("http://localhost:" + w.port)
		if err != nil {
			answered <- err.Error()
			return
		}
		resp.Body.Close()
		answered <- resp.Status
	}()
	if got := <-answered; got != "200 OK" {
		t.Errorf("the held request got %q", got)
	}
}

func TestTheDebuggerSeesSourcesAsTheyWereBuilt(t *testing.T) {
	w, d := debugged(t, hello)
	file := filepath.Join(w.dir, "text/text.go")
	built := w.read("text/text.go")
	w.edit("text/text.go", `"one"`, `one`)
	w.reload(session.BuildFailed)
	if got := d.text(t, file); got != built {
		t.Errorf("rev 1 was built from %q, not from %q", built, got)
	}
	w.edit("text/text.go", `one`, `"two"`)
	w.reload(session.Swapped)
	if got := d.text(t, file); got != strings.Replace(built, "one", "two", 1) {
		t.Errorf("rev 3 was built from %q", got)
	}
	if _, err := w.Rollback(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	if got := d.text(t, file); got != built {
		t.Errorf("rev 1, put back, was built from %q", got)
	}
	if _, err := d.specs[0].Debug.Source(filepath.Join(w.dir, "none.go")); err == nil {
		t.Error("a file that does not exist has a text")
	}
}

func TestLostBreakpointsAreDiagnostics(t *testing.T) {
	w, d := debugged(t, hello)
	file := filepath.Join(w.dir, "main.go")
	answer, err := w.SetBreakpoints(file, []session.Breakpoint{{Line: 15}, {Line: 12}})
	if err != nil {
		t.Fatal(err)
	}
	set, err := answer(t.Context())
	if err != nil || len(set) != 2 || set[0].Line != 15 {
		t.Fatalf("set %+v, %v", set, err)
	}
	if list := w.Breakpoints(); len(list) != 2 || list[0].Line != 12 {
		t.Errorf("after the answer the breakpoints are %+v, want those that were set, by line", list)
	}
	d.set(func(s *session.DebuggerState) {
		s.Breakpoints = []session.Breakpoint{{ID: 1, File: file, Line: 15, Lost: true, Message: "breakpoint lost: its line is gone"}}
	})
	w.until("the diagnostic", func() bool { return len(w.byFile["main.go"]) == 1 })
	if found := w.byFile["main.go"][0]; found.Owner != diag.Breakpoint || found.Line != 15 || found.Severity != diag.Warning || !strings.Contains(found.Message, "lost") {
		t.Errorf("the diagnostic is %+v", found)
	}
	d.set(func(s *session.DebuggerState) { s.Breakpoints = nil })
	w.until("no diagnostic", func() bool { return len(w.byFile) == 0 })
	if _, err := w.SetBreakpoints(filepath.Join(w.dir, "page.html"), nil); err == nil || !strings.Contains(err.Error(), "no Go file") {
		t.Errorf("the error is %v", err)
	}
	if answer, err = w.SetBreakpoints(file, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := answer(t.Context()); err == nil || !strings.Contains(err.Error(), "main.go: no answer") {
		t.Errorf("the error is %v", err)
	}
}

func TestTheDebuggerCanBeOff(t *testing.T) {
	w, d := debugged(t, hello+"-- hotdev.toml --\n[debug]\nmode = \"off\"\n")
	d.pause()
	if s := w.Status().Debug; s != (session.DebugStatus{Mode: "off", State: session.DebugOff}) {
		t.Errorf("the debugger's state is %+v", s)
	}
	if _, err := w.SetBreakpoints(filepath.Join(w.dir, "main.go"), nil); !errors.Is(err, session.ErrNoDebugger) {
		t.Errorf("the error is %v", err)
	}
	if d.specs[0].Debug != nil {
		t.Error("the app was started to be debugged")
	}
	d.goOn()
	w.write("hotdev.toml", "[debug]\nmode = \"always\"\n")
	w.reload(session.Swapped)
	if last := d.specs[len(d.specs)-1]; last.Debug == nil || !last.Debug.Always || !last.Binary.Debuggable {
		t.Errorf("the app was started with %+v", last)
	}
	d.pause()
	w.paused("")
	if s := w.Status().Debug; s.Endpoint != "unix:/dap" {
		t.Errorf("the debugger's state is %+v", s)
	}
}
