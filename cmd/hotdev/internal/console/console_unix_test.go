//go:build unix

package console

import (
	"context"
	"errors"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"github.com/hotdev/hotdev/cmd/hotdev/internal/feed"
	"github.com/hotdev/hotdev/rpc/protocol"
)

// fakeApp records what the console asks for.
type fakeApp struct{ calls chan string }

func (a *fakeApp) Reload(context.Context) error { a.calls <- "reload"; return nil }
func (a *fakeApp) Start(context.Context) error {
	a.calls <- "start"
	return errors.New("no such luck")
}
func (a *fakeApp) Stop(context.Context) error { a.calls <- "stop"; return nil }
func (a *fakeApp) Input(_ context.Context, text string, eof bool) error {
	if eof {
		text += "<eof>"
	}
	a.calls <- "input " + text
	return nil
}

// bench is a console on a pseudo-terminal.
type bench struct {
	*testing.T
	feed   *feed.Feed
	app    *fakeApp
	master *os.File
	tty    *os.File
	output chan string // what appeared, in pieces
	seen   string      // what expect has not consumed yet
	ended  chan error  // Run's result
	cancel context.CancelFunc
}

func newBench(t *testing.T) *bench {
	master, tty, err := pty.Open()
	if err != nil {
		t.Skipf("no pseudo-terminal: %v", err)
	}
	if err := pty.Setsize(master, &pty.Winsize{Rows: 24, Cols: 60}); err != nil {
		t.Fatal(err)
	}
	b := &bench{T: t, feed: feed.New(), app: &fakeApp{calls: make(chan string, 10)}, master: master, tty: tty, output: make(chan string, 1000), ended: make(chan error, 1)}
	go func() {
		defer close(b.output)
		buf := make([]byte, 4096)
		for {
			n, err := master.Read(buf)
			if err != nil {
				return
			}
			b.output <- string(buf[:n])
		}
	}()
	return b
}

// run starts the console on the terminal, which is not this process's own, as
// if it were.
func (b *bench) run() {
	ctx, cancel := context.WithCancel(b.Context())
	b.cancel = cancel
	c := New(Options{
		In: b.tty, Out: b.tty,
		Format: Format{Color: true, Dir: "/src"},
		App:    b.app,
		Open:   func(u string) error { b.app.calls <- "open " + u; return nil },
		Quit:   "quit for good",
	}, b.feed)
	done := make(chan struct{})
	go func() {
		defer close(done)
		b.ended <- c.run(ctx, c.live, nil)
	}()
	b.Cleanup(func() {
		cancel()
		<-done
		b.tty.Close()
		b.master.Close()
	})
}

// failsafe ends a test whose event never comes.
func failsafe() <-chan time.Time { return time.After(20 * time.Second) }

// expect waits until what appears matches pattern, and consumes it.
func (b *bench) expect(pattern string) {
	b.Helper()
	re := regexp.MustCompile(pattern)
	for {
		if loc := re.FindStringIndex(b.seen); loc != nil {
			b.seen = b.seen[loc[1]:]
			return
		}
		select {
		case s, ok := <-b.output:
			if !ok {
				b.Fatalf("the terminal closed before %q; last: %q", pattern, b.seen)
			}
			b.seen += s
		case <-failsafe():
			b.Fatalf("%q did not appear; last: %q", pattern, b.seen)
		}
	}
}

func (b *bench) press(keys string) {
	b.Helper()
	if _, err := b.master.WriteString(keys); err != nil {
		b.Fatal(err)
	}
}

func (b *bench) called(want string) {
	b.Helper()
	select {
	case got := <-b.app.calls:
		if got != want {
			b.Fatalf("the console asked for %q, want %q", got, want)
		}
	case <-failsafe():
		b.Fatalf("the console did not ask for %q", want)
	}
}

func (b *bench) echoes() bool {
	b.Helper()
	m, err := newMode(b.tty)
	if err != nil {
		b.Fatal(err)
	}
	return m.saved.Lflag&unix.ECHO != 0 && m.saved.Lflag&unix.ICANON != 0
}

var serving = protocol.Status{
	App: "example.com/app", State: protocol.StateRunning, Workspace: "/src", Rev: 7,
	Running: &protocol.Running{Rev: 7, Address: "[::]:8080"},
}

