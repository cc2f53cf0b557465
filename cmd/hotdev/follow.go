package main

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/hotdev/hotdev/cmd/hotdev/internal/feed"
	"github.com/hotdev/hotdev/rpc/client"
	"github.com/hotdev/hotdev/rpc/protocol"
)

// follower feeds a daemon's session to what shows it.
//
// Its goroutine, follow, is started by who made it; it ends with the
// connection, which close closes.
type follower struct {
	cl    *client.Client
	feed  *feed.Feed
	tail  int                        // lines of the past to show; 0: all that are kept
	first func(protocol.Status)      // told the state at the beginning; nil: nobody
	hide  func(protocol.Reload) bool // reports whether a reload is not to be shown; nil: all are
	ended chan struct{}              // closed when the subscription has ended

	mu   sync.Mutex
	next uint64 // log entry that is wanted next; 0: the oldest that is kept
}

func newFollower(cl *client.Client, tail int) *follower {
	return &follower{cl: cl, feed: feed.New(), tail: tail, ended: make(chan struct{})}
}

// follow feeds what happens until the connection ends.
func (f *follower) follow() {
	defer close(f.ended)
	tail, first := f.tail, f.first
	for {
		err := f.cl.Subscribe(context.Background(), f.wanted(), client.Handler{
			Subscribed: func(s protocol.SubscribeResult) {
				p := protocol.LogParams{Entries: s.Logs, Missed: s.Missed}
				if tail > 0 && len(p.Entries) > tail {
					p = protocol.LogParams{Entries: s.Logs[len(s.Logs)-tail:]}
				}
				f.logs(p)
				f.feed.Status(s.Status)
				if first != nil {
					first(s.Status)
				}
				tail, first = 0, nil
			},
			Status: f.feed.Status,
			Log:    f.logs,
			Reloaded: func(r protocol.Reload) {
				if f.hide == nil || !f.hide(r) {
					f.feed.Reloaded(r)
				}
			},
			Breakpoints: f.feed.Breakpoints,
		})
		if !errors.Is(err, client.ErrLagged) { // what was missed comes with the next subscription
			f.feed.End(daemonEnded(err))
			return
		}
	}
}

// logs feeds log entries that were not fed before.
func (f *follower) logs(p protocol.LogParams) {
	f.mu.Lock()
	defer f.mu.Unlock()
	p.Entries = slices.DeleteFunc(p.Entries, func(e protocol.LogEntry) bool { return e.Seq < f.next })
	if n := len(p.Entries); n > 0 {
		f.next = p.Entries[n-1].Seq + 1
	}
	f.feed.Logs(p)
}

func (f *follower) wanted() uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.next
}

// close ends the connection, and waits for follow.
func (f *follower) close() {
	_ = f.cl.Close() // always nil
	<-f.ended
}
