package dap

import (
	"context"
	"errors"
	"log/slog"
	"net"

	"github.com/hotdev/hotdev/debug/breakpoint"
)

// ErrClosed is returned by a Front's methods once Serve has returned.
var ErrClosed = errors.New("the debug front has ended")

// Generation is one run of the app that a debugger looks into.
type Generation struct {
	Rev     int      // revision of the sources that it was built from
	PID     int      // of the app
	Program string   // path of the executable
	Conn    net.Conn // fresh connection to Delve's DAP server; its EOF is the generation's end
	AtEntry bool     // launched, and waits at its entry; false: attached to a running process
	// Source returns the text of a source file as the program was built from
	// it. It is called by the front's loop and must not block for long.
	Source func(file string) ([]byte, error)
}

// Options configures a Front.
type Options struct {
	// Reload builds and swaps now, even if the app is paused; it returns once the
	// new version runs, or with why it does not. Clients ask for it with restart
	// and hotdev/reload.
	Reload func(context.Context) error
	// Launch starts the app if it does not run, for clients that launch.
	Launch     func(context.Context) error
	LedgerFile string       // where breakpoints outlive the daemon; "": nowhere
	Logger     *slog.Logger // nil: discarded
}

// State is what is known of a Front from outside.
type State struct {
	Clients int                     // that have launched or attached
	Wanted  bool                    // a client or a breakpoint exists: the app is worth debugging
	Paused  bool                    // the current generation stands in the debugger
	Lost    []breakpoint.Breakpoint // breakpoints whose statement is gone
}

// Front serves DAP to any number of clients.
type Front struct{}

// New returns a front that holds the breakpoints of o.LedgerFile.
func New(o Options) (*Front, error) { return &Front{}, nil }

// Serve accepts clients on l until ctx ends. Call it once.
func (f *Front) Serve(ctx context.Context, l net.Listener) error { return nil }

// Begin makes g the current generation; it returns once the breakpoints are set
// and the app runs, or stands where a client wanted it to. It takes over g.Conn.
func (f *Front) Begin(ctx context.Context, g Generation) error { return nil }

// Resume lets the app go on if it stands in the debugger.
func (f *Front) Resume() {}

// State returns the state as of now.
func (f *Front) State() State { return State{} }

// Changed holds a value after State or Breakpoints have changed.
func (f *Front) Changed() <-chan struct{} { return nil }

// Announce sends a custom event to all clients that have attached.
func (f *Front) Announce(event string, body any) {}

// SetBreakpoints replaces the breakpoints of `hotdev break` in file, an absolute
// path, and returns them in the order of specs.
func (f *Front) SetBreakpoints(file string, specs []breakpoint.Spec) ([]breakpoint.Breakpoint, error) {
	return nil, nil
}

// Breakpoints returns the breakpoints of all clients and of `hotdev break`.
func (f *Front) Breakpoints() []breakpoint.Breakpoint { return nil }
