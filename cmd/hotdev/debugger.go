package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"sync"

	"github.com/hotdev/hotdev/debug"
	"github.com/hotdev/hotdev/debug/breakpoint"
	"github.com/hotdev/hotdev/debug/dap"
	"github.com/hotdev/hotdev/rpc/server"
	"github.com/hotdev/hotdev/rpc/wire"
	"github.com/hotdev/hotdev/session"
)

// Custom events of the debug adapter; their body is the reload's record.
const (
	eventReloaded    = "hotdev/reloaded"
	eventBuildFailed = "hotdev/buildFailed"
)

// debugger joins the three that do not know each other: the runner that has
// Delve, the front that has the DAP clients and the breakpoints, and the
// session. It is the session's debugger.
//
// Its goroutines, all waited for by serve: the front's, one that carries what
// the clients want to the runner, and one that tells the clients of reloads.
type debugger struct {
	runner   *debug.Runner
	front    *dap.Front
	listener *wire.Listener
	session  func() *session.Session
	log      *slog.Logger
	changed  chan struct{} // holds a token when State may have changed

	wishing sync.Mutex // held from the look at the front's state until the runner knows it
}

// newDebugger makes the debugger of d, whose session may come later. Breakpoints
// are kept in ledger; dir is for sockets.
func newDebugger(d *daemon, exe, ledger, dir string, log *slog.Logger) (*debugger, error) {
	g := &debugger{session: func() *session.Session { return d.session }, log: log, changed: make(chan struct{}, 1)}
	var err error
	if g.front, err = dap.New(dap.Options{Reload: g.reload, Launch: g.launch, LedgerFile: ledger, Logger: log}); err != nil {
		return nil, err
	}
	if g.listener, err = d.claim.ListenDebug(); err != nil {
		return nil, fmt.Errorf("listening for debuggers: %w", err)
	}
	g.runner = debug.New(debug.Options{Exe: exe, Plain: d.runner, Dir: dir, Front: frontOfRunner{g.front}, Logger: log})
	return g, nil
}

// frontOfRunner is the front as the runner sees it.
type frontOfRunner struct{ *dap.Front }

func (f frontOfRunner) Begin(ctx context.Context, g debug.Generation) error {
	return f.Front.Begin(ctx, dap.Generation(g))
}

// serve serves DAP clients until ctx ends.
func (g *debugger) serve(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var running sync.WaitGroup
	defer running.Wait()
	running.Go(func() { g.carry(ctx) })
	running.Go(func() { g.announce(ctx) })
	err := g.front.Serve(ctx, g.listener)
	cancel()
	if ctx.Err() != nil && (err == nil || errors.Is(err, context.Canceled)) {
		return nil
	}
	return err
}

// carry tells the runner what the front's clients want, and the session of
// changes of both.
func (g *debugger) carry(ctx context.Context) {
	for {
		g.wish()
		select {
		case g.changed <- struct{}{}:
		default: // it has a token
		}
		select {
		case <-g.front.Changed():
		case <-g.runner.Changed():
		case <-ctx.Done():
			return
		}
	}
}

// wish tells the runner what the front's clients want now.
func (g *debugger) wish() {
	g.wishing.Lock()
	defer g.wishing.Unlock()
	s := g.front.State()
	g.runner.Set(debug.Wish{Wanted: s.Wanted, Paused: s.Paused})
}

// announce tells the front's clients of the session's reloads.
func (g *debugger) announce(ctx context.Context) {
	for {
		_, sub := g.session().Subscribe(math.MaxUint64)
		err := g.announceFrom(ctx, sub)
		sub.Close()
		if !errors.Is(err, session.ErrLagged) {
			return
		}
	}
}

func (g *debugger) announceFrom(ctx context.Context, sub *session.Subscription) error {
	for {
		notices, err := sub.Next(ctx)
		if err != nil {
			return err
		}
		for _, n := range notices {
			r, ok := n.(session.Reloaded)
			if !ok {
				continue
			}
			switch r.Reload.Outcome {
			case session.BuildFailed, session.StartFailed:
				g.front.Announce(eventBuildFailed, server.ConvertReload(r.Reload))
			case session.Swapped, session.Restarted, session.RolledBack:
				g.front.Announce(eventReloaded, server.ConvertReload(r.Reload))
			}
		}
	}
}

// reload builds and swaps for a DAP client.
func (g *debugger) reload(ctx context.Context) error {
	r, err := g.session().Reload(ctx, true)
	if err != nil {
		return err
	}
	if r.Outcome == session.BuildFailed || r.Outcome == session.StartFailed {
		return errors.New(r.Message)
	}
	return nil
}

// launch starts the app for a DAP client, whose breakpoints count from the first
// instruction on.
func (g *debugger) launch(ctx context.Context, wanted dap.Launch) error {
	g.wish()
	status, err := g.session().Start(ctx, session.StartOptions(wanted))
	switch {
	case err != nil:
		return err
	case status.Running == nil && status.Message != "":
		return errors.New(status.Message)
	}
	return nil
}

// State implements session.Debugger.
func (g *debugger) State() session.DebuggerState {
	front, runner := g.front.State(), g.runner.State()
	s := session.DebuggerState{
		State:    session.DebugState(runner.State),
		Reason:   runner.Reason,
		Clients:  front.Clients,
		Wanted:   front.Wanted,
		Endpoint: g.listener.Addr().Network() + ":" + g.listener.Addr().String(),
	}
	if front.Paused {
		s.State = session.DebugPaused
	}
	for _, b := range g.front.Breakpoints() {
		s.Breakpoints = append(s.Breakpoints, convertBreakpoint(b))
	}
	return s
}

// Changed implements session.Debugger.
func (g *debugger) Changed() <-chan struct{} { return g.changed }

// SetBreakpoints implements session.Debugger.
func (g *debugger) SetBreakpoints(file string, list []session.Breakpoint) (session.Answer[[]session.Breakpoint], error) {
	specs := make([]breakpoint.Spec, 0, len(list))
	for _, b := range list {
		specs = append(specs, breakpoint.Spec{Line: b.Line, Condition: b.Condition, HitCondition: b.HitCondition, LogMessage: b.LogMessage})
	}
	answer, err := g.front.SetBreakpoints(file, specs)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) ([]session.Breakpoint, error) {
		set, err := answer(ctx)
		if err != nil {
			return nil, err
		}
		converted := make([]session.Breakpoint, 0, len(set))
		for _, b := range set {
			converted = append(converted, convertBreakpoint(b))
		}
		return converted, nil
	}, nil
}

func convertBreakpoint(b breakpoint.Breakpoint) session.Breakpoint {
	return session.Breakpoint{
		ID:           b.ID,
		Owner:        b.Owner,
		File:         b.File,
		Line:         b.Line,
		Function:     b.Function,
		Condition:    b.Condition,
		HitCondition: b.HitCondition,
		LogMessage:   b.LogMessage,
		Verified:     b.Verified,
		Message:      b.Message,
		Lost:         b.Lost,
	}
}
