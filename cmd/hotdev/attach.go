package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/hotdev/hotdev/cmd/hotdev/internal/console"
	"github.com/hotdev/hotdev/cmd/hotdev/internal/tui"
	"github.com/hotdev/hotdev/rpc/protocol"
)

func (c *cli) attachCommand() *cobra.Command {
	var full, dlv bool
	cmd := &cobra.Command{
		Use:   "attach",
		Short: "Join the daemon from this terminal: log, state, errors, keys",
		Long: `Attach shows what the daemon of the workspace does, as 'hotdev run' does; leaving
it changes nothing. With --tui it fills the screen: panes for the log (filter,
search, follow), errors, routes with numbers, reloads and breakpoints; ? lists
the keys. With --dlv it is a debugger's prompt with Delve's commands, on the
debugger that editors share, and stays over reloads; standard input may be a
script. With --json it writes every notification of the daemon as
{"method": …, "params": …}, beginning with the state and the kept log; see
rpc/PROTOCOL.md. It ends with q, Ctrl-C or the daemon.`,
		Args:        cobra.NoArgs,
		Annotations: map[string]string{jsonOutput: "yes"},
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, stop := untilSignal(cmd.Context())
			defer stop()
			switch {
			case full && c.json, dlv && c.json, full && dlv:
				return usagef("of --tui, --dlv and --json only one can be had at a time")
			case dlv:
				return c.attachDebugger(ctx)
			case full:
				return c.attachFull(ctx)
			case c.json:
				return c.stream(ctx)
			}
			return c.attach(ctx)
		},
	}
	cmd.Flags().BoolVar(&full, "tui", false, "fill the screen")
	cmd.Flags().BoolVar(&dlv, "dlv", false, "debug with Delve's commands")
	return cmd
}

// attachQuit is what q does in a terminal that has joined a daemon.
const attachQuit = "detach: hotdev and the app go on"

func (c *cli) attach(ctx context.Context) error {
	cl, _, err := c.dial(ctx)
	if err != nil {
		return err
	}
	v := c.newView(cl, viewOptions{tail: attachTail, quit: attachQuit})
	err = v.run(ctx, nil)
	_ = v.finish(nil) // only detaches
	return err
}

// attachFull is attach on the whole screen.
func (c *cli) attachFull(ctx context.Context) error {
	if !console.IsTerminal(c.in) || !console.IsTerminal(c.err) || !console.Foreground(c.in) {
		return usagef("--tui needs a terminal for standard input and standard error: leave it out for plain lines")
	}
	if c.getenv("TERM") == "dumb" {
		return usagef("--tui needs a terminal that can do more than TERM=dumb: leave it out for plain lines")
	}
	cl, _, err := c.dial(ctx)
	if err != nil {
		return err
	}
	f := newFollower(cl, 0)
	go f.follow()
	defer f.close()
	guard, err := console.NewGuard(c.in, tui.Reset)
	if err != nil {
		return err
	}
	format := c.format()
	return tui.Run(ctx, tui.Options{
		In:      c.in,
		Out:     c.err,
		Environ: c.environ,
		Format: func(width int) tui.Format {
			f := format
			f.Width = width
			return f
		},
		App:    app{cl},
		Starts: console.Starts,
		Open: func(st protocol.Status) error {
			u := console.AppURL(st)
			if u == "" {
				return errors.New("the app does not listen anywhere")
			}
			return openBrowser(u)
		},
		Quit:    attachQuit,
		Suspend: console.Suspend,
		Guard:   guard,
	}, f.feed)
}
