package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/hotdev/hotdev/rpc/client"
	"github.com/hotdev/hotdev/rpc/protocol"
)

func (c *cli) logsCommand() *cobra.Command {
	var follow bool
	var limit int
	cmd := &cobra.Command{
		Use:   "logs",
		Short: "Show the output of the app, of builds and of hotdev",
		Long: `Logs shows the kept output: of the app (its standard output goes to standard
output, unless that is a terminal or --json is given), of builds, and of hotdev.
With -f it goes on until it is interrupted or the daemon ends.`,
		Args:        cobra.NoArgs,
		Annotations: map[string]string{jsonOutput: "yes"},
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.ask(cmd.Context(), func(cl *client.Client, _ workspace) error {
				kept, err := cl.Logs(cmd.Context(), protocol.LogsParams{Limit: limit})
				if err != nil {
					return err
				}
				if err := c.printLogs(kept); err != nil || !follow {
					return err
				}
				return c.followLogs(cmd.Context(), cl, kept)
			})
		},
	}
	cmd.Flags().BoolVarP(&follow, "follow", "f", false, "go on with what comes")
	cmd.Flags().IntVarP(&limit, "lines", "n", 0, "only the newest `N` lines that are kept (0: all)")
	return cmd
}

// followLogs prints what comes after kept.
func (c *cli) followLogs(ctx context.Context, cl *client.Client, kept protocol.LogParams) error {
	ctx, stop := untilSignal(ctx)
	defer stop()
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	next := uint64(1)
	print := func(p protocol.LogParams) {
		if n := len(p.Entries); n > 0 {
			next = p.Entries[n-1].Seq + 1
		}
		if err := c.printLogs(p); err != nil {
			fail(err)
		}
	}
	if n := len(kept.Entries); n > 0 {
		next = kept.Entries[n-1].Seq + 1
	}
	for {
		err := cl.Subscribe(ctx, next, client.Handler{
			Subscribed: func(s protocol.SubscribeResult) { print(protocol.LogParams{Entries: s.Logs, Missed: s.Missed}) },
			Log:        print,
		})
		switch {
		case errors.Is(err, client.ErrLagged): // what is kept comes with the next subscription
		case errors.Is(err, context.Canceled):
			return nil
		default:
			return daemonEnded(err)
		}
	}
}

func (c *cli) printLogs(p protocol.LogParams) error {
	if c.json {
		return printAll(c, p.Entries)
	}
	if p.Missed > 0 {
		c.printf("hotdev: %d lines are no longer kept\n", p.Missed)
	}
	f, appOut := c.format(), c.appOut()
	for _, e := range p.Entries {
		if e.Stream != "stdout" || appOut == nil {
			c.printf("%s\n", f.Log(e))
		} else if _, err := fmt.Fprintln(appOut, e.Text); err != nil {
			return fmt.Errorf("writing the log: %w", err)
		}
	}
	return nil
}
