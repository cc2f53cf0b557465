package main

import (
	"github.com/spf13/cobra"

	"github.com/hotdev/hotdev/rpc/client"
)

func (c *cli) reloadCommand() *cobra.Command {
	return &cobra.Command{
		Use:         "reload",
		Short:       "Build and restart now, even if nothing changed",
		Long:        "Reload builds and restarts the app even if nothing changed, waits for the outcome\nand fails if that is no running version.",
		Args:        cobra.NoArgs,
		Annotations: map[string]string{jsonOutput: "yes"},
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.ask(cmd.Context(), func(cl *client.Client, _ workspace) error {
				r, err := cl.Reload(cmd.Context(), true)
				if err != nil {
					return err
				}
				return c.printReload(r)
			})
		},
	}
}
