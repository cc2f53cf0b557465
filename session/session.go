// Package session is one app under development: it watches the sources, builds
// them, runs the result and tells subscribers about every change. It knows
// nothing of JSON-RPC, DAP, Delve or cobra; the debugger comes in as a
// target.Runner.
//
// All state belongs to one goroutine, the loop: every input is a value of the
// closed type event, and only the loop's handlers change state. What others may
// read is published, as copies, through the hub.
package session

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"

	"github.com/hotdev/hotdev/session/build"
	"github.com/hotdev/hotdev/session/config"
	"github.com/hotdev/hotdev/session/diag"
	"github.com/hotdev/hotdev/session/graph"
	"github.com/hotdev/hotdev/session/target"
)

// The errors of a Session's methods that callers tell apart.
var (
	ErrClosed     = errors.New("the session has ended")
	ErrLagged     = errors.New("the subscriber was too slow and was cut off: subscribe again for the full state")
	ErrNotRunning = errors.New("the app does not run: start it first")
)

// Options configures a Session.
type Options struct {
	Root      string           // workspace root, absolute
	Overrides config.Overrides // what flags gave
	Environ   []string         // environment of the daemon, KEY=value; base of the app's
	Runner    target.Runner
	Debugger  Debugger // nil: the app can't be debugged
	CacheDir  string   // for build outputs; private to the user
	// Open opens an editor at a place, for links in the browser; nil: nobody can.
	// The line and the column, in bytes, count from 1; 0: none. ctx ends when
	// nobody waits for it any more.
	Open      func(ctx context.Context, file string, line, col int) error
	Autostart bool         // start the app at once; else build only, until Start
	Logger    *slog.Logger // for what is about the daemon itself; nil: discarded
}

// Session is one app under development.
//
// Its goroutines: the loop (Run's caller), which starts and waits for at most
// one unit of work (load or build), at most one build ahead of a save, at most
// one debug twin that nobody has asked for, at most one transition (stop and
// start of processes) and one follower per process. The
// methods may be called by any goroutine, before, during and after Run.
type Session struct {
	opt     Options
	hub     *hub
	input   *input
	buffers *buffers
	builder *build.Builder
	events  chan event
	done    chan struct{} // closed when Run has returned

	launching launching
	measuring atomic.Bool // a measured event is on its way
}

// New returns a session that does nothing until Run.
func New(o Options) *Session {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Session{
		opt:     o,
		input:   newInput(),
		buffers: newBuffers(),
		events:  make(chan event, 256),
		done:    make(chan struct{}),
	}
	s.builder = build.New(build.Options{
		CacheDir:     o.CacheDir,
		Mode:         build.Fast,
		OnDifference: func(why string) { s.post(differed{why}) },
		Lull:         s.lull,
	})
	s.hub = newHub(Status{State: Idle, Root: o.Root})
	return s
}

// StartOptions changes what Start starts; zero fields keep what is in force.
type StartOptions struct {
	Package string
	Args    []string
	Profile string
}

// Status returns the current state.
func (s *Session) Status() Status { return s.hub.status() }

// Diagnostics returns all that stand, sorted by file and line.
func (s *Session) Diagnostics() []diag.Diagnostic { return s.hub.diagnostics() }

// History returns the last reloads, newest first, at most 50.
func (s *Session) History() []Reload { return s.hub.history() }

// Routes returns the route table of the running version and its revision.
func (s *Session) Routes() (rev int, routes []Route) { return s.hub.routeTable() }

// Logs returns the kept entries from sequence number from on (0: the oldest),
// at most the newest limit (0: all), and how many from there on are no longer
// kept.
func (s *Session) Logs(from uint64, limit int) (entries []LogEntry, missed uint64) {
	return s.hub.logs.newest(from, limit)
}

// Why says what a change of file would do.
func (s *Session) Why(file string) (Explanation, error) {
	g := s.hub.graph()
	if g == nil {
		return Explanation{}, errors.New("the build's files are not known yet: the first load has not ended")
	}
	class, reason := g.Classify(file)
	e := Explanation{Class: class, Reason: reason}
	if class == graph.Rebuild {
		e.Build = s.builder.Forecast(file)
	}
	return e, nil
}

// Warn adds a line to the log, of something beside the session that goes wrong.
func (s *Session) Warn(text string) { s.hub.logs.say("warn", text) }

// Saved tells of files that an editor has written. Events of the file system
// for the same content change nothing more.
func (s *Session) Saved(paths ...string) { s.post(saved{paths: paths}) }

// Written is Saved for a file that the editor holds, as it has told (Buffer). If
// editors have nothing else to save, and nothing else has changed by then, nothing
// more is waited for.
func (s *Session) Written(path string) {
	text, change := s.buffers.newest(path)
	s.post(saved{paths: []string{path}, text: text, change: change})
}

