package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hotdev/hotdev/rpc/client"
	"github.com/hotdev/hotdev/rpc/protocol"
	"github.com/hotdev/hotdev/rpc/wire"
	"github.com/hotdev/hotdev/session/config"
)

func (c *cli) runCommand() *cobra.Command {
	var flags runFlags
	cmd := &cobra.Command{
		Use:   "run [package] [-- app args…]",
		Short: "Develop in this terminal: build, run, and do it again on every save",
		Long: `Run is the daemon in this terminal: it builds and runs the main package (found
out if there is only one), and every save becomes the running version or errors.

If a daemon serves the workspace already, because an editor started it, run joins
that and starts the app there.

q, Ctrl-C, SIGTERM or SIGHUP ends what run began: its own daemon and app, or in
another's daemon the app if run started it. A second Ctrl-C ends everything at
once. Keys work on a terminal (? lists them); anywhere else standard input goes
to the app, up to its end, and plain lines are written.`,
		Example:           "  hotdev run\n  hotdev run ./cmd/api -- -verbose\n  hotdev run -C services/shop --profile test",
		Args:              packageAndArgs,
		Annotations:       map[string]string{jsonOutput: "yes"},
		ValidArgsFunction: c.completePackages,
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.develop(cmd, &flags, args)
		},
	}
	flags.register(cmd)
	return cmd
}

// runFlags are the flags of run that override hotdev.toml.
type runFlags struct {
	address, poll  string
	tags, envFiles []string
	race           bool
}

func (f *runFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.address, "address", "", "public `HOST:PORT` of the app")
	flags.StringSliceVar(&f.tags, "tags", nil, "build tags, separated by commas")
	flags.BoolVar(&f.race, "race", false, "build with the race detector")
	flags.StringArrayVar(&f.envFiles, "env-file", nil, "read the app's environment from `FILE` (may be repeated)")
	flags.StringVar(&f.poll, "poll", "", "look for changes instead of being told: auto, always or never")
	must(cmd.RegisterFlagCompletionFunc("poll", cobra.FixedCompletions([]string{"auto", "always", "never"}, cobra.ShellCompDirectiveNoFileComp)))
}

// overrides are what the flags give, for a daemon that this process becomes.
func (f *runFlags) overrides(cmd *cobra.Command, w workspace, o config.Overrides, p protocol.StartParams) config.Overrides {
	changed := cmd.Flags().Changed
	if changed("address") {
		o.Address = &f.address
	}
	if changed("poll") {
		o.Poll = &f.poll
	}
	if changed("tags") {
		o.Tags = f.tags
	}
	if changed("race") {
		o.Race = &f.race
	}
	for _, name := range f.envFiles {
		o.EnvFiles = append(o.EnvFiles, w.file(name))
	}
	if p.Package != "" {
		o.Package = &p.Package
	}
	o.Args = p.Args
	return o
}

// onlyOwn names the given flags that act only in a daemon of run's own; a
// daemon that is there already can't take them.
func (f *runFlags) onlyOwn(cmd *cobra.Command) (names []string) {
	for _, name := range []string{"address", "tags", "race", "env-file", "poll"} {
		if cmd.Flags().Changed(name) {
			names = append(names, "--"+name)
		}
	}
	return names
}

func (c *cli) develop(cmd *cobra.Command, flags *runFlags, args []string) error {
	w, err := c.workspace()
	if err != nil {
		return err
	}
	params, err := c.startParams(cmd, w, args)
	if err != nil {
		return err
	}
	if params.Package == "" {
		if params.Package, err = w.pkg(""); err != nil {
			return err
		}
	}
	overrides := flags.overrides(cmd, w, c.overrides(), params)
	if err := c.checkFlags(w, overrides); err != nil {
		return err
	}
	ctx, stop := untilSignal(cmd.Context())
	defer stop()
	defer survivePipes()()
	d, cl, err := c.takeOrJoin(ctx, w, daemonOptions{overrides: overrides, autostart: true, logger: slog.New(slog.DiscardHandler)})
	switch {
	case err != nil:
		return err
	case d != nil:
		return c.runOwn(ctx, w, d)
	default:
		if own := flags.onlyOwn(cmd); len(own) > 0 {
			_ = cl.Close() // always nil
			return usagef("a daemon serves this workspace already and can't take %s: put that into hotdev.toml, or end the daemon with 'hotdev stop --daemon'", strings.Join(own, ", "))
		}
		return c.runJoined(ctx, w, cl, params)
	}
}

