package main

import (
	"github.com/spf13/cobra"

	"github.com/hotdev/hotdev/rpc/client"
)

func (c *cli) whyCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "why FILE",
		Short: "Say what a save of a file does, and why",
		Long: `Why says what a change of FILE does, in a sentence. The first word is its class:
rebuild, restart, reload (of the browser), config, test, outside or ignored.
For a rebuild it says, once a build has ended, whether go build is needed, and why.`,
		Args:        cobra.ExactArgs(1),
		Annotations: map[string]string{jsonOutput: "yes"},
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.ask(cmd.Context(), func(cl *client.Client, w workspace) error {
				why, err := cl.Why(cmd.Context(), w.file(args[0]))
				if err != nil {
					return err
				}
				if c.json {
					return c.printJSON(why)
				}
				f := c.format()
				c.printf("%s: %s: %s\n", f.Path(why.File), why.Class, why.Reason)
				if why.Build != nil {
					c.printf("  built by %s\n", f.Build(*why.Build))
				}
				return nil
			})
		},
	}
}
