package session

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/hotdev/hotdev/session/diag"
	"github.com/hotdev/hotdev/session/target"
)

// ErrNoDebugger is returned by what needs a debugger where there is none.
var ErrNoDebugger = errors.New(`there is no debugger: [debug] mode is "off"`)

// Debugger is what a session needs of a debugger, beside its Runner. Its
// methods may be called by any goroutine and must not block for long.
type Debugger interface {
	// State returns the state as it is now; the value shares nothing that
	// changes.
	State() DebuggerState
	// Changed delivers after the state has changed. It has room for one.
	Changed() <-chan struct{}
	// SetBreakpoints replaces the breakpoints of file that clients which are no
	// debuggers keep. The answer has them once they are set, in the order in
	// which they were given; it may be waited for beside others.
	SetBreakpoints(file string, list []Breakpoint) (Answer[[]Breakpoint], error)
}

// DebuggerState is the state of a debugger.
type DebuggerState struct {
	State       DebugState
	Reason      string // why it is unavailable, and the mend
	Clients     int    // debuggers that are connected
	Wanted      bool   // there is one, or a breakpoint
	Endpoint    string // where they connect to: unix:PATH or tcp:HOST:PORT
	Breakpoints []Breakpoint
}

// DebugState names what a debugger does.
type DebugState string

// The states of a debugger.
const (
	DebugOff         DebugState = "off"         // by the configuration
	DebugIdle        DebugState = "idle"        // nobody wants it, and nothing of it runs
	DebugAttached    DebugState = "attached"    // the app runs under it
	DebugPaused      DebugState = "paused"      // the app stands in it
	DebugUnavailable DebugState = "unavailable" // it is wanted and can't be had
)

// Breakpoint is a place where the app shall stop.
type Breakpoint struct {
	ID           int    // stable over reloads
	Owner        string // who keeps it
	File         string // absolute; "" for one at a function
	Line         int    // in the newest version, from 1
	Function     string
	Condition    string // a Go expression
	HitCondition string
	LogMessage   string // printed instead of stopping
	Verified     bool   // the app that runs, if any, can stop there
	Message      string // why it is not verified
	Lost         bool   // a change of the file took its statement away
}

// Breakpoints returns all breakpoints, by file and line.
func (s *Session) Breakpoints() []Breakpoint { return s.hub.breakpoints() }

// SetBreakpoints replaces the breakpoints of file that clients which are no
// debuggers keep. The answer has them as they are once they are set, in the order
// in which they were given. From then on, Breakpoints and subscribers' notices
// have them.
func (s *Session) SetBreakpoints(file string, list []Breakpoint) (Answer[[]Breakpoint], error) {
	if s.opt.Debugger == nil || s.Status().Debug.State == DebugOff {
		return nil, ErrNoDebugger
	}
	failed := func(err error) error { return fmt.Errorf("setting breakpoints in %s: %w", file, err) }
	answer, err := s.opt.Debugger.SetBreakpoints(file, list)
	if err != nil {
		return nil, failed(err)
	}
	return func(ctx context.Context) ([]Breakpoint, error) {
		set, err := answer(ctx)
		if err == nil {
			err = s.publishBreakpoints(ctx)
		}
		if err != nil {
			return nil, failed(err)
		}
		return set, nil
	}, nil
}

// publishBreakpoints returns once the breakpoints that the debugger has now are
// those that Breakpoints returns.
func (s *Session) publishBreakpoints(ctx context.Context) error {
	published := make(chan struct{}, 1)
	if err := s.send(ctx, breakpointsSet{published}); err != nil {
		return err
	}
	_, err := await(ctx, s, published)
	return err
}

// debuggerChanged is the channel of the debugger's changes; nil for none.
func (s *Session) debuggerChanged() <-chan struct{} {
	if s.opt.Debugger == nil {
		return nil
	}
	return s.opt.Debugger.Changed()
}

// onDebugger takes the debugger's new state: a version that waits for the app
// to go on comes into service once it does.
func (l *loop) onDebugger() {
	before := l.debug
	l.debug = DebuggerState{}
	if !l.debugOff() {
		l.debug = l.s.opt.Debugger.State()
	}
	slices.SortStableFunc(l.debug.Breakpoints, func(a, b Breakpoint) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.ID, b.ID))
	})
	if !reflect.DeepEqual(before.Breakpoints, l.debug.Breakpoints) {
		l.s.hub.setBreakpoints(l.debug.Breakpoints)
		l.found.set(diag.Breakpoint, l.rev, lostBreakpoints(l.debug.Breakpoints))
	}
	if l.debug.Clients > 0 {
		l.twin.debugged = true
	}
	if before.Clients != l.debug.Clients {
		l.awaitIdle()
	}
	l.goOn()
}

// debugOff reports whether the app can't be debugged, by the configuration.
func (l *loop) debugOff() bool { return l.s.opt.Debugger == nil || l.config.Debug.Mode == "off" }

// debugging says how b, about to start, may be debugged; nil: not at all.
func (l *loop) debugging(b *target.Binary) *target.Debug {
	if l.debugOff() {
		return nil
	}
	builder, path := l.s.builder, b.Path
	return &target.Debug{
		Always: l.config.Debug.Mode == "always",
		Source: l.sources[b.BuildID].text,
		Info:   func(ctx context.Context) (string, error) { return builder.DebugInfo(ctx, path) },
	}
}

// debugged reports whether an app that starts now starts under the debugger.
func (l *loop) debugged() bool {
	return !l.debugOff() && (l.config.Debug.Mode == "always" || l.debug.Wanted)
}

// lostBreakpoints are the diagnostics of breakpoints that a change has taken
// the statement from.
func lostBreakpoints(all []Breakpoint) []diag.Diagnostic {
	var list []diag.Diagnostic
	for _, b := range all {
		if b.Lost && b.File != "" {
			list = append(list, diag.Diagnostic{
				Span:     diag.Span{File: b.File, Line: b.Line},
				Severity: diag.Warning,
				Owner:    diag.Breakpoint,
				Message:  b.Message,
			})
		}
	}
	return list
}

// apply carries out t, which a save asks for: at once, or when the app that
// stands in the debugger goes on. A newer one takes the place of one that waits.
func (l *loop) apply(t *transition) {
	if l.waiting != nil {
		l.supersede(l.waiting)
		l.waiting = nil
	}
	if l.debug.State == DebugPaused && l.app != nil && l.config.Debug.WhilePaused == "wait" && !t.work.now {
		l.waiting = t
		return
	}
	l.move(t)
}

// goOn carries out what has waited for the app to go on, if it does, or is gone.
func (l *loop) goOn() {
	if t := l.waiting; t != nil && (l.debug.State != DebugPaused || l.app == nil) {
		l.waiting = nil
		l.move(t)
	}
}

// dropWaiting gives up what waits, because a command says what shall run.
func (l *loop) dropWaiting() {
	if t := l.waiting; t != nil {
		l.waiting = nil
		l.supersede(t)
	}
}

// debugStatus is the visible state of the debugger.
func (l *loop) debugStatus() DebugStatus {
	mode := l.config.Debug.Mode
	if l.debugOff() {
		return DebugStatus{Mode: mode, State: DebugOff}
	}
	return DebugStatus{Mode: mode, State: l.debug.State, Reason: l.debug.Reason, Clients: l.debug.Clients, Endpoint: l.debug.Endpoint}
}
