package console

import (
	"sync"

	"github.com/hotdev/hotdev/rpc/protocol"
)

// Bounds of what a Feed keeps for a console that is slower than the app.
const (
	maxFeedItems  = 20_000
	maxFeedBytes  = 8 << 20
	maxFeedOthers = 50
)

// Feed takes the messages of a subscription for a Console. Its methods never
// block and its memory is bounded: a terminal that stands still makes log
// lines fall out, which the console then says, and disturbs nobody else. Any
// goroutine may call its methods.
type Feed struct {
	ready chan struct{} // holds a token when there is something to take

	mu      sync.Mutex
	pending update // what take will return
	bytes   int    // of pending's log texts
}

// update is what has come in since the last one.
type update struct {
	items  []item
	status *protocol.Status // the newest; nil: none came
	ended  bool             // nothing will follow
	err    error            // why, if ended
}

// item is a log entry, or a reload or diagnostic if that is set. missed counts
// the log entries before it that were dropped.
type item struct {
	log        protocol.LogEntry
	reload     *protocol.Reload
	diagnostic *protocol.Diagnostic
	missed     uint64
}

// NewFeed returns an empty feed.
func NewFeed() *Feed { return &Feed{ready: make(chan struct{}, 1)} }

// Status takes the new state.
func (f *Feed) Status(st protocol.Status) {
	f.change(func(u *update) { u.status = &st })
}

// Logs takes a batch of log entries.
func (f *Feed) Logs(p protocol.LogParams) {
	f.change(func(u *update) {
		missed := p.Missed
		for _, e := range p.Entries {
			u.items = append(u.items, item{log: e, missed: missed})
			f.bytes += len(e.Text)
			missed = 0
		}
		f.shrink()
	})
}

// Reloaded takes the record of a reload.
func (f *Feed) Reloaded(r protocol.Reload) {
	f.change(func(u *update) {
		u.items = append(u.items, item{reload: &r})
		f.shrink()
	})
}

// Diagnostics takes what already stands at the beginning.
func (f *Feed) Diagnostics(list []protocol.Diagnostic) {
	f.change(func(u *update) {
		for _, d := range list {
			u.items = append(u.items, item{diagnostic: &d})
		}
		f.shrink()
	})
}

// End says that nothing will follow, because of err (nil: an orderly end).
func (f *Feed) End(err error) {
	f.change(func(u *update) { u.ended, u.err = true, err })
}

func (f *Feed) change(apply func(*update)) {
	f.mu.Lock()
	apply(&f.pending)
	f.mu.Unlock()
	select {
	case f.ready <- struct{}{}:
	default: // the console has not taken the last token yet
	}
}

// shrink drops the older half of the pending log entries when there is too
// much, and all but the newest other items of that half; the caller holds mu.
func (f *Feed) shrink() {
	items := f.pending.items
	if len(items) <= maxFeedItems && f.bytes <= maxFeedBytes {
		return
	}
	older, newer := items[:len(items)/2], items[len(items)/2:]
	var kept []item
	var missed uint64
	for _, it := range older {
		missed += it.missed
		if it.reload != nil || it.diagnostic != nil {
			it.missed = 0
			kept = append(kept, it)
			continue
		}
		missed++
		f.bytes -= len(it.log.Text)
	}
	kept = kept[max(0, len(kept)-maxFeedOthers):]
	newer[0].missed += missed
	f.pending.items = append(kept, newer...)
}

// take returns what has come in since the last call.
func (f *Feed) take() update {
	f.mu.Lock()
	defer f.mu.Unlock()
	u := f.pending
	f.pending, f.bytes = update{ended: u.ended, err: u.err}, 0
	return u
}
