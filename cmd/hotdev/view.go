package main

import (
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"sync"

	"github.com/hotdev/hotdev/cmd/hotdev/internal/console"
	"github.com/hotdev/hotdev/rpc/client"
	"github.com/hotdev/hotdev/rpc/protocol"
)

// attachTail is how many of the kept log lines are shown when joining a daemon
// that was there before.
const attachTail = 50

// view shows a daemon's session to a person.
//
// Its goroutine follows the subscription; it ends with the connection, which
// finish closes.
type view struct {
	cl      *client.Client
	feed    *console.Feed
	console *console.Console
	opt     viewOptions
	ended   chan struct{} // closed when the subscription has ended

	mu   sync.Mutex
	next uint64 // log entry that is wanted next; 0: the oldest that is kept
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
	v := &view{cl: cl, feed: console.NewFeed(), opt: o, ended: make(chan struct{})}
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
	err := v.console.Run(ctx, begin)
	if errors.Is(err, console.ErrEnded) {
		return daemonEnded(nil)
	}
	return err
}

// finish runs last and shows what the app says until then, then closes the
// connection. A last of nil only detaches.
func (v *view) finish(last func() error) error {
	return v.console.Finish(func() error {
		var err error
		if last != nil {
			err = last()
		}
		_ = v.cl.Close() // always nil
		<-v.ended
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

// logs shows log entries that were not shown before.
func (v *view) logs(p protocol.LogParams) {
	v.mu.Lock()
	defer v.mu.Unlock()
	p.Entries = slices.DeleteFunc(p.Entries, func(e protocol.LogEntry) bool { return e.Seq < v.next })
	if n := len(p.Entries); n > 0 {
		v.next = p.Entries[n-1].Seq + 1
	}
	v.feed.Logs(p)
}

func (v *view) wanted() uint64 {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.next
}

// follow feeds the console until the connection ends.
func (v *view) follow() {
	defer close(v.ended)
	first := true
	for {
		err := v.cl.Subscribe(context.Background(), v.wanted(), client.Handler{
			Subscribed: func(s protocol.SubscribeResult) {
				p := protocol.LogParams{Entries: s.Logs, Missed: s.Missed}
				if first && v.opt.tail > 0 && len(p.Entries) > v.opt.tail {
					p = protocol.LogParams{Entries: s.Logs[len(s.Logs)-v.opt.tail:]}
				}
				v.logs(p)
				v.feed.Status(s.Status)
				if first && s.Status.Diagnostics > 0 {
					v.standing()
				}
				first = false
			},
			Status: v.feed.Status,
			Log:    v.logs,
			Reloaded: func(r protocol.Reload) {
				if v.opt.hide == nil || !v.opt.hide(r) {
					v.feed.Reloaded(r)
				}
			},
		})
		switch {
		case errors.Is(err, client.ErrLagged): // what was missed comes with the next subscription
		case errors.Is(err, io.EOF):
			v.feed.End(nil)
			return
		default:
			v.feed.End(daemonEnded(err))
			return
		}
	}
}

// standing shows the diagnostics that stood before this view began.
func (v *view) standing() {
	if list, err := v.cl.Diagnostics(context.Background()); err == nil { // else the connection has ended, which follow sees
		v.feed.Diagnostics(list)
	}
}

// app is a daemon's app as keys act on it.
type app struct{ cl *client.Client }

func (a app) Reload(ctx context.Context) error {
	_, err := a.cl.Reload(ctx, false)
	return err
}

func (a app) Start(ctx context.Context) error {
	_, err := a.cl.Start(ctx, protocol.StartParams{})
	return err
}

func (a app) Stop(ctx context.Context) error {
	_, err := a.cl.Stop(ctx)
	return err
}

func (a app) Input(ctx context.Context, text string, eof bool) error {
	return a.cl.Stdin(ctx, text, eof)
}
