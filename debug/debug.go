// Package debug runs apps so that Delve can look into them at any time, and
// costs them nothing while nobody wants it. It is the only importer of Delve. It
// knows neither the session nor the DAP clients: it implements target.Runner
// for the one, and hands a connection to Delve to a Front for the others.
//
// # The host
//
// Delve waits for any child of its process, so it never runs in the daemon but
// in a host, a hidden command of this program (see Helper), one for each app
// that is looked into:
//
//   - A host attaches to an app that runs already, and is gone after it has
//     detached.
//   - An app that starts while a debugger is wanted waits at its entry
//     (target.Spec.Held) until a host has attached to it and the Front has set its
//     breakpoints, so those in init functions are hit. That host is as a rule a spare
//     one, which was started for the next app and has got the memory that Delve used
//     for the last one (see spare and memory): to start it and to fill memory took two
//     fifths of the time that the app waited for Delve.
//   - Where the system lets only ancestors attach (Yama's ptrace_scope 1, Ubuntu's
//     default), every app gets a host as its parent from the start, which takes the
//     app's place in the process tree: Options.Plain starts it, with the app's streams,
//     environment and directory, and it ends as the app ends. It holds the app while
//     that is wanted, and waits otherwise.
//
// A host listens nowhere: it connects to a socket of the daemon, once for the
// control messages (see message) and once for each DAP session.
//
// # When something dies
//
// The end of the daemon ends host and app (session/run's guard; the closed
// control connection, too). A host that dies while Delve holds the app leaves
// breakpoint instructions in the app's code, so the app is ended with it and
// this is said in the app's error output.
package debug

import (
	"context"
	"errors"
	"log/slog"
	"net"

	"github.com/hotdev/hotdev/session/target"
)

// ErrClosed is returned by Start after Close.
var ErrClosed = errors.New("the debugging runner is closed")

// Generation is one run of an app that Delve looks into.
type Generation struct {
	Rev     int      // the revision of the sources that the program was built from
	PID     int      // of the app
	Program string   // absolute path of the executable
	Conn    net.Conn // to a fresh DAP session of Delve: attach to it with mode "remote"
	AtEntry bool     // launched, and waits at its entry; false: Delve has just attached to the running process
	// Source returns the text of a source file as the program was built from it.
	Source func(file string) ([]byte, error)
}

// Front is what talks DAP to Delve.
type Front interface {
	// Begin takes g over. It returns once breakpoints are set and the target
	// runs (configurationDone), or with an error; then g.Conn is closed and
	// Delve detaches. The end of g.Conn is the end of the generation. ctx ends
	// when the generation is to end.
	Begin(ctx context.Context, g Generation) error
}

// Wish is what the clients of the debugger want at the moment.
type Wish struct {
	Wanted bool // there is a client or a breakpoint
	Paused bool // the target stands in the debugger: readiness clocks stand still
}

// State says what Delve does at the moment.
type State struct {
	State  string // StateIdle, StateAttached or StateUnavailable
	Reason string // for StateUnavailable: why, and what mends it
	PID    int    // for StateAttached: the app's
}

// Values of State.State.
const (
	StateIdle        = "idle"        // nothing of Delve runs
	StateAttached    = "attached"    // Delve holds the newest app that it could get hold of
	StateUnavailable = "unavailable" // it is wanted, but the newest app can't be debugged; or no app can on this system
)

// Options configures a Runner.
type Options struct {
	Exe    string        // absolute path of the program whose main calls Helper first
	Plain  target.Runner // starts the apps, and the hosts
	Dir    string        // for sockets; absolute, short (sockaddr_un takes about 100 bytes), created with mode 0700
	Front  Front
	Logger *slog.Logger // nil: discarded
}
