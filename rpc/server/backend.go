package server

import (
	"context"

	"github.com/hotdev/hotdev/session"
	"github.com/hotdev/hotdev/session/diag"
)

// backend is what the server needs of a session.
type backend interface {
	Subscribe(logsFrom uint64) (session.Snapshot, subscription)
	Status() session.Status
	Diagnostics() []diag.Diagnostic
	Logs(from uint64, limit int) (entries []session.LogEntry, missed uint64)
	History() []session.Reload
	Routes() (rev int, routes []session.Route)
	Why(file string) (session.Explanation, error)
	Reload(ctx context.Context, wait bool) (session.Reload, error)
	Start(ctx context.Context, o session.StartOptions) (session.Status, error)
	Stop(ctx context.Context) (session.Status, error)
	Rollback(ctx context.Context, rev int) (session.Reload, error)
	Breakpoints() []session.Breakpoint
	SetBreakpoints(file string, list []session.Breakpoint) (session.BreakpointsAnswer, error)
	Saved(paths ...string)
	Buffer(path string, text []byte)
	Hold(ctx context.Context) (release func(), err error)
	Apply(files ...string)
	Input(ctx context.Context, text string, eof bool) error
}

// subscription is a *session.Subscription.
type subscription interface {
	Next(ctx context.Context) ([]session.Notice, error)
	Close()
}

// sessionBackend is the backend of a real session.
type sessionBackend struct{ *session.Session }

func (b sessionBackend) Subscribe(logsFrom uint64) (session.Snapshot, subscription) {
	return b.Session.Subscribe(logsFrom)
}
