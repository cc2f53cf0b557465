//go:build unix

package tui_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/term"
	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"

	"github.com/hotdev/hotdev/cmd/hotdev/internal/console"
	"github.com/hotdev/hotdev/cmd/hotdev/internal/feed"
	"github.com/hotdev/hotdev/cmd/hotdev/internal/tui"
	"github.com/hotdev/hotdev/rpc/protocol"
)

var update = flag.Bool("update", false, "write the golden screens of testdata")

func TestMain(m *testing.M) {
	time.Local = time.UTC // for the times on golden screens
	os.Exit(m.Run())
}

// screen is the program on a pseudo-terminal whose other end is an emulator.
type screen struct {
	testing.TB
	feed     *feed.Feed
	app      *fakeApp
	master   *os.File
	tty      *os.File
	before   *term.State // mode of the terminal before the program ran
	cancel   context.CancelFunc
	ended    chan error    // Run's result
	guarded  chan bool     // true: a guard began, false: it was released
	drawn    chan struct{} // holds a token when the emulator may have changed
	mu       sync.Mutex
	emulator *vt.Emulator
	modes    map[ansi.Mode]bool
}

// newScreen starts the program on a terminal of that size.
func newScreen(t testing.TB, width, height int) *screen {
	t.Helper()
	return newScreenWith(t, width, height, &fakeApp{calls: make(chan string, 10), resume: make(chan struct{})}, true)
}

func newScreenWith(t testing.TB, width, height int, app *fakeApp, color bool) *screen {
	t.Helper()
	master, tty, err := pty.Open()
	if err != nil {
		t.Skipf("no pseudo-terminal: %v", err)
	}
	if err := pty.Setsize(master, &pty.Winsize{Rows: uint16(height), Cols: uint16(width)}); err != nil {
		t.Fatal(err)
	}
	before, err := term.GetState(tty.Fd())
	if err != nil {
		t.Fatal(err)
	}
	s := &screen{
		TB: t, before: before, feed: feed.New(), app: app, master: master, tty: tty,
		ended: make(chan error, 1), guarded: make(chan bool, 10), drawn: make(chan struct{}, 1),
		emulator: vt.NewEmulator(width, height), modes: map[ansi.Mode]bool{},
	}
	s.emulator.SetCallbacks(vt.Callbacks{
		EnableMode:  func(m ansi.Mode) { s.modes[m] = true },
		DisableMode: func(m ansi.Mode) { s.modes[m] = false },
	})
	var terminal sync.WaitGroup
	terminal.Go(s.draw)
	terminal.Go(func() { _, _ = io.Copy(master, s.emulator) }) // answers to questions, until the emulator is closed
	ctx, cancel := context.WithCancel(t.Context())
	s.cancel = cancel
	environ := []string{"TERM=xterm-256color"}
	if !color {
		environ = append(environ, "NO_COLOR=1")
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.ended <- tui.Run(ctx, tui.Options{
			In: tty, Out: tty,
			Environ: environ,
			Format: func(width int) tui.Format {
				return console.Format{Color: color, Width: width, Dir: "/src", ReadFile: sources}
			},
			App:    app,
			Starts: console.Starts,
			Open:   func(st protocol.Status) error { return app.call("open " + console.AppURL(st)) },
			Quit:   "detach",
			Suspend: func() error {
				app.calls <- "suspend"
				<-app.resume
				return app.fail
			},
			Guard: func() (func(), error) {
				s.guarded <- true
				return func() { s.guarded <- false }, nil
			},
		}, s.feed)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
		tty.Close()
		master.Close()
		s.emulator.InputPipe().(io.Closer).Close()
		terminal.Wait()
	})
	return s
}

// sources are the files that diagnostics quote.
func sources(name string) ([]byte, error) {
	if name != "/src/main.go" {
		return nil, os.ErrNotExist
	}
	return []byte("package main\n\nfunc main() {\n\tserve(itmes)\n}\n"), nil
}