func TestConsole(t *testing.T) {
	b := newBench(t)
	if !b.echoes() {
		t.Fatal("a new terminal does not echo")
	}
	b.run()
	b.expect(`connecting…`)
	if b.echoes() {
		t.Error("the terminal echoes keys")
	}
	b.feed.Status(serving)
	b.expect(`developing \x1b\[1mexample.com/app\x1b\[0m in /src`)
	b.expect(`the app answers at \x1b\[1mhttp://localhost:8080`)
	b.expect(`● running rev 7`)

	// A log line goes above the status line, which is drawn anew.
	b.feed.Logs(protocol.LogParams{Entries: []protocol.LogEntry{{Stream: "stderr", Text: "\x1b[32mhello\x1b[0m"}}})
	b.expect(`\r\x1b\[J\x1b\[32mhello\x1b\[0m\x1b\[0m\r\n\x1b\[32m● running rev 7`)

	// Build output is shown only where it explains a failure.
	b.feed.Logs(protocol.LogParams{Entries: []protocol.LogEntry{{Stream: "build", Text: "compiler says"}}})
	b.feed.Reloaded(protocol.Reload{Rev: 8, Outcome: protocol.OutcomeBuildFailed, Diagnostics: []protocol.Diagnostic{{File: "/src/x.go", Line: 1, Severity: "error", Message: "bad"}}})
	b.expect(`\r\x1b\[J\x1b\[31m✗ rev 8\x1b\[0m[^\n]*\n[^\n]*x.go:1: [^\n]*bad`)
	b.feed.Logs(protocol.LogParams{Entries: []protocol.LogEntry{{Stream: "build", Text: "make says"}}})
	b.feed.Reloaded(protocol.Reload{Rev: 9, Outcome: protocol.OutcomeBuildFailed})
	b.expect(`make says\r\n[^\n]*✗ rev 9`)

	b.press("r")
	b.called("reload")
	b.press("s")
	b.called("stop")
	b.press("o")
	b.called("open http://localhost:8080")
	b.press("?")
	b.expect(`r  reload`)
	b.expect(`quit for good`)
	b.press("c")
	b.expect(`\x1b\[2J`)

	b.press("i")
	b.expect(`input> `)
	b.press("héllo q\x17r") // q and r are text here
	b.expect(`input> \x1b\[0mhéllo r`)
	b.press("\n")
	b.called("input héllo r\n")
	b.press("i")
	b.expect(`input> `)
	b.press("\x04")
	b.called("input <eof>")
	b.press("i")
	b.expect(`input> `)
	b.press(strings.Repeat("x", 80) + "\tend") // the end of a long line is shown
	b.expect(`input> \x1b\[0m…x+ +end`)
	b.press("\x1b")
	b.expect(`● running rev 7`)

	stopped := serving
	stopped.State, stopped.Running = protocol.StateStopped, nil
	b.feed.Status(stopped)
	b.expect(`● stopped`)
	b.press("s")
	b.called("start")
	b.expect(`start: no such luck`)
	b.press("o")
	b.expect(`open: the app does not listen anywhere`)

	b.press("q")
	select {
	case err := <-b.ended:
		if err != nil {
			t.Errorf("q ended the console with %v", err)
		}
	case <-failsafe():
		t.Fatal("q did not end the console")
	}
	if !b.echoes() {
		t.Error("the terminal's mode was not put back")
	}
}

// TestConsoleEnds lets a console end in the other ways: the terminal is right
// after each.
func TestConsoleEnds(t *testing.T) {
	gone := errors.New("connection lost")
	for name, tt := range map[string]struct {
		end  func(*bench)
		want error
	}{
		"context": {func(b *bench) { b.cancel() }, nil},
		"feed":    {func(b *bench) { b.feed.End(gone) }, gone},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.run()
			b.expect(`connecting…`)
			tt.end(b)
			select {
			case err := <-b.ended:
				if !errors.Is(err, tt.want) {
					t.Errorf("Run = %v, want %v", err, tt.want)
				}
			case <-failsafe():
				t.Fatal("the console did not end")
			}
			if !b.echoes() {
				t.Error("the terminal's mode was not put back")
			}
		})
	}
}

