package server

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hotdev/hotdev/rpc/protocol"
	"github.com/hotdev/hotdev/rpc/wire"
	"github.com/hotdev/hotdev/session"
)

// answer answers a request with still encoded parameters.
type answer func(c *client, ctx context.Context, params []byte) (any, error)

// requests are the methods that a client may call between initialize and
// shutdown. Each hotdev/* one is a command of workspace/executeCommand, too.
var requests map[string]answer

// commands are the names for workspace/executeCommand, sorted.
var commands []string

// inOrder are the requests that count in the order in which a client sends them:
// what comes of one depends on those before. They answer with a wire.Later if the
// answer takes its time.
var inOrder = map[string]bool{
	protocol.MethodReload:         true,
	protocol.MethodStart:          true,
	protocol.MethodStop:           true,
	protocol.MethodRollback:       true,
	protocol.MethodHold:           true,
	protocol.MethodApply:          true,
	protocol.MethodStdin:          true,
	protocol.MethodSetBreakpoints: true,
}

func init() { // not an initializer: executeCommand refers back to requests
	requests = map[string]answer{
		protocol.MethodShutdownSession: typed((*client).shutdownSession),
		protocol.MethodCodeLens:        typed((*client).codeLens),
		protocol.MethodCodeAction:      typed((*client).codeAction),
		protocol.MethodExecuteCommand:  typed((*client).executeCommand),
		protocol.MethodSubscribe:       typed((*client).subscribe),
		protocol.MethodStatus:          typed((*client).status),
		protocol.MethodReload:          typed((*client).reload),
		protocol.MethodStart:           typed((*client).start),
		protocol.MethodStop:            typed((*client).stop),
		protocol.MethodRollback:        typed((*client).rollback),
		protocol.MethodHold:            typed((*client).withhold),
		protocol.MethodApply:           typed((*client).apply),
		protocol.MethodWhy:             typed((*client).why),
		protocol.MethodHistory:         typed((*client).history),
		protocol.MethodRoutes:          typed((*client).routes),
		protocol.MethodLogs:            typed((*client).logs),
		protocol.MethodDiagnostics:     typed((*client).diagnostics),
		protocol.MethodStdin:           typed((*client).stdin),
		protocol.MethodFix:             typed((*client).fix),
		protocol.MethodShutdown:        typed((*client).shutdown),
		protocol.MethodDebugEndpoint:   typed((*client).debugEndpoint),
		protocol.MethodSetBreakpoints:  typed((*client).setBreakpoints),
		protocol.MethodBreakpoints:     typed((*client).breakpoints),
	}
	for _, method := range slices.Sorted(maps.Keys(requests)) {
		if name, ok := strings.CutPrefix(method, "hotdev/"); ok {
			commands = append(commands, "hotdev."+name)
		}
	}
}

// none is the parameters of requests that have none, and the result of those
// that answer nothing.
type none struct{}

// typed decodes the parameters for f. Absent ones are the zero value.
func typed[P any](f func(*client, context.Context, P) (any, error)) answer {
	return func(c *client, ctx context.Context, params []byte) (any, error) {
		var p P
		if len(params) > 0 {
			if err := wire.Unmarshal(params, &p); err != nil {
				return nil, wire.Errorf(wire.CodeInvalidParams, "parameters: %v", err)
			}
		}
		return f(c, ctx, p)
	}
}

// later answers a request with what comes of what the session has begun.
func later[T any](ctx context.Context, answer session.Answer[T], convert func(T) any) (any, error) {
	return wire.Later(func() (any, error) {
		outcome, err := answer(ctx)
		if err != nil {
			return nil, err
		}
		return convert(outcome), nil
	}), nil
}

// nothing is the result of what has no outcome.
func nothing(struct{}) any { return none{} }

func (c *client) shutdownSession(context.Context, none) (any, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.phase = shut
	return nil, nil
}

func (c *client) subscribe(_ context.Context, p protocol.SubscribeParams) (any, error) {
	snap, begin := c.feed.subscribe(p.LogsFrom)
	return wire.Then{
		Result: protocol.SubscribeResult{
			Status: c.convertStatus(snap.Status),
			Logs:   convertLogs(snap.Logs),
			Missed: snap.Missed,
		},
		Do: begin,
	}, nil
}

