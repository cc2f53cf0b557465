package main

import (
	"slices"

	"github.com/spf13/cobra"

	"github.com/hotdev/hotdev/rpc/client"
)

func (c *cli) historyCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "history",
		Short: "List the last reloads: cause, outcome and timings",
		Long: `History lists the last 50 reloads, the newest last; with --json the newest first,
as they come from the daemon. Times are in ms.`,
		Args:        cobra.NoArgs,
		Annotations: map[string]string{jsonOutput: "yes"},
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.ask(cmd.Context(), func(cl *client.Client, _ workspace) error {
				reloads, err := cl.History(cmd.Context())
				if err != nil {
					return err
				}
				if c.json {
					return printAll(c, reloads)
				}
				f := c.format()
				for _, r := range slices.Backward(reloads) {
					r.Diagnostics = nil // status has those that stand
					c.printf("%s  %s\n", f.Clock(r.Time), f.Reload(r))
				}
				return nil
			})
		},
	}
}

// printAll writes each of list as one line of JSON.
func printAll[T any](c *cli, list []T) error {
	for _, v := range list {
		if err := c.printJSON(v); err != nil {
			return err
		}
	}
	return nil
}
