package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/hotdev/hotdev/rpc/client"
	"github.com/hotdev/hotdev/rpc/protocol"
)

func (c *cli) dapCommand() *cobra.Command {
	var port int
	var idle time.Duration
	cmd := &cobra.Command{
		Use:   "dap",
		Short: "Debug adapter for an editor, on standard input and output or a port",
		Long: `Dap is what an editor starts to debug: a debug adapter (DAP) on standard input and
output that passes everything to the daemon of the workspace, and starts the
daemon if there is none. The session stays over all reloads.

The request launch starts the app if it does not run, once the breakpoints are
set. Its members package, args and profile replace what is in force.

With --port it listens on that port of 127.0.0.1 instead, for this user alone,
and serves any number of editors, until it is told to end. Port 0 takes a free
one. Where it listens is written to standard output.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, stop := untilSignal(cmd.Context())
			defer stop()
			b, err := c.dialDebugger(ctx, idle)
			if err != nil {
				return err
			}
			defer b.client.Close()
			if cmd.Flags().Changed("port") {
				return b.listen(ctx, c, port)
			}
			return b.pipe(ctx, c)
		},
	}
	flags := cmd.Flags()
	flags.IntVar(&port, "port", 0, "listen on `N` of 127.0.0.1 instead of using standard input and output")
	flags.DurationVar(&idle, "idle-timeout", defaultIdle, "how long a daemon that is started here waits for clients")
	return cmd
}

// debugBridge connects editors to the daemon's debug front. Its client keeps the
// daemon from being idle.
type debugBridge struct {
	client   *client.Client
	endpoint protocol.DebugEndpoint
}

// dialDebugger finds the debug front of the workspace's daemon, and starts a
// daemon if there is none.
func (c *cli) dialDebugger(ctx context.Context, idle time.Duration) (*debugBridge, error) {
	w, err := c.workspace()
	if err != nil {
		return nil, err
	}
	o, err := w.clientOptions()
	if err != nil {
		return nil, err
	}
	o.Name, o.Start, o.Args = "hotdev dap", true, c.daemonArgs(idle)
	cl, err := client.Dial(ctx, o)
	if err != nil {
		return nil, err
	}
	return newDebugBridge(ctx, cl)
}

// newDebugBridge finds the debug front of the daemon of cl, which it takes over.
func newDebugBridge(ctx context.Context, cl *client.Client) (*debugBridge, error) {
	endpoint, err := cl.DebugEndpoint(ctx)
	if err != nil {
		_ = cl.Close() // err says more
		return nil, fmt.Errorf("finding the debug adapter of the daemon: %w", err)
	}
	return &debugBridge{cl, endpoint}, nil
}

// dial connects to the front.
func (b *debugBridge) dial(ctx context.Context) (net.Conn, error) {
	nc, err := (&net.Dialer{}).DialContext(ctx, b.endpoint.Network, b.endpoint.Address)
	if err != nil {
		return nil, fmt.Errorf("connecting to the debug adapter: %w", err)
	}
	return nc, nil
}

// pipe bridges standard input and output until one side ends.
func (b *debugBridge) pipe(ctx context.Context, c *cli) error {
	nc, err := b.dial(ctx)
	if err != nil {
		return err
	}
	defer nc.Close()
	ended := make(chan error, 2)
	go func() { // ends with the editor; a read of a terminal can't be broken off
		_, err := io.Copy(nc, c.in)
		ended <- err
	}()
	go func() {
		_, err := io.Copy(c.out, nc)
		if err == nil {
			err = daemonEnded(nil)
		}
		ended <- err
	}()
	select {
	case err = <-ended:
	case <-ctx.Done():
	}
	return err
}

// listen bridges every connection to a port of the loopback address until ctx or
// the daemon ends.
func (b *debugBridge) listen(ctx context.Context, c *cli, port int) error {
	if port < 0 || port > 65535 {
		return usagef("--port %d: a port is a number from 0 to 65535", port)
	}
	ln, err := net.Listen("tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return fmt.Errorf("--port %d: %w", port, err)
	}
	fmt.Fprintf(c.out, "DAP server listening at: %s\n", ln.Addr())
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	running.Go(func() {
		select {
		case <-b.client.Done():
		case <-ctx.Done():
		}
		ln.Close()
	})
	for {
		nc, err := ln.Accept()
		if err != nil {
			break
		}
		running.Go(func() {
			if err := b.bridge(ctx, nc); err != nil && ctx.Err() == nil {
				c.printf("hotdev: debugger at %s: %v\n", nc.RemoteAddr(), err)
			}
		})
	}
	if ctx.Err() != nil {
		return nil
	}
	return daemonEnded(b.client.Err())
}

// errNoDebugger is what a connection gets that does not begin as DAP does, such
// as that of a web page, which could otherwise drive the debugger.
var errNoDebugger = errors.New("it does not speak DAP")

// bridge connects nc to the front until one of them, or ctx, ends.
func (b *debugBridge) bridge(ctx context.Context, nc net.Conn) error {
	stop := context.AfterFunc(ctx, func() { nc.Close() })
	defer stop()
	defer nc.Close()
	if err := sameUser(nc); err != nil {
		return err
	}
	const header = "Content-Length:" // DAP, base protocol: the only header field there is
	in := bufio.NewReader(nc)
	if begin, err := in.Peek(len(header)); err != nil || !strings.EqualFold(string(begin), header) {
		return errNoDebugger
	}
	front, err := b.dial(ctx)
	if err != nil {
		return err
	}
	defer front.Close()
	var answers sync.WaitGroup
	answers.Go(func() {
		_, _ = io.Copy(nc, front) // the end of either is the end of both
		nc.Close()
	})
	defer answers.Wait()
	_, err = io.Copy(front, in)
	front.Close()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}