// checkFlags refuses flags and variables that are wrong; what is wrong in
// hotdev.toml the session tells, which goes on when it is mended.
func (c *cli) checkFlags(w workspace, o config.Overrides) error {
	_, err := config.Load(w.root, c.environ, o)
	var errs config.Errors
	if !errors.As(err, &errs) {
		return err
	}
	for _, e := range errs {
		if e.File == "" {
			return usageError{e}
		}
	}
	return nil
}

// takeOrJoin makes this process the workspace's daemon, or connects to the one
// that is there. It waits for one that is just starting or ending.
func (c *cli) takeOrJoin(ctx context.Context, w workspace, o daemonOptions) (*daemon, *client.Client, error) {
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for told := false; ; told = true {
		d, err := c.newDaemon(w, o)
		if !errors.Is(err, wire.ErrTaken) {
			return d, nil, err
		}
		cl, _, err := c.dial(ctx)
		if !errors.Is(err, client.ErrNoDaemon) {
			return nil, cl, err
		}
		if !told {
			c.printf("hotdev: waiting for the hotdev that is just starting or ending here\n")
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return nil, nil, fmt.Errorf("waiting for the workspace: %w", context.Cause(ctx))
		}
	}
}

// runOwn develops with d, which lives as long as this command.
func (c *cli) runOwn(ctx context.Context, w workspace, d *daemon) error {
	daemonCtx, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	served := make(chan error, 1)
	go func() { served <- d.serve(daemonCtx) }()
	last := func() error {
		end()
		return <-served
	}
	if c.json {
		return errors.Join(unlessEnded(c.stream(ctx)), last())
	}
	cl, _, err := c.dial(ctx)
	if err != nil {
		return errors.Join(err, last())
	}
	v, err := c.runView(ctx, w, cl, viewOptions{quit: "quit: stop the app and hotdev"}, nil)
	return errors.Join(unlessEnded(err), v.finish(func() error {
		_ = v.stop(context.WithoutCancel(ctx)) // fails where the daemon has ended already
		return last()
	}))
}

// unlessEnded drops the error that says that run's own daemon has ended: what
// serve returns says how.
func unlessEnded(err error) error {
	if errors.Is(err, client.ErrNoDaemon) {
		return nil
	}
	return err
}

// runJoined starts the app in another's daemon.
func (c *cli) runJoined(ctx context.Context, w workspace, cl *client.Client, params protocol.StartParams) error {
	st, err := cl.Status(ctx)
	if err != nil {
		_ = cl.Close() // always nil
		return err
	}
	o, ours := viewOptions{tail: attachTail, quit: "stop the app; the daemon goes on"}, st.Running == nil
	if !ours {
		o.quit = "detach: the app was running before and goes on"
	}
	c.printf("hotdev: joined the daemon that serves this workspace already (process %d); q: %s\n", cl.Daemon().PID, o.quit)
	begin := func(ctx context.Context) error {
		_, err := cl.Start(ctx, params)
		return err
	}
	if c.json {
		return c.streamJoined(ctx, cl, begin, ours)
	}
	v, err := c.runView(ctx, w, cl, o, begin)
	return errors.Join(err, v.finish(func() error {
		if !ours || errors.Is(err, client.ErrNoDaemon) {
			return nil
		}
		return v.stop(context.WithoutCancel(ctx))
	}))
}

// streamJoined is runJoined for programs.
func (c *cli) streamJoined(ctx context.Context, cl *client.Client, begin func(context.Context) error, ours bool) error {
	defer cl.Close()
	started := make(chan error, 1)
	go func() { started <- begin(ctx) }()
	err := c.stream(ctx)
	if failed := <-started; ctx.Err() == nil {
		err = errors.Join(err, failed)
	}
	if ours && !errors.Is(err, client.ErrNoDaemon) {
		_, failed := cl.Stop(context.WithoutCancel(ctx))
		err = errors.Join(err, failed)
	}
	return err
}
