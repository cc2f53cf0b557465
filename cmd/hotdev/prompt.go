package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/hotdev/hotdev/cmd/hotdev/internal/prompt"
)

// attachDebugger is a debugger's prompt on the daemon's debug front.
func (c *cli) attachDebugger(ctx context.Context) error {
	cl, _, err := c.dial(ctx)
	if err != nil {
		return err
	}
	b, err := newDebugBridge(ctx, cl)
	if err != nil {
		return err
	}
	defer b.client.Close()
	nc, err := b.dial(ctx)
	if err != nil {
		return err
	}
	here, err := os.Getwd()
	if err != nil {
		return err
	}
	err = prompt.Run(ctx, prompt.Options{Conn: nc, In: c.in, Out: c.out, Dir: here, History: c.promptHistory()})
	switch {
	case errors.Is(err, prompt.ErrEnded): // by the daemon, whose end it is
		return daemonEnded(b.client.Err())
	case errors.Is(err, context.Canceled): // by a signal, as asked
		return nil
	}
	return err
}

// promptHistory is the file for the lines that were typed; "" where there is no
// place for it.
func (c *cli) promptHistory() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "hotdev", "prompt_history")
}