func (c *client) status(context.Context, none) (any, error) {
	return c.convertStatus(c.srv.backend.Status()), nil
}

func (c *client) reload(ctx context.Context, p protocol.ReloadParams) (any, error) {
	return later(ctx, c.srv.backend.BeginReload(ctx, p.Wait), func(r session.Reload) any {
		if !p.Wait {
			return nil
		}
		return ConvertReload(r)
	})
}

func (c *client) start(ctx context.Context, p protocol.StartParams) (any, error) {
	return later(ctx, c.srv.backend.BeginStart(ctx, session.StartOptions(p)), c.stateAfter)
}

func (c *client) stop(ctx context.Context, _ none) (any, error) {
	return later(ctx, c.srv.backend.BeginStop(ctx), c.stateAfter)
}

func (c *client) stateAfter(s session.Status) any { return c.convertStatus(s) }

func (c *client) rollback(ctx context.Context, p protocol.RollbackParams) (any, error) {
	return later(ctx, c.srv.backend.BeginRollback(ctx, p.Rev), func(r session.Reload) any { return ConvertReload(r) })
}

func (c *client) why(_ context.Context, p protocol.WhyParams) (any, error) {
	path, err := protocol.FilePath(p.File)
	if err != nil {
		return nil, wire.Errorf(wire.CodeInvalidParams, "file: %v", err)
	}
	why, err := c.srv.backend.Why(path)
	if err != nil {
		return nil, fmt.Errorf("why %s: %w", path, err)
	}
	return protocol.WhyResult{File: path, Class: string(why.Class), Reason: why.Reason, Build: convertBuild(why.Build)}, nil
}

func (c *client) history(context.Context, none) (any, error) {
	result := protocol.HistoryResult{Reloads: []protocol.Reload{}}
	for _, r := range c.srv.backend.History() {
		result.Reloads = append(result.Reloads, ConvertReload(r))
	}
	return result, nil
}

func (c *client) routes(context.Context, none) (any, error) {
	rev, routes := c.srv.backend.Routes()
	return protocol.RoutesResult{Rev: rev, Routes: convertRoutes(routes)}, nil
}

func (c *client) logs(_ context.Context, p protocol.LogsParams) (any, error) {
	if p.Limit < 0 {
		return nil, wire.Errorf(wire.CodeInvalidParams, "limit is negative")
	}
	entries, missed := c.srv.backend.Logs(p.From, p.Limit)
	return protocol.LogParams{Entries: convertLogs(entries), Missed: missed}, nil
}

func (c *client) diagnostics(context.Context, none) (any, error) {
	return protocol.DiagnosticsResult{Diagnostics: convertDiagnostics(c.srv.backend.Diagnostics())}, nil
}

func (c *client) stdin(ctx context.Context, p protocol.StdinParams) (any, error) {
	return later(ctx, c.srv.backend.BeginInput(p.Text, p.EOF), nothing)
}

// shutdown ends the daemon once its answer is on its way.
func (c *client) shutdown(context.Context, none) (any, error) {
	return wire.Then{Result: none{}, Do: func() { c.srv.end(ErrShutdown) }}, nil
}

// executeCommand runs a hotdev.* command.
func (c *client) executeCommand(ctx context.Context, p protocol.ExecuteCommandParams) (any, error) {
	name, ok := strings.CutPrefix(p.Command, "hotdev.")
	method := "hotdev/" + name
	run := requests[method]
	if !ok || run == nil {
		return nil, wire.Errorf(wire.CodeInvalidParams, "no command %s", p.Command)
	}
	var params []byte
	switch len(p.Arguments) {
	case 0:
	case 1:
		params = p.Arguments[0]
	default:
		return nil, wire.Errorf(wire.CodeInvalidParams, "%s takes one argument, an object", p.Command)
	}
	answer := wire.Later(func() (any, error) { return run(c, ctx, params) })
	if inOrder[method] {
		result, err := answer()
		if later, ok := result.(wire.Later); ok {
			answer = later
		} else {
			answer = func() (any, error) { return result, err }
		}
	}
	return wire.Later(func() (any, error) {
		result, err := answer()
		c.mu.Lock()
		aware := c.hotdev.Aware
		c.mu.Unlock()
		if !aware && !errors.Is(err, context.Canceled) {
			c.show(result, err)
		}
		return result, err
	}), nil
}