// Answer waits for what comes of what was asked for, and returns it. It is called
// once. What is asked for counts in the order in which the methods return that
// give the Answers.
type Answer[T any] func(context.Context) (T, error)

// Input writes text to the app's standard input, and closes it after that if
// eof is set. What no version has read, up to 1 MiB, is kept for the next one;
// Input waits while there is more.
func (s *Session) Input(ctx context.Context, text string, eof bool) error {
	_, err := s.BeginInput(text, eof)(ctx)
	return err
}

// BeginInput begins what Input does.
func (s *Session) BeginInput(text string, eof bool) Answer[struct{}] {
	return s.input.write(text, eof)
}

// Reload builds and restarts even if nothing changed. With wait it returns the
// outcome; without, the zero Reload once the request is taken.
func (s *Session) Reload(ctx context.Context, wait bool) (Reload, error) {
	return s.BeginReload(ctx, wait)(ctx)
}

// BeginReload begins what Reload does.
func (s *Session) BeginReload(ctx context.Context, wait bool) Answer[Reload] {
	result := make(chan Reload, 1)
	return begin(ctx, s, reloadRequested{result}, func(ctx context.Context) (Reload, error) {
		if !wait {
			return Reload{}, nil
		}
		return await(ctx, s, result)
	})
}

// Start starts the app, builds it first if there is no build of the newest
// revision, and returns the state once it serves or has failed to. An app that
// runs with the same options is left alone.
func (s *Session) Start(ctx context.Context, o StartOptions) (Status, error) {
	return s.BeginStart(ctx, o)(ctx)
}

// BeginStart begins what Start does.
func (s *Session) BeginStart(ctx context.Context, o StartOptions) Answer[Status] {
	return s.command(ctx, func(done chan<- error) event { return startRequested{o, done} })
}

// Stop stops the app and returns the state once it is gone. Saves go on being
// built for their diagnostics.
func (s *Session) Stop(ctx context.Context) (Status, error) { return s.BeginStop(ctx)(ctx) }

// BeginStop begins what Stop does.
func (s *Session) BeginStop(ctx context.Context) Answer[Status] {
	return s.command(ctx, func(done chan<- error) event { return stopRequested{done} })
}

// Rollback puts the kept version rev (0: the one before the running one) back
// into service, until the next save.
func (s *Session) Rollback(ctx context.Context, rev int) (Reload, error) {
	return s.BeginRollback(ctx, rev)(ctx)
}

// BeginRollback begins what Rollback does.
func (s *Session) BeginRollback(ctx context.Context, rev int) Answer[Reload] {
	result := make(chan Reload, 1)
	refused := make(chan error, 1)
	return begin(ctx, s, rollbackRequested{rev, result, refused}, func(ctx context.Context) (Reload, error) {
		if err, err2 := await(ctx, s, refused); err2 != nil || err != nil {
			return Reload{}, errors.Join(err, err2)
		}
		return await(ctx, s, result)
	})
}

// command sends the event that makeEvent makes; the Answer is the state after its
// end.
func (s *Session) command(ctx context.Context, makeEvent func(done chan<- error) event) Answer[Status] {
	done := make(chan error, 1)
	return begin(ctx, s, makeEvent(done), func(ctx context.Context) (Status, error) {
		err, ended := await(ctx, s, done)
		if ended != nil {
			return Status{}, ended
		}
		return s.Status(), err
	})
}

// begin hands e to the loop. What comes of it answer waits for, once e is taken.
func begin[T any](ctx context.Context, s *Session, e event, answer Answer[T]) Answer[T] {
	if err := s.send(ctx, e); err != nil {
		return func(context.Context) (none T, _ error) { return none, err }
	}
	return answer
}

// send hands e to the loop.
func (s *Session) send(ctx context.Context, e event) error {
	select {
	case s.events <- e:
		return nil
	case <-s.done:
		return ErrClosed
	case <-ctx.Done():
		return fmt.Errorf("waiting for the session: %w", context.Cause(ctx))
	}
}

// post hands e to the loop, or drops it once the session has ended.
func (s *Session) post(e event) { _ = s.send(context.Background(), e) }

// await receives one value that the loop promised.
func await[T any](ctx context.Context, s *Session, c <-chan T) (T, error) {
	var zero T
	select {
	case v := <-c:
		return v, nil
	case <-s.done:
		select {
		case v := <-c: // answered just before the end
			return v, nil
		default:
			return zero, ErrClosed
		}
	case <-ctx.Done():
		return zero, fmt.Errorf("waiting for the outcome: %w", context.Cause(ctx))
	}
}
