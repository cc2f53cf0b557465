package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/hotdev/hotdev/cmd/hotdev/internal/telemetry"
	"github.com/hotdev/hotdev/rpc/server"
	"github.com/hotdev/hotdev/rpc/wire"
	"github.com/hotdev/hotdev/session"
	"github.com/hotdev/hotdev/session/config"
	"github.com/hotdev/hotdev/session/run"
)

// daemon is this process in its role as the one that serves a workspace: a
// session, and a server that gives clients access to it.
type daemon struct {
	claim     *wire.Claim
	listeners []*wire.Listener // the first is the workspace's socket
	session   *session.Session
	server    *server.Server
	runner    *run.Runner
	debugger  *debugger
	version   string
}

// daemonOptions configures a daemon.
type daemonOptions struct {
	overrides   config.Overrides
	autostart   bool          // start the app at once
	idleTimeout time.Duration // end when no client was there for so long; 0: never
	logger      *slog.Logger
}

// newDaemon takes the workspace and listens on its socket; when another daemon
// has it the error is wire.ErrTaken. Nothing runs before serve.
func (c *cli) newDaemon(w workspace, o daemonOptions) (*daemon, error) {
	b, err := thisBuild()
	if err != nil {
		return nil, err
	}
	exe, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("finding hotdev's own program: %w", err)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil, fmt.Errorf("finding a place for builds: %w", err)
	}
	place, err := wire.NewWorkspace(w.root, "")
	if err != nil {
		return nil, err
	}
	claim, err := place.Claim()
	if err != nil {
		return nil, err
	}
	socket, err := claim.Listen(b.BuildID)
	if err != nil {
		return nil, errors.Join(err, claim.Release())
	}
	dir := filepath.Join(cache, "hotdev", place.Name())
	state := filepath.Join(dir, "run")
	if _, err := run.Reap(state); err != nil {
		o.logger.Warn("ending what a killed hotdev left behind", "err", err)
	}
	d := &daemon{
		claim:     claim,
		listeners: []*wire.Listener{socket},
		runner:    run.New(run.Options{Exe: exe, StateDir: state, Logger: o.logger}),
		version:   b.Version,
	}
	if d.debugger, err = newDebugger(d, exe, filepath.Join(dir, "breakpoints.json"), place.Dir, o.logger); err != nil {
		return nil, errors.Join(err, d.discard())
	}
	d.session = session.New(session.Options{
		Root:      w.root,
		Overrides: o.overrides,
		Environ:   c.environ,
		Runner:    d.debugger.runner,
		Debugger:  d.debugger,
		CacheDir:  dir,
		Open: func(ctx context.Context, file string, line, col int) error {
			return d.server.ShowDocument(ctx, file, line, col)
		},
		Autostart: o.autostart,
		Logger:    o.logger,
	})
	d.server = server.New(d.session, server.Options{
		Version:     b.Version,
		BuildID:     b.BuildID,
		IdleTimeout: o.idleTimeout,
		Logger:      o.logger,
	})
	return d, nil
}

// serve runs the session and serves clients until ctx ends, a client asks for
// the end, or the idle time is over, which gives nil. Clients are served until
// the app is gone, so that they see its last lines. The workspace is free when
// it returns.
func (d *daemon) serve(ctx context.Context) error {
	sessionCtx, endSession := context.WithCancel(ctx)
	defer endSession()
	serverCtx, endServer := context.WithCancel(context.WithoutCancel(ctx))
	defer endServer()
	debuggerCtx, endDebugger := context.WithCancel(context.WithoutCancel(ctx))
	defer endDebugger()
	traced := d.trace()
	ran, debugged := make(chan error, 1), make(chan error, 1)
	go func() { debugged <- d.debugger.serve(debuggerCtx) }()
	go func() {
		ran <- d.session.Run(sessionCtx)
		endDebugger()
		endServer()
	}()
	err := d.server.Serve(serverCtx, d.listeners...)
	endSession()
	if errors.Is(err, server.ErrIdle) || errors.Is(err, server.ErrShutdown) || errors.Is(err, context.Canceled) {
		err = nil
	}
	err = errors.Join(err, <-ran, <-debugged, d.debugger.runner.Close(), d.runner.Close(), d.claim.Release())
	<-traced
	return err
}

// trace sends a trace of every reload of the session, which must not run yet, to
// the collector that the environment names, if it does. The channel is closed
// soon after the session's end.
func (d *daemon) trace() <-chan struct{} {
	traced := make(chan struct{})
	if !telemetry.Wanted(os.Getenv) {
		close(traced)
		return traced
	}
	tracer, err := telemetry.New(telemetry.Options{
		Session: d.session,
		Version: d.version,
		Root:    d.session.Status().Root,
		Getenv:  os.Getenv,
	})
	if err != nil {
		d.session.Warn("reloads are not traced: " + err.Error())
		close(traced)
		return traced
	}
	go func() {
		defer close(traced)
		tracer.Follow()
	}()
	return traced
}

// discard gives back a daemon that was not served.
func (d *daemon) discard() error {
	var errs []error
	for _, ln := range d.listeners {
		errs = append(errs, ln.Close())
	}
	if d.debugger != nil {
		errs = append(errs, d.debugger.listener.Close())
	}
	return errors.Join(append(errs, d.runner.Close(), d.claim.Release())...)
}

// overrides are what the global flags give.
func (c *cli) overrides() config.Overrides {
	var o config.Overrides
	if c.profile != "" {
		o.Profile = &c.profile
	}
	return o
}
