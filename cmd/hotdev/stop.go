package main

import (
	"github.com/spf13/cobra"

	"github.com/hotdev/hotdev/rpc/client"
)

func (c *cli) stopCommand() *cobra.Command {
	var daemon bool
	cmd := &cobra.Command{
		Use:   "stop",
		Short: "Stop the app",
		Long: `Stop stops the app and waits until it is gone; saves go on being built for their
errors. With --daemon the daemon ends too, whoever else uses it.`,
		Args:        cobra.NoArgs,
		Annotations: map[string]string{jsonOutput: "yes"},
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.ask(cmd.Context(), func(cl *client.Client, _ workspace) error {
				st, err := cl.Stop(cmd.Context())
				if err != nil {
					return err
				}
				if daemon {
					if err := cl.Shutdown(cmd.Context()); err != nil {
						return err
					}
					<-cl.Done()
				}
				return c.printState(st)
			})
		},
	}
	cmd.Flags().BoolVar(&daemon, "daemon", false, "end the daemon too")
	return cmd
}
