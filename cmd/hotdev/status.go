package main

import (
	"github.com/spf13/cobra"

	"github.com/hotdev/hotdev/rpc/client"
	"github.com/hotdev/hotdev/rpc/protocol"
)

// statusResult is what status --json prints: the state, and what is wrong.
type statusResult struct {
	protocol.Status
	Problems []protocol.Diagnostic `json:"problems"`
}

func (c *cli) statusCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "Say what the app does, and what is wrong",
		Long: `Status says what the app does, which version serves and where, how it was built (and,
if go build had to do it, why), and every error and warning that stands. With --json they are in "problems".`,
		Args:        cobra.NoArgs,
		Annotations: map[string]string{jsonOutput: "yes"},
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.ask(cmd.Context(), func(cl *client.Client, _ workspace) error {
				st, err := cl.Status(cmd.Context())
				if err != nil {
					return err
				}
				problems, err := cl.Diagnostics(cmd.Context())
				if err != nil {
					return err
				}
				if c.json {
					return c.printJSON(statusResult{st, append([]protocol.Diagnostic{}, problems...)})
				}
				f := c.format()
				c.printf("%s\n", f.Status(st))
				if b := st.LastBuild; b != nil && b.Build != nil {
					c.printf("  built by %s\n", f.Build(*b.Build))
				}
				for _, d := range problems {
					c.printf("%s\n", f.Diagnostic(d))
				}
				return nil
			})
		},
	}
}

// printState shows the state after a command.
func (c *cli) printState(st protocol.Status) error {
	if c.json {
		return c.printJSON(st)
	}
	c.printf("%s\n", c.format().Status(st))
	return nil
}

// printReload shows the outcome of a command and fails if that is bad.
func (c *cli) printReload(r protocol.Reload) error {
	if c.json {
		if err := c.printJSON(r); err != nil {
			return err
		}
	} else {
		c.printf("%s\n", c.format().Reload(r))
	}
	if r.Outcome == protocol.OutcomeBuildFailed || r.Outcome == protocol.OutcomeStartFailed {
		return errReported
	}
	return nil
}
