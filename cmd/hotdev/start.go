package main

import (
	"github.com/spf13/cobra"

	"github.com/hotdev/hotdev/rpc/client"
	"github.com/hotdev/hotdev/rpc/protocol"
)

func (c *cli) startCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "start [package] [-- app args…]",
		Short: "Start the app in the daemon that is there",
		Long: `Start starts the app, waits until it serves and fails if it does not. A package,
args or --profile take the place of those in force; args may be none after --.`,
		Args:              packageAndArgs,
		Annotations:       map[string]string{jsonOutput: "yes"},
		ValidArgsFunction: c.completePackages,
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.ask(cmd.Context(), func(cl *client.Client, w workspace) error {
				params, err := c.startParams(cmd, w, args)
				if err != nil {
					return err
				}
				st, err := cl.Start(cmd.Context(), params)
				if err != nil {
					return err
				}
				if err := c.printState(st); err != nil {
					return err
				}
				if st.Running == nil || st.State == protocol.StateFailed {
					return errReported
				}
				return nil
			})
		},
	}
}

// packageAndArgs checks "[package] [-- app args…]".
func packageAndArgs(cmd *cobra.Command, args []string) error {
	if own, _ := splitArgs(cmd, args); len(own) > 1 {
		return usagef("%s is not understood: at most one package; arguments of the app come after --", own[1])
	}
	return nil
}

// splitArgs parts args at "--"; app is nil where there was none.
func splitArgs(cmd *cobra.Command, args []string) (own, app []string) {
	if dash := cmd.ArgsLenAtDash(); dash >= 0 {
		return args[:dash], append([]string{}, args[dash:]...)
	}
	return args, nil
}

// startParams reads "[package] [-- app args…]" and --profile.
func (c *cli) startParams(cmd *cobra.Command, w workspace, args []string) (protocol.StartParams, error) {
	own, app := splitArgs(cmd, args)
	p := protocol.StartParams{Args: app, Profile: c.profile}
	if len(own) == 1 {
		pkg, err := w.pkg(own[0])
		if err != nil {
			return p, err
		}
		p.Package = pkg
	}
	return p, nil
}
