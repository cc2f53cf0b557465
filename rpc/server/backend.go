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
	BeginReload(ctx context.Context, wait bool) session.Answer[session.Reload]
	BeginStart(ctx context.Context, o session.StartOptions) session.Answer[session.Status]
	BeginStop(ctx context.Context) session.Answer[session.Status]
	BeginRollback(ctx context.Context, rev int) session.Answer[session.Reload]
	Breakpoints() []session.Breakpoint
	SetBreakpoints(file string, list []session.Breakpoint) (session.Answer[[]session.Breakpoint], error)
	Saved(paths ...string)
	Written(path string)
	Buffer(path string, text []byte)
	BeginHold(ctx context.Context) (release func(), inForce session.Answer[struct{}])
	Apply(files ...string)
	BeginInput(text string, eof bool) session.Answer[struct{}]
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
