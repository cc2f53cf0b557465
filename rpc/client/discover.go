package client

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"

	"github.com/hotdev/hotdev/rpc/wire"
)

// Discover returns the socket of the daemon that serves o.Root, or ErrNoDaemon.
// It tries the socket of this build of hotdev first.
func Discover(ctx context.Context, o Options) (path string, err error) {
	w, err := wire.NewWorkspace(o.Root, o.Dir)
	if err != nil {
		return "", err
	}
	nc, err := dialWorkspace(ctx, w, o.BuildID)
	if err != nil {
		return "", err
	}
	return nc.RemoteAddr().String(), nc.Close()
}

// connect connects to the daemon, and starts it if it may.
func connect(ctx context.Context, o Options) (nc net.Conn, started bool, err error) {
	w, err := wire.NewWorkspace(o.Root, o.Dir)
	if err != nil {
		return nil, false, err
	}
	nc, err = dialWorkspace(ctx, w, o.BuildID)
	if !errors.Is(err, ErrNoDaemon) || !o.Start {
		return nc, false, err
	}
	return start(ctx, w, o)
}

// dialWorkspace connects to the daemon of w, or returns ErrNoDaemon.
func dialWorkspace(ctx context.Context, w wire.Workspace, buildID string) (net.Conn, error) {
	sockets, err := w.Sockets()
	if err != nil {
		return nil, err
	}
	own := w.SocketPath(buildID)
	if i := slices.Index(sockets, own); i > 0 {
		sockets[0], sockets[i] = sockets[i], sockets[0]
	}
	var dialer net.Dialer
	for _, path := range sockets {
		nc, err := dialer.DialContext(ctx, "unix", path)
		if err == nil {
			return nc, nil
		}
		if ctx.Err() != nil {
			return nil, fmt.Errorf("connecting to the daemon: %w", context.Cause(ctx))
		}
		// A dead daemon's socket; the next daemon removes it.
	}
	return nil, fmt.Errorf("%s: %w", w.Root, ErrNoDaemon)
}
