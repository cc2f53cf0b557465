package rpctest

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"testing"

	"github.com/hotdev/hotdev/rpc/server"
	"github.com/hotdev/hotdev/rpc/wire"
)

// Serve serves s on a Unix socket until the test ends, and returns how to
// connect to it.
func Serve(t testing.TB, s *server.Server) (dial func() net.Conn) {
	t.Helper()
	path := filepath.Join(SocketDir(t), "hotdev.sock")
	ln, err := wire.ListenUnix(path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancelCause(context.Background())
	ended := errors.New("the test has ended")
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, ln) }()
	t.Cleanup(func() {
		stop(ended)
		if err := <-served; !errors.Is(err, ended) && !errors.Is(err, server.ErrShutdown) && !errors.Is(err, server.ErrIdle) {
			t.Errorf("Serve: %v", err)
		}
	})
	return func() net.Conn { return dialSocket(t, path) }
}

// dialSocket connects to a Unix socket.
func dialSocket(t testing.TB, path string) net.Conn {
	t.Helper()
	nc, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	return nc
}
