package dap

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hotdev/hotdev/debug/breakpoint"
)

// ErrClosed is returned by a Front's methods once Serve has returned.
var ErrClosed = errors.New("the debug front has ended")

// patience is how long the answer of SetBreakpoints waits for Delve's.
const patience = 5 * time.Second

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

// Launch says how a client that launches wants the app started; zero fields keep
// what is in force.
type Launch struct {
	Package string   `json:"package"`
	Args    []string `json:"args"`
	Profile string   `json:"profile"`
}

// Options configures a Front.
type Options struct {
	// Reload builds and swaps now, even if the app is paused; it returns once the
	// new version runs, or with why it does not, soon after its context has ended.
	// Clients ask for it with restart and hotdev/reload. Nil: they can't.
	Reload func(context.Context) error
	// Launch starts the app if it does not run, or not as it is wanted, for clients
	// that launch; it is called when they have set their breakpoints, and returns as
	// Reload does. Nil: launch is attach.
	Launch     func(context.Context, Launch) error
	LedgerFile string       // where the breakpoints of `hotdev break` are kept; "": nowhere
	Logger     *slog.Logger // nil: discarded
}

// State is what is known of a Front from outside.
type State struct {
	Clients int  // that have launched or attached
	Wanted  bool // a client or a breakpoint exists: the app is worth debugging
	Paused  bool // the current generation stands in the debugger
}

// Front serves DAP to any number of clients, over any number of generations of
// the app.
//
// Serve's caller is the loop, which owns all state and never waits for a peer.
// It starts, and waits for: one goroutine that accepts clients; a reader and a
// writer for each client and for each generation; one goroutine for each call of
// Options.Reload and Options.Launch. The methods may be called by any goroutine;
// all but State, Breakpoints and Changed need the loop, and may wait for Serve to
// be called.
type Front struct {
	opt     Options
	ledger  *breakpoint.Ledger // the loop's once it runs
	inputs  chan input
	served  atomic.Bool
	done    chan struct{} // closed when the loop has ended
	changed chan struct{}

	mu    sync.Mutex
	state State
	list  []breakpoint.Breakpoint
}

// New returns a front that holds the breakpoints of o.LedgerFile. It does
// nothing until Serve.
func New(o Options) (*Front, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	ledger, err := loadLedger(o.LedgerFile, o.Logger)
	if err != nil {
		return nil, err
	}
	f := &Front{
		opt: o, ledger: ledger,
		inputs: make(chan input, 64), done: make(chan struct{}), changed: make(chan struct{}, 1),
	}
	f.publish(State{Wanted: !ledger.Empty()})
	return f, nil
}

// Serve accepts clients on l until ctx ends, then ends the sessions of all
// clients and lets go of all generations, and closes l. It returns nil after ctx
// has ended, else why l accepts no more. Call it once.
func (f *Front) Serve(ctx context.Context, l net.Listener) error {
	if !f.served.CompareAndSwap(false, true) {
		return errors.New("the debug front is served already")
	}
	return newLoop(f).run(ctx, l)
}

// Begin makes g the current generation: the older one gets rid of its
// breakpoints and runs on. It returns once g's breakpoints are set and its app
// runs, or stands where a client wanted it to, and it takes over g.Conn, also
// when it fails. An older generation is current again when g ends first.
func (f *Front) Begin(ctx context.Context, g Generation) error {
	result := make(chan error, 1)
	in := newGeneration(g, result)
	select {
	case f.inputs <- begun{in}:
	case <-f.done:
		g.Conn.Close()
		return ErrClosed
	case <-ctx.Done():
		g.Conn.Close()
		return ctx.Err()
	}
	select {
	case err := <-result:
		return err
	case <-f.done:
	case <-ctx.Done():
		f.post(abandoned{in, ctx.Err()})
		select {
		case err := <-result:
			return err
		case <-f.done:
		}
	}
	g.Conn.Close() // the loop may not have seen it
	return ErrClosed
}

// Announce sends a custom event to all clients that have attached and asked for
// such; some editors end the session at an event that they don't know.
func (f *Front) Announce(event string, body any) { f.post(announced{event, body}) }

// SetBreakpoints replaces the breakpoints of `hotdev break` in file, an absolute
// path. Calls count in the order in which they return. The answer, which is called
// once, returns them in the order of specs, with what Delve says if a program runs.
func (f *Front) SetBreakpoints(file string, specs []breakpoint.Spec) (answer func(context.Context) ([]breakpoint.Breakpoint, error), err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("breakpoints in %s: %w", file, err)
	}
	result := make(chan []breakpoint.Breakpoint, 2)
	if !f.post(breakpointsSet{file, text, specs, result}) {
		return nil, ErrClosed
	}
	return func(ctx context.Context) ([]breakpoint.Breakpoint, error) {
		var list []breakpoint.Breakpoint
		var late <-chan time.Time // after the first result, which is what is known without Delve
		for range 2 {
			select {
			case list = <-result:
				late = time.After(patience)
			case <-late:
				return list, nil
			case <-f.done:
				return nil, ErrClosed
			case <-ctx.Done():
				return nil, fmt.Errorf("waiting for the breakpoints in %s: %w", file, context.Cause(ctx))
			}
		}
		return list, nil
	}, nil
}

// State returns the state as of now.
func (f *Front) State() State {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.state
}

// Breakpoints returns the breakpoints of all clients and of `hotdev break`.
func (f *Front) Breakpoints() []breakpoint.Breakpoint {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.list)
}

// Changed holds a value after State or Breakpoints have changed.
func (f *Front) Changed() <-chan struct{} { return f.changed }

// publish makes the state and the ledger's list what others see. Called by the
// loop, and by New before there is one.
func (f *Front) publish(s State) {
	list := f.ledger.List()
	f.mu.Lock()
	same := s == f.state && slices.Equal(list, f.list)
	f.state, f.list = s, list
	f.mu.Unlock()
	if same {
		return
	}
	select {
	case f.changed <- struct{}{}:
	default: // it holds one
	}
}

// post hands in to the loop; false: the loop has ended.
func (f *Front) post(in input) bool {
	select {
	case f.inputs <- in:
		return true
	case <-f.done:
		return false
	}
}
