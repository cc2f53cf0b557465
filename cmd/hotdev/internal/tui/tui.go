// Package tui is hotdev's full-screen terminal interface: the state, and panes
// for the log, errors, routes, reloads and breakpoints. Like the plain console
// it knows a daemon only as an App and a feed.Feed, so that a terminal has no
// power that other clients lack; how single values read is the plain console's
// business too, see Format.
package tui

import (
	"context"
	"fmt"
	"os"
	"sync"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/hotdev/hotdev/cmd/hotdev/internal/feed"
	"github.com/hotdev/hotdev/rpc/protocol"
)

// App is what keys act on and panes show. The methods may block; each call runs
// in a goroutine of Run's.
type App interface {
	Reload(ctx context.Context) error
	Start(ctx context.Context) error
	Stop(ctx context.Context) error
	// Input writes text to the app's standard input, and closes it after that
	// if eof is set.
	Input(ctx context.Context, text string, eof bool) error

	Diagnostics(ctx context.Context) ([]protocol.Diagnostic, error)
	History(ctx context.Context) ([]protocol.Reload, error) // newest first
	Routes(ctx context.Context) (protocol.RoutesResult, error)
	Breakpoints(ctx context.Context) ([]protocol.Breakpoint, error)
}

// Format renders the protocol's values for people. What it returns holds no
// control characters but SGR sequences, hyperlinks (OSC 8), tabs and line ends.
type Format interface {
	Clock(stamp string) string     // the local time of day of an RFC 3339 time
	Path(file string) string       // a file as people here call it
	Clean(text string) string      // one line of anybody's text
	Log(protocol.LogEntry) string  // one line
	Status(protocol.Status) string // one line
	Reload(protocol.Reload) string // one line, and diagnostics below it
	Diagnostic(protocol.Diagnostic) string
}

// Options configures Run.
type Options struct {
	In, Out *os.File                   // the terminal
	Environ []string                   // says what the terminal can do
	Format  func(width int) Format     // for that many columns
	App     App                        //
	Starts  func(protocol.Status) bool // whether s starts the app rather than stops it
	Open    func(protocol.Status) error
	Quit    string // what q does, for the help: "quit", "detach"
	// Suspend stops this process as Ctrl-Z does, and returns once it goes on.
	Suspend func() error
	// Guard has the terminal put back when this process dies without having
	// done so, until release is called.
	Guard func() (release func(), err error)
}

// Reset is what puts a terminal's screen back that Run can't put back itself.
const Reset = ansi.ResetModifyOtherKeys + "\x1b[<1u" + // as bubbletea does: the key modes of the other screen
	ansi.ResetModeAltScreenSaveCursor + ansi.ResetModeBracketedPaste +
	ansi.ResetModeMouseButtonEvent + ansi.ResetModeMouseExtSgr + ansi.SetModeTextCursorEnable

// Run shows f on the terminal until the person leaves or ctx ends, which gives
// nil, or the feed ends or the terminal can't be used, which gives an error.
// The terminal is put back in every case.
//
// Its goroutines: bubbletea's; one that passes the feed on; one that sends
// typed lines; one for each request that a key or a change of state began. Run
// ends all and waits for its own; bubbletea waits for its.
func Run(ctx context.Context, o Options, f *feed.Feed) error {
	ctx, cancel := context.WithCancel(ctx)
	var tasks sync.WaitGroup
	defer tasks.Wait()
	defer cancel()

	m := newModel(o)
	p := tea.NewProgram(m, tea.WithInput(o.In), tea.WithOutput(o.Out), tea.WithEnvironment(o.Environ), tea.WithoutSignalHandler())
	m.do = func(task func(context.Context) tea.Msg) {
		tasks.Go(func() { p.Send(task(ctx)) })
	}
	if err := m.guard(); err != nil {
		return err
	}
	defer func() { m.release() }()
	tasks.Go(func() { sendLines(ctx, o.App, m.lines, p.Send) })
	tasks.Go(func() {
		for {
			select {
			case <-f.Ready():
				p.Send(f.Take())
			case <-ctx.Done():
				p.Quit()
				return
			}
		}
	})
	if _, err := p.Run(); err != nil {
		return fmt.Errorf("using the terminal: %w", err)
	}
	return m.err
}

// inputLine is a line for the app's standard input.
type inputLine struct {
	text string
	eof  bool
}

// sendLines passes typed lines to the app, in their order.
func sendLines(ctx context.Context, app App, lines <-chan inputLine, send func(tea.Msg)) {
	for {
		select {
		case <-ctx.Done():
			return
		case l := <-lines:
			if err := app.Input(ctx, l.text, l.eof); err != nil {
				send(failure{"input", err})
			}
		}
	}
}
