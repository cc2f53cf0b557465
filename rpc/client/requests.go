package client

import (
	"context"

	"github.com/hotdev/hotdev/rpc/protocol"
)

// none is the parameters of requests that have none, and the result of those
// that answer nothing.
type none struct{}

// Status returns the state of the session.
func (c *Client) Status(ctx context.Context) (protocol.Status, error) {
	return request[protocol.Status](ctx, c, protocol.MethodStatus, none{})
}

// Reload builds and restarts even if nothing changed; with wait it returns the
// outcome.
func (c *Client) Reload(ctx context.Context, wait bool) (protocol.Reload, error) {
	return request[protocol.Reload](ctx, c, protocol.MethodReload, protocol.ReloadParams{Wait: wait})
}

// Start starts the app and returns the state once it serves or has failed to.
func (c *Client) Start(ctx context.Context, p protocol.StartParams) (protocol.Status, error) {
	return request[protocol.Status](ctx, c, protocol.MethodStart, p)
}

// Stop stops the app and returns the state once it is gone.
func (c *Client) Stop(ctx context.Context) (protocol.Status, error) {
	return request[protocol.Status](ctx, c, protocol.MethodStop, none{})
}

// Rollback puts version rev (0: the one before the running one) back into
// service.
func (c *Client) Rollback(ctx context.Context, rev int) (protocol.Reload, error) {
	return request[protocol.Reload](ctx, c, protocol.MethodRollback, protocol.RollbackParams{Rev: rev})
}

// Why says what a change of file, an absolute path, would do.
func (c *Client) Why(ctx context.Context, file string) (protocol.WhyResult, error) {
	return request[protocol.WhyResult](ctx, c, protocol.MethodWhy, protocol.WhyParams{File: file})
}

// History returns the last reloads, newest first.
func (c *Client) History(ctx context.Context) ([]protocol.Reload, error) {
	h, err := request[protocol.HistoryResult](ctx, c, protocol.MethodHistory, none{})
	return h.Reloads, err
}

// Routes returns the running version's route table.
func (c *Client) Routes(ctx context.Context) (protocol.RoutesResult, error) {
	return request[protocol.RoutesResult](ctx, c, protocol.MethodRoutes, none{})
}

// Logs returns kept log entries.
func (c *Client) Logs(ctx context.Context, p protocol.LogsParams) (protocol.LogParams, error) {
	return request[protocol.LogParams](ctx, c, protocol.MethodLogs, p)
}

// Diagnostics returns everything that stands.
func (c *Client) Diagnostics(ctx context.Context) ([]protocol.Diagnostic, error) {
	d, err := request[protocol.DiagnosticsResult](ctx, c, protocol.MethodDiagnostics, none{})
	return d.Diagnostics, err
}

// Stdin writes text to the app's standard input, and closes it after that if
// eof is set.
func (c *Client) Stdin(ctx context.Context, text string, eof bool) error {
	_, err := request[none](ctx, c, protocol.MethodStdin, protocol.StdinParams{Text: text, EOF: eof})
	return err
}

// Fix runs the fix of a diagnostic that stands.
func (c *Client) Fix(ctx context.Context, f protocol.Fix) error {
	_, err := request[none](ctx, c, protocol.MethodFix, f)
	return err
}

// DebugEndpoint returns where the app's debug adapter listens.
func (c *Client) DebugEndpoint(ctx context.Context) (protocol.DebugEndpoint, error) {
	return request[protocol.DebugEndpoint](ctx, c, protocol.MethodDebugEndpoint, none{})
}

// SetBreakpoints replaces the breakpoints that clients without DAP keep for one
// file, and returns them in the same order.
func (c *Client) SetBreakpoints(ctx context.Context, p protocol.SetBreakpointsParams) ([]protocol.Breakpoint, error) {
	r, err := request[protocol.BreakpointsResult](ctx, c, protocol.MethodSetBreakpoints, p)
	return r.Breakpoints, err
}

// Breakpoints returns all breakpoints, by file and line.
func (c *Client) Breakpoints(ctx context.Context) ([]protocol.Breakpoint, error) {
	r, err := request[protocol.BreakpointsResult](ctx, c, protocol.MethodBreakpoints, none{})
	return r.Breakpoints, err
}

// Shutdown ends the daemon, and with it the app.
func (c *Client) Shutdown(ctx context.Context) error {
	_, err := request[none](ctx, c, protocol.MethodShutdown, none{})
	return err
}
