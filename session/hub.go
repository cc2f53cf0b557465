package session

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/hotdev/hotdev/session/diag"
	"github.com/hotdev/hotdev/session/graph"
	"github.com/hotdev/hotdev/session/proxy"
)

const (
	maxHistory   = 50
	maxNotices   = 4096 // a subscriber that has more waiting is cut off
	maxLogsANext = 1000 // entries in one LogAppended
)

// hub holds the published copy of the session's state and tells subscribers of
// its changes. Publishing and subscribing happen under one lock, so that a
// subscriber's snapshot and its notices fit together without a gap. Nothing
// under the lock blocks.
type hub struct {
	logs *logRing

	mu      sync.Mutex
	state   Status
	byFile  map[string][]diag.Diagnostic // lists are replaced, never changed
	reloads []Reload                     // oldest first
	serial  int                          // of the newest of them
	routes  *routeTable                  // of the version that serves; nil for none
	revOf   int                          // its revision
	g       *graph.Graph
	points  []Breakpoint // replaced, never changed
	subs    map[*Subscription]struct{}
	quiet   bool // nobody is woken for what is new
	closed  bool
}

func newHub(initial Status) *hub {
	h := &hub{state: initial, byFile: map[string][]diag.Diagnostic{}, subs: map[*Subscription]struct{}{}}
	h.logs = newLogRing(h.wake)
	return h
}

// Subscribe returns the state and a subscription whose notices start right
// after it. logsFrom is the first log entry that is wanted (0: all kept).
func (s *Session) Subscribe(logsFrom uint64) (Snapshot, *Subscription) {
	return s.hub.subscribe(logsFrom)
}

func (h *hub) subscribe(logsFrom uint64) (Snapshot, *Subscription) {
	sub := &Subscription{hub: h, signal: make(chan struct{}, 1)}
	h.mu.Lock()
	defer h.mu.Unlock()
	snap := Snapshot{Status: h.state, Diagnostics: maps.Clone(h.byFile)}
	snap.Logs, snap.Missed = h.logs.newest(logsFrom, 0)
	sub.nextLog = max(logsFrom, 1)
	if n := len(snap.Logs); n > 0 {
		sub.nextLog = snap.Logs[n-1].Seq + 1
	}
	if h.closed {
		sub.fail(ErrClosed)
	} else {
		h.subs[sub] = struct{}{}
	}
	return snap, sub
}

// Subscription is one subscriber's queue of notices. Next and Close may be
// called by different goroutines.
type Subscription struct {
	hub     *hub
	signal  chan struct{} // holds a token when there may be something for Next
	nextLog uint64        // owned by Next's caller

	// Guarded by hub.mu.
	queue []Notice
	err   error // after it nothing more is queued
}

