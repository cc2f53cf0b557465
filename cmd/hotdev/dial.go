package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/hotdev/hotdev/rpc/client"
)

// clientOptions says which daemon serves w.
func (w workspace) clientOptions() (client.Options, error) {
	b, err := thisBuild()
	return client.Options{Root: w.root, Version: b.Version, BuildID: b.BuildID}, err
}

// dial connects to the daemon of the workspace; with none the error is
// client.ErrNoDaemon. A daemon of another build is used, and told of.
func (c *cli) dial(ctx context.Context) (*client.Client, workspace, error) {
	w, err := c.workspace()
	if err != nil {
		return nil, w, err
	}
	o, err := w.clientOptions()
	if err != nil {
		return nil, w, err
	}
	cl, err := client.Dial(ctx, o)
	if err != nil {
		return nil, w, err
	}
	if err := cl.Skew(); err != nil {
		c.printf("hotdev: %v\n", err)
	}
	return cl, w, nil
}

// ask runs one request against the daemon of the workspace.
func (c *cli) ask(ctx context.Context, request func(*client.Client, workspace) error) error {
	cl, w, err := c.dial(ctx)
	if err != nil {
		return err
	}
	defer cl.Close()
	return request(cl, w)
}

// daemonEnded says that the daemon went away, because of err (io.EOF: in an
// orderly way).
func daemonEnded(err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return fmt.Errorf("%w any more: it has ended", client.ErrNoDaemon)
	}
	return fmt.Errorf("%w any more: %v", client.ErrNoDaemon, err)
}
