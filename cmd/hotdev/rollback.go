package main

import (
	"strconv"

	"github.com/spf13/cobra"

	"github.com/hotdev/hotdev/rpc/client"
)

func (c *cli) rollbackCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "rollback [rev]",
		Short: "Put an older version back into service, until the next save",
		Long: `Rollback starts version REV again, without a build, and waits until it serves.
Without REV it takes the one before the running one. 'hotdev history' lists them.`,
		Args:              cobra.MaximumNArgs(1),
		Annotations:       map[string]string{jsonOutput: "yes"},
		ValidArgsFunction: c.completeRevs,
		RunE: func(cmd *cobra.Command, args []string) error {
			rev := 0
			if len(args) == 1 {
				var err error
				if rev, err = strconv.Atoi(args[0]); err != nil || rev < 0 {
					return usagef("%q is no rev: 'hotdev history' lists them", args[0])
				}
			}
			return c.ask(cmd.Context(), func(cl *client.Client, _ workspace) error {
				r, err := cl.Rollback(cmd.Context(), rev)
				if err != nil {
					return err
				}
				return c.printReload(r)
			})
		},
	}
}
