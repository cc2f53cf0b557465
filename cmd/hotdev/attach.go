package main

import (
	"context"

	"github.com/spf13/cobra"
)

func (c *cli) attachCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "attach",
		Short: "Join the daemon from this terminal: log, state, errors, keys",
		Long: `Attach shows what the daemon of the workspace does, as 'hotdev run' does; leaving
it changes nothing. With --json it writes every notification of the daemon as
{"method": …, "params": …}, beginning with the state and the kept log; see
rpc/PROTOCOL.md. It ends with q, Ctrl-C or the daemon.`,
		Args:        cobra.NoArgs,
		Annotations: map[string]string{jsonOutput: "yes"},
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, stop := untilSignal(cmd.Context())
			defer stop()
			if c.json {
				return c.stream(ctx)
			}
			return c.attach(ctx)
		},
	}
}

func (c *cli) attach(ctx context.Context) error {
	cl, _, err := c.dial(ctx)
	if err != nil {
		return err
	}
	v := c.newView(cl, viewOptions{tail: attachTail, quit: "detach: hotdev and the app go on"})
	err = v.run(ctx, nil)
	_ = v.finish(nil) // only detaches
	return err
}