// draw shows what the program writes.
func (s *screen) draw() {
	buf := make([]byte, 64<<10)
	for {
		n, err := s.master.Read(buf)
		if err != nil {
			return
		}
		s.mu.Lock()
		_, _ = s.emulator.Write(buf[:n]) // always nil
		s.mu.Unlock()
		select {
		case s.drawn <- struct{}{}:
		default:
		}
	}
}

// text is what is on the screen, without blanks at the ends of rows.
func (s *screen) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b strings.Builder
	for y := range s.emulator.Height() {
		row := ""
		for x := range s.emulator.Width() {
			if c := s.emulator.CellAt(x, y); c != nil && c.Width > 0 {
				row += c.Content
			}
		}
		b.WriteString(strings.TrimRight(row, " ") + "\n")
	}
	return b.String()
}

// wait waits until the screen is as ok wants it.
func (s *screen) wait(what string, ok func(text string) bool) {
	s.Helper()
	timeout := time.NewTimer(failsafe)
	defer timeout.Stop()
	for {
		if ok(s.text()) {
			return
		}
		select {
		case <-s.drawn:
		case err := <-s.ended:
			s.Fatalf("Run ended with %v before %s:\n%s", err, what, s.text())
		case <-timeout.C:
			s.Fatalf("%s did not come:\n%s", what, s.text())
		}
	}
}

// failsafe ends a test whose event never comes.
const failsafe = 30 * time.Second

// expect waits until the screen matches a pattern.
func (s *screen) expect(pattern string) {
	s.Helper()
	s.wait(fmt.Sprintf("%q", pattern), regexp.MustCompile(pattern).MatchString)
}

// lacks waits until the screen matches a pattern no more.
func (s *screen) lacks(pattern string) {
	s.Helper()
	re := regexp.MustCompile(pattern)
	s.wait(fmt.Sprintf("the end of %q", pattern), func(text string) bool { return !re.MatchString(text) })
}

// golden waits until the screen is as in testdata/NAME.golden.
func (s *screen) golden(name string) {
	s.Helper()
	file := filepath.Join("testdata", name+".golden")
	if *update {
		s.rest()
		if err := os.WriteFile(file, []byte(s.text()), 0o644); err != nil {
			s.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		s.Fatal(err)
	}
	s.wait(fmt.Sprintf("the screen of %s, which is\n%s\nbut it is", file, want), func(text string) bool { return text == string(want) })
}

// rest waits until nothing is drawn for a while: only to write golden screens.
func (s *screen) rest() {
	for {
		select {
		case <-s.drawn:
		case <-time.After(time.Second):
			return
		}
	}
}

func (s *screen) press(keys string) {
	s.Helper()
	if _, err := s.master.WriteString(keys); err != nil {
		s.Fatal(err)
	}
}

// click presses and releases the left button (xterm's SGR protocol); x and y
// count from 0.
func (s *screen) click(x, y int) {
	s.Helper()
	s.press(fmt.Sprintf("\x1b[<0;%d;%dM\x1b[<0;%d;%dm", x+1, y+1, x+1, y+1))
}

// wheel turns the wheel up by notches, down if negative.
func (s *screen) wheel(x, y, notches int) {
	s.Helper()
	button := 64
	if notches < 0 {
		button, notches = 65, -notches
	}
	s.press(strings.Repeat(fmt.Sprintf("\x1b[<%d;%d;%dM", button, x+1, y+1), notches))
}

// resize gives the terminal another size. The program may not listen to the
// signal yet, so it is sent until the screen is as ok wants it.
func (s *screen) resize(width, height int, pattern string) {
	s.Helper()
	s.mu.Lock()
	s.emulator.Resize(width, height)
	s.mu.Unlock()
	if err := pty.Setsize(s.master, &pty.Winsize{Rows: uint16(height), Cols: uint16(width)}); err != nil {
		s.Fatal(err)
	}
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	timeout := time.NewTimer(failsafe)
	defer timeout.Stop()
	for re := regexp.MustCompile(pattern); ; {
		if err := syscall.Kill(os.Getpid(), syscall.SIGWINCH); err != nil {
			s.Fatal(err)
		}
		if re.MatchString(s.text()) {
			return
		}
		select {
		case <-s.drawn:
		case <-again.C:
		case <-timeout.C:
			s.Fatalf("%q did not come at %d×%d:\n%s", pattern, width, height, s.text())
		}
	}
}

// awaitDrawn waits for the terminal to get something.
func (s *screen) awaitDrawn() {
	s.Helper()
	select {
	case <-s.drawn:
	case <-time.After(failsafe):
		s.Fatalf("nothing more was drawn:\n%s", s.text())
	}
}

// restored holds the terminal to what it was before the program ran.
func (s *screen) restored() {
	s.Helper()
	after, err := term.GetState(s.tty.Fd())
	if err != nil {
		s.Fatal(err)
	}
	if *s.before != *after {
		s.Error("the terminal's mode was not put back")
	}
	for s.mode(ansi.ModeAltScreenSaveCursor) || s.mode(ansi.ModeMouseButtonEvent) || s.mode(ansi.ModeBracketedPaste) || !s.mode(ansi.ModeTextCursorEnable) {
		s.awaitDrawn()
	}
}

// mode reports whether the program has set a mode of the terminal.
func (s *screen) mode(m ansi.Mode) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.modes[m]
}

