package server

import (
	"context"

	"github.com/hotdev/hotdev/rpc/protocol"
	"github.com/hotdev/hotdev/rpc/wire"
)

// withhold begins or ends the client's hold on saves; it has one at most.
func (c *client) withhold(ctx context.Context, p protocol.HoldParams) (any, error) {
	if !p.On {
		c.withholdUntil(nil)
		return none{}, nil
	}
	release, inForce := c.srv.backend.BeginHold(ctx)
	c.withholdUntil(release)
	// That is soon, and not cancelled: the client could not know whether it came.
	return later(context.WithoutCancel(ctx), inForce, nothing)
}

// withholdUntil keeps what ends the client's hold on saves, and ends the one before;
// nil: it has none.
func (c *client) withholdUntil(release func()) {
	c.mu.Lock()
	before := c.letGo
	c.letGo = release
	c.mu.Unlock()
	if before != nil {
		before()
	}
}

// apply applies the saves that are withheld, and those of files.
func (c *client) apply(_ context.Context, p protocol.ApplyParams) (any, error) {
	paths := make([]string, 0, len(p.Files))
	for _, file := range p.Files {
		path, err := protocol.FilePath(file)
		if err != nil {
			return nil, wire.Errorf(wire.CodeInvalidParams, "files: %v", err)
		}
		paths = append(paths, path)
	}
	c.srv.backend.Apply(paths...)
	return none{}, nil
}
