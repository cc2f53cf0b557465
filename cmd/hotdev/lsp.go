package main

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/hotdev/hotdev/rpc/client"
)

func (c *cli) lspCommand() *cobra.Command {
	var idle time.Duration
	cmd := &cobra.Command{
		Use:   "lsp",
		Short: "Language server for an editor, on standard input and output",
		Long: `Lsp is what an editor starts: a language server (LSP 3.17) on standard input and
output that passes everything to the daemon of the workspace that the editor has
opened, and starts the daemon if there is none. The daemon is shared with other
editors and terminals, and outlives this command by --idle-timeout.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, stop := untilSignal(cmd.Context())
			defer stop()
			b, err := thisBuild()
			if err != nil {
				return err
			}
			err = client.Bridge(ctx, c.in, c.out, client.Options{
				Root:     c.dir, // what the editor says takes its place
				FindRoot: func(dir string) (string, error) { w, err := findWorkspace(dir); return w.root, err },
				Name:     "hotdev lsp",
				Version:  b.Version,
				BuildID:  b.BuildID,
				Start:    true,
				Args:     c.daemonArgs(idle),
			})
			if ctx.Err() != nil { // ended by a signal, as asked
				return nil
			}
			return err
		},
	}
	cmd.Flags().DurationVar(&idle, "idle-timeout", defaultIdle, "how long a daemon that is started here waits for clients")
	return cmd
}

// daemonArgs are the arguments of a daemon that is started in a workspace's
// root.
func (c *cli) daemonArgs(idle time.Duration) []string {
	args := []string{"serve", "--detached", "--idle-timeout", idle.String()}
	if c.profile != "" {
		args = append(args, "--profile", c.profile)
	}
	return args
}
