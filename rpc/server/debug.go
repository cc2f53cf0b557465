package server

import (
	"context"
	"strings"

	"github.com/hotdev/hotdev/rpc/protocol"
	"github.com/hotdev/hotdev/rpc/wire"
	"github.com/hotdev/hotdev/session"
)

func (c *client) debugEndpoint(context.Context, none) (any, error) {
	network, address, ok := strings.Cut(c.srv.backend.Status().Debug.Endpoint, ":")
	if !ok {
		return nil, session.ErrNoDebugger
	}
	return protocol.DebugEndpoint{Network: network, Address: address}, nil
}

func (c *client) setBreakpoints(ctx context.Context, p protocol.SetBreakpointsParams) (any, error) {
	path, err := protocol.FilePath(p.File)
	if err != nil {
		return nil, wire.Errorf(wire.CodeInvalidParams, "file: %v", err)
	}
	list := make([]session.Breakpoint, 0, len(p.Breakpoints))
	for _, b := range p.Breakpoints {
		if b.Line < 1 {
			return nil, wire.Errorf(wire.CodeInvalidParams, "line %d: lines count from 1", b.Line)
		}
		list = append(list, session.Breakpoint{Line: b.Line, Condition: b.Condition, HitCondition: b.HitCondition, LogMessage: b.LogMessage})
	}
	answer, err := c.srv.backend.SetBreakpoints(path, list)
	if err != nil {
		return nil, err
	}
	return later(ctx, answer, func(set []session.Breakpoint) any { return convertBreakpoints(set) })
}

func (c *client) breakpoints(context.Context, none) (any, error) {
	list := c.srv.backend.Breakpoints()
	return wire.Then{Result: convertBreakpoints(list), Do: func() { c.feed.answered(list) }}, nil
}

func convertBreakpoints(list []session.Breakpoint) protocol.BreakpointsResult {
	converted := protocol.BreakpointsResult{Breakpoints: make([]protocol.Breakpoint, 0, len(list))}
	for _, b := range list {
		converted.Breakpoints = append(converted.Breakpoints, protocol.Breakpoint{
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
		})
	}
	return converted
}
