// Package feed carries what a daemon tells to what shows it on a terminal.
// Terminals are slow at times; a daemon's connection must never wait for them.
package feed

import (
	"sync"

	"github.com/hotdev/hotdev/rpc/protocol"
)

// Bounds of what a Feed keeps for a terminal that is slower than the app.
const (
	maxItems  = 20_000
	maxBytes  = 8 << 20
	maxOthers = 50
)

// Feed takes the messages of a subscription. Its methods never block and its
// memory is bounded: a terminal that stands still makes log lines fall out,
// which Update says, and disturbs nobody else. Any goroutine may call its
// methods.
type Feed struct {
	ready chan struct{} // holds a token when there is something to take

	mu      sync.Mutex
	pending Update // what Take will return
	bytes   int    // of pending's log texts
}

// Update is what has come in since the last one.
type Update struct {
	Items       []Item
	Status      *protocol.Status            // the newest; nil: none came
	Breakpoints *protocol.BreakpointsResult // the newest; nil: none came
	Ended       bool                        // nothing will follow
	Err         error                       // why, if Ended
}

// Item is a log entry, or a reload or diagnostic if that is set. Missed counts
// the log entries before it that were dropped.
type Item struct {
	Log        protocol.LogEntry
	Reload     *protocol.Reload
	Diagnostic *protocol.Diagnostic
	Missed     uint64
}

// New returns an empty feed.
func New() *Feed { return &Feed{ready: make(chan struct{}, 1)} }

// Status takes the new state.
func (f *Feed) Status(st protocol.Status) {
	f.change(func(u *Update) { u.Status = &st })
}

// Breakpoints takes the new list of all breakpoints.
func (f *Feed) Breakpoints(list protocol.BreakpointsResult) {
	f.change(func(u *Update) { u.Breakpoints = &list })
}

// Logs takes a batch of log entries.
func (f *Feed) Logs(p protocol.LogParams) {
	f.change(func(u *Update) {
		missed := p.Missed
		for _, e := range p.Entries {
			u.Items = append(u.Items, Item{Log: e, Missed: missed})
			f.bytes += len(e.Text)
			missed = 0
		}
		f.shrink()
	})
}

// Reloaded takes the record of a reload.
func (f *Feed) Reloaded(r protocol.Reload) {
	f.change(func(u *Update) {
		u.Items = append(u.Items, Item{Reload: &r})
		f.shrink()
	})
}

// Diagnostics takes what already stands at the beginning.
func (f *Feed) Diagnostics(list []protocol.Diagnostic) {
	f.change(func(u *Update) {
		for _, d := range list {
			u.Items = append(u.Items, Item{Diagnostic: &d})
		}
		f.shrink()
	})
}

// End says that nothing will follow, because of err.
func (f *Feed) End(err error) {
	f.change(func(u *Update) { u.Ended, u.Err = true, err })
}

func (f *Feed) change(apply func(*Update)) {
	f.mu.Lock()
	apply(&f.pending)
	f.mu.Unlock()
	select {
	case f.ready <- struct{}{}:
	default: // the last token is not taken yet
	}
}

// shrink drops the older half of the pending log entries when there is too
// much, and all but the newest other items of that half; the caller holds mu.
func (f *Feed) shrink() {
	items := f.pending.Items
	if len(items) <= maxItems && f.bytes <= maxBytes {
		return
	}
	older, newer := items[:len(items)/2], items[len(items)/2:]
	var kept []Item
	var missed uint64
	for _, it := range older {
		missed += it.Missed
		if it.Reload != nil || it.Diagnostic != nil {
			it.Missed = 0
			kept = append(kept, it)
			continue
		}
		missed++
		f.bytes -= len(it.Log.Text)
	}
	kept = kept[max(0, len(kept)-maxOthers):]
	newer[0].Missed += missed
	f.pending.Items = append(kept, newer...)
}

// Ready delivers a token when there may be something to take.
func (f *Feed) Ready() <-chan struct{} { return f.ready }

// Take returns what has come in since the last call.
func (f *Feed) Take() Update {
	f.mu.Lock()
	defer f.mu.Unlock()
	u := f.pending
	f.pending, f.bytes = Update{Ended: u.Ended, Err: u.Err}, 0
	return u
}