// Next waits for notices and returns all that are there, at least one. Its
// errors are ErrLagged after an overflow, ErrClosed once the session has ended
// or Close was called, and the context's. All but the context's are final.
func (b *Subscription) Next(ctx context.Context) ([]Notice, error) {
	for {
		b.hub.mu.Lock()
		notices, err := b.queue, b.err
		b.queue = nil
		b.hub.mu.Unlock()
		if entries, missed := b.hub.logs.oldest(b.nextLog, maxLogsANext); len(entries) > 0 {
			b.nextLog = entries[len(entries)-1].Seq + 1
			notices = append(notices, LogAppended{Entries: entries, Missed: missed})
			b.wake() // there may be more
		}
		switch {
		case len(notices) > 0:
			return notices, nil
		case err != nil:
			return nil, err
		}
		select {
		case <-b.signal:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// Close ends the subscription.
func (b *Subscription) Close() {
	b.hub.mu.Lock()
	defer b.hub.mu.Unlock()
	delete(b.hub.subs, b)
	b.queue = nil
	b.fail(ErrClosed)
}

func (b *Subscription) wake() {
	select {
	case b.signal <- struct{}{}:
	default: // it is awake already
	}
}

// fail ends the subscription with err; the caller holds hub.mu.
func (b *Subscription) fail(err error) {
	if b.err == nil {
		b.err = err
	}
	b.wake()
}

// wake lets every subscriber look for new log entries.
func (h *hub) wake() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.wakeAll()
}

// wakeAll lets every subscriber look for what is new, unless all is to be quiet; the
// caller holds h.mu.
func (h *hub) wakeAll() {
	if h.quiet {
		return
	}
	for b := range h.subs {
		b.wake()
	}
}

// setQuiet lets what is new wait, or ends that. A new version that starts has better
// use for the processors than those who would tell of it.
func (h *hub) setQuiet(quiet bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.quiet = quiet
	h.wakeAll()
}

// tell queues n for every subscriber; the caller holds h.mu.
func (h *hub) tell(n Notice) {
	for b := range h.subs {
		if len(b.queue) >= maxNotices {
			delete(h.subs, b)
			b.queue = nil
			b.fail(ErrLagged)
			continue
		}
		b.queue = append(b.queue, n)
	}
	h.wakeAll()
}

func (h *hub) setStatus(s Status) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.state = s
	h.tell(StatusChanged{s})
}

func (h *hub) setDiagnostics(file string, rev int, list []diag.Diagnostic) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(list) == 0 {
		delete(h.byFile, file)
	} else {
		h.byFile[file] = list
	}
	h.tell(DiagnosticsChanged{File: file, Rev: rev, Diagnostics: list})
}

func (h *hub) setBreakpoints(list []Breakpoint) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.points = list
	h.tell(BreakpointsChanged{})
}

// addReload adds a record and returns its serial.
func (h *hub) addReload(r Reload) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.serial++
	r.serial = h.serial
	if len(h.reloads) == maxHistory {
		h.reloads = slices.Delete(h.reloads, 0, 1)
	}
	h.reloads = append(h.reloads, r)
	h.tell(Reloaded{r})
	return r.serial
}

// answered completes the record with the given serial, if it is kept still.
func (h *hub) answered(serial int, first time.Duration, at time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := range h.reloads {
		if r := &h.reloads[i]; r.serial == serial {
			r.Phases.FirstResponse = first
			h.tell(Answered{*r, at})
		}
	}
}

func (h *hub) setRoutes(rev int, routes *routeTable) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.revOf, h.routes = rev, routes
}

// count adds a request to the route table of its version, if that still serves.
func (h *hub) count(r proxy.Request) {
	h.mu.Lock()
	table := h.routes
	if h.revOf != r.Rev {
		table = nil
	}
	h.mu.Unlock()
	if table != nil {
		table.count(r)
	}
}

func (h *hub) setGraph(g *graph.Graph) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.g = g
}

// close ends every subscription after its queued notices.
func (h *hub) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	for b := range h.subs {
		delete(h.subs, b)
		b.fail(ErrClosed)
	}
}

func (h *hub) status() Status {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.state
}

func (h *hub) breakpoints() []Breakpoint {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.points
}

func (h *hub) graph() *graph.Graph {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.g
}

func (h *hub) routeTable() (int, []Route) {
	h.mu.Lock()
	rev, table, g := h.revOf, h.routes, h.g
	h.mu.Unlock()
	if table == nil {
		return rev, nil
	}
	return rev, table.routes(g)
}

func (h *hub) history() []Reload {
	h.mu.Lock()
	defer h.mu.Unlock()
	newest := slices.Clone(h.reloads)
	slices.Reverse(newest)
	return newest
}

func (h *hub) diagnostics() []diag.Diagnostic {
	h.mu.Lock()
	defer h.mu.Unlock()
	var all []diag.Diagnostic
	for _, file := range slices.Sorted(maps.Keys(h.byFile)) {
		all = append(all, h.byFile[file]...)
	}
	return all
}