// result is what Run has returned.
func (s *screen) result() error {
	s.Helper()
	select {
	case err := <-s.ended:
		return err
	case <-time.After(failsafe):
		s.Fatalf("Run did not end:\n%s", s.text())
		return nil
	}
}

// print adds lines to the log.
func (s *screen) print(texts ...string) {
	entries := make([]protocol.LogEntry, len(texts))
	for i, text := range texts {
		entries[i] = protocol.LogEntry{Stream: "stdout", Time: "2026-11-24T16:00:01.250Z", Text: text}
	}
	s.feed.Logs(protocol.LogParams{Entries: entries})
}

// numbered are n texts "line FROM" and so on.
func numbered(from, n int) []string {
	texts := make([]string, n)
	for i := range texts {
		texts[i] = fmt.Sprintf("line %d", from+i)
	}
	return texts
}

// fakeApp records what is asked for, and answers what it holds.
type fakeApp struct {
	calls  chan string
	resume chan struct{} // lets Suspend return
	fail   error         // of commands

	mu          sync.Mutex
	diagnostics []protocol.Diagnostic
	reloads     []protocol.Reload
	routes      []protocol.Route
	breakpoints []protocol.Breakpoint
}

func (a *fakeApp) call(name string) error { a.calls <- name; return a.fail }

func (a *fakeApp) Reload(context.Context) error { return a.call("reload") }
func (a *fakeApp) Start(context.Context) error  { return a.call("start") }
func (a *fakeApp) Stop(context.Context) error   { return a.call("stop") }
func (a *fakeApp) Input(_ context.Context, text string, eof bool) error {
	return a.call(fmt.Sprintf("input %q %v", text, eof))
}

func (a *fakeApp) Diagnostics(context.Context) ([]protocol.Diagnostic, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.diagnostics, nil
}

func (a *fakeApp) History(context.Context) ([]protocol.Reload, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.reloads, nil
}

func (a *fakeApp) Routes(context.Context) (protocol.RoutesResult, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return protocol.RoutesResult{Routes: a.routes}, nil
}

func (a *fakeApp) Breakpoints(context.Context) ([]protocol.Breakpoint, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.breakpoints, nil
}

// called waits for a command.
func (s *screen) called(want string) {
	s.Helper()
	select {
	case got := <-s.app.calls:
		if got != want {
			s.Fatalf("the app got %q, want %q", got, want)
		}
	case <-time.After(failsafe):
		s.Fatalf("the app did not get %q:\n%s", want, s.text())
	}
}

var errGone = errors.New("connection lost")
