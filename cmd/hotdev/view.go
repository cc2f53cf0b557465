package main

import (
	"context"
	"os"

	"github.com/hotdev/hotdev/cmd/hotdev/internal/console"
	"github.com/hotdev/hotdev/rpc/client"
	"github.com/hotdev/hotdev/rpc/protocol"
)

// attachTail is how many of the kept log lines are shown when joining a daemon
// that was there before.
const attachTail = 50

// view shows a daemon's session to a person.
type view struct {
	*follower
	console *console.Console
}

// viewOptions configures a view.
type viewOptions struct {
	tail int    // lines of the past to show; 0: all that are kept
	quit string // what q does
	// hide sees every reload first and reports whether it is not to be shown;
	// nil: all are.
	hide func(protocol.Reload) bool
}

func (c *cli) newView(cl *client.Client, o viewOptions) *view {
	v := &view{follower: newFollower(cl, o.tail)}
	v.hide = o.hide
	v.first = func(st protocol.Status) {
		if st.Diagnostics > 0 {
			v.standing()
		}
	}
	v.console = console.New(console.Options{
		In:     c.in,
		Out:    c.err,
		AppOut: c.appOut(),
		Format: c.format(),
		App:    app{cl},
		Open:   openBrowser,
		Quit:   o.quit,
	}, v.feed)
	go v.follow()
	return v
}

// appOut is where the app's standard output goes: nil for the terminal, where
// it is a part of the log.
func (c *cli) appOut() *os.File {
	if console.IsTerminal(c.out) {
		return nil
	}
	return c.out
}

// run does begin, if that is not nil, and shows the session until the person
// leaves or ctx ends, which gives nil, or the daemon ends.
func (v *view) run(ctx context.Context, begin func(context.Context) error) error {
	return v.console.Run(ctx, begin)
}

// finish runs last and shows what the app says until then, then closes the
// connection. A last of nil only detaches.
func (v *view) finish(last func() error) error {
	return v.console.Finish(func() error {
		var err error
		if last != nil {
			err = last()
		}
		v.close()
		return err
	})
}

// stop stops the app, and shows its last lines.
func (v *view) stop(ctx context.Context) error {
	if _, err := v.cl.Stop(ctx); err != nil {
		return err
	}
	rest, err := v.cl.Logs(ctx, protocol.LogsParams{From: v.wanted()})
	v.logs(rest)
	return err
}

// standing shows the diagnostics that stood before this view began.
func (v *view) standing() {
	if list, err := v.cl.Diagnostics(context.Background()); err == nil { // else the connection has ended, which follow sees
		v.feed.Diagnostics(list)
	}
}

// app is a daemon's app as keys act on it.
type app struct{ *client.Client }

func (a app) Reload(ctx context.Context) error {
	_, err := a.Client.Reload(ctx, false)
	return err
}

func (a app) Start(ctx context.Context) error {
	_, err := a.Client.Start(ctx, protocol.StartParams{})
	return err
}

func (a app) Stop(ctx context.Context) error {
	_, err := a.Client.Stop(ctx)
	return err
}

func (a app) Input(ctx context.Context, text string, eof bool) error {
	return a.Stdin(ctx, text, eof)
}