func TestConsoleFollowsTheWidth(t *testing.T) {
	b := newBench(t)
	b.run()
	b.feed.Status(serving)
	b.expect(`● running rev 7\x1b\[0m · http://localhost:8080\x1b\[2m · \? help`)
	if err := pty.Setsize(b.master, &pty.Winsize{Rows: 24, Cols: 20}); err != nil {
		t.Fatal(err)
	}
	b.feed.Logs(protocol.LogParams{Entries: []protocol.LogEntry{{Stream: "stdout", Text: "x"}}})
	b.expect(`● running rev 7\x1b\[0m · …`)
}

// TestPlain runs a console on pipes: plain lines come out, the app's own output
// goes where its own output shall go, and all input goes to the app.
func TestPlain(t *testing.T) {
	in, out, appOut := newPipe(t), newPipe(t), newPipe(t)
	app := &fakeApp{calls: make(chan string, 10)}
	f := feed.New()
	c := New(Options{In: in.r, Out: out.w, AppOut: appOut.w, App: app}, f)
	if _, err := in.w.WriteString("one\nhalf of \xc3"); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Run(t.Context(), nil) }()
	b := &bench{T: t, app: app}
	b.called("input one\nhalf of ")
	if _, err := in.w.WriteString("\xa9"); err != nil {
		t.Fatal(err)
	}
	in.w.Close()
	b.called("input é")
	b.called("input <eof>")

	f.Status(protocol.Status{State: protocol.StateBuilding, Message: "first build"})
	building := "● building rev 0… · first build\n"
	line := make([]byte, len(building))
	if _, err := io.ReadFull(out.r, line); err != nil || string(line) != building {
		t.Errorf("the first line is %q (%v), want %q", line, err, building)
	}
	f.Logs(protocol.LogParams{Entries: []protocol.LogEntry{
		{Stream: "stdout", Text: "to \x1b[1mstdout"}, {Stream: "stderr", Text: "to \x1b[1mstderr"},
	}, Missed: 3})
	f.Status(serving)
	gone := errors.New("connection lost")
	f.End(gone)
	if err := <-ended; !errors.Is(err, gone) {
		t.Errorf("Run = %v, want %v", err, gone)
	}
	want := `hotdev: 3 lines not shown: this terminal was too slow
to stderr
hotdev: developing example.com/app in /src
hotdev: every save of a file that its build uses becomes the running version (hotdev why FILE explains)
hotdev: the app answers at http://localhost:8080
`
	if got := out.read(t); got != want {
		t.Errorf("human output:\n%s\nwant:\n%s", got, want)
	}
	if got := appOut.read(t); got != "to \x1b[1mstdout\n" {
		t.Errorf("the app's output: %q", got)
	}
}

// TestPlainEndsWithOut ends a console whose reader has gone.
func TestPlainEndsWithOut(t *testing.T) {
	out := newPipe(t)
	out.r.Close()
	f := feed.New()
	f.Logs(protocol.LogParams{Entries: []protocol.LogEntry{{Stream: "stderr", Text: "x"}}})
	err := New(Options{Out: out.w}, f).Run(t.Context(), nil)
	if !errors.Is(err, unix.EPIPE) {
		t.Errorf("Run = %v, want EPIPE", err)
	}
}

type pipe struct{ r, w *os.File }

func newPipe(t *testing.T) pipe {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(); w.Close() })
	return pipe{r, w}
}

// read returns everything that was written so far.
func (p pipe) read(t *testing.T) string {
	t.Helper()
	p.w.Close()
	var b strings.Builder
	buf := make([]byte, 4096)
	for {
		n, err := p.r.Read(buf)
		b.Write(buf[:n])
		if err != nil {
			return b.String()
		}
	}
}

// TestFinish shows the last lines of an app that is being stopped.
func TestFinish(t *testing.T) {
	out := newPipe(t)
	f := feed.New()
	gone := errors.New("stopped badly")
	err := New(Options{Out: out.w}, f).Finish(func() error {
		f.Logs(protocol.LogParams{Entries: []protocol.LogEntry{{Stream: "stderr", Text: "bye"}}})
		f.End(errors.New("connection lost"))
		return gone
	})
	if !errors.Is(err, gone) {
		t.Errorf("Finish = %v, want last's error", err)
	}
	if got := out.read(t); got != "bye\n" {
		t.Errorf("shown: %q", got)
	}
}
