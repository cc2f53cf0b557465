package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hotdev/hotdev/rpc/client"
	"github.com/hotdev/hotdev/rpc/wire"
)

// defaultIdle is how long a daemon that an editor started waits for clients.
const defaultIdle = 5 * time.Minute

func (c *cli) serveCommand() *cobra.Command {
	var listen []string
	var detached bool
	var idle time.Duration
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the daemon alone, in the foreground",
		Long: `Serve is the daemon without a terminal interface: it builds for diagnostics, and
starts the app once a client asks for it ('hotdev start', or an editor). It
listens on the workspace's own socket, and with --listen on further addresses:

    unix:PATH        a socket for this user alone; PATH must not exist
    tcp:HOST:PORT    a loopback address; clients must send the token that is
                     written to a file, which is named on standard error

It ends with SIGINT or SIGTERM, 'hotdev stop --daemon', or --idle-timeout.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			w, err := c.workspace()
			if err != nil {
				return err
			}
			o := daemonOptions{
				overrides:   c.overrides(),
				idleTimeout: idle,
				logger:      slog.New(slog.NewTextHandler(c.err, nil)),
			}
			return c.serve(cmd.Context(), w, o, listen, detached)
		},
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&listen, "listen", nil, "listen on `ADDRESS` too (may be repeated)")
	flags.DurationVar(&idle, "idle-timeout", 0, "end when no client was connected for so long (0: never)")
	flags.BoolVar(&detached, "detached", false, "started by a client: tell it on standard output when it can connect")
	must(flags.MarkHidden("detached"))
	return cmd
}

func (c *cli) serve(ctx context.Context, w workspace, o daemonOptions, listen []string, detached bool) error {
	ctx, stop := untilSignal(ctx)
	defer stop()
	d, other, err := c.takeOrJoin(ctx, w, o)
	if err != nil {
		return err
	}
	if other != nil {
		return errors.Join(fmt.Errorf("%s: %w", w.root, wire.ErrTaken), other.Close())
	}
	for _, address := range listen {
		ln, err := c.listen(d, address)
		if err != nil {
			_ = d.discard() // err says more
			return err
		}
		d.listeners = append(d.listeners, ln)
	}
	socket := d.listeners[0].Addr().String()
	o.logger.Info("serving", "workspace", w.root, "socket", socket)
	if detached {
		if err := client.ReportReady(c.out, socket); err != nil {
			_ = d.discard() // nobody waits for it any more
			return fmt.Errorf("telling the client that started this daemon: %w", err)
		}
	}
	return d.serve(ctx)
}

// listen opens a further address of d, and says where its clients find it.
func (c *cli) listen(d *daemon, address string) (*wire.Listener, error) {
	scheme, rest, _ := strings.Cut(address, ":")
	switch {
	case scheme == "unix" && rest != "":
		path, err := filepath.Abs(rest)
		if err != nil {
			return nil, usagef("--listen %s: %w", address, err)
		}
		ln, err := wire.ListenUnix(path)
		if err != nil {
			return nil, fmt.Errorf("--listen %s: %w", address, err)
		}
		return ln, nil
	case scheme == "tcp" && rest != "":
		token := fmt.Sprintf("%s.token%d", d.listeners[0].Addr(), len(d.listeners))
		ln, err := wire.ListenTCP(rest, token)
		if err != nil {
			return nil, fmt.Errorf("--listen %s: %w", address, err)
		}
		c.printf("hotdev: listening on %s, token in %s\n", ln.Addr(), token)
		return ln, nil
	default:
		return nil, usagef("--listen %s: an address is unix:PATH or tcp:HOST:PORT", address)
	}
}
