package server

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync"

	"github.com/hotdev/hotdev/rpc/protocol"
	"github.com/hotdev/hotdev/session"
)

// feed carries the session's notices to one client. One goroutine (deliver)
// turns notices into messages; subscribe, called by requests, gives it another
// subscription to go on with.
type feed struct {
	client *client

	// Owned by deliver; set by start before it.
	published *published
	logs      *logBatch
	progress  *progress // nil: the client shows none
	aware     bool      // the client knows hotdev/*
	crashed   bool      // the client was told that the app has crashed

	mu     sync.Mutex
	sub    subscription
	fresh  *renewal // of sub, until deliver has seen it
	events bool     // hotdev/* notifications are wanted
	ended  bool
}

// renewal is the snapshot of a new subscription.
type renewal struct {
	snap session.Snapshot
	logs bool // the client has not got the snapshot's log entries
}

func newFeed(c *client) *feed { return &feed{client: c} }

// start subscribes for a client that is initialized. Every client gets all
// diagnostics that stand; one that asked for events gets the state.
func (f *feed) start(ctx context.Context, can protocol.ClientCapabilities, hotdev protocol.HotdevClient, p *progress) {
	f.published = newPublished(f.client.conn, can.TextDocument.PublishDiagnostics.RelatedInformation)
	f.logs = newLogBatch(f.client.conn)
	f.progress, f.aware = p, hotdev.Aware
	from := uint64(0)
	if hotdev.Aware && !hotdev.Events {
		from = math.MaxUint64 // no log before it subscribes
	}
	snap, sub := f.client.srv.backend.Subscribe(from)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.sub != nil { // it has subscribed before initialized
		sub.Close()
	} else {
		f.sub, f.fresh, f.events = sub, &renewal{snap: snap}, hotdev.Events
		f.sendStatus(snap.Status)
	}
	f.client.tasks.Go(func() { f.deliver(ctx) })
}

// subscribe replaces the client's subscription. The snapshot is for the answer;
// events follow once begin was called.
func (f *feed) subscribe(logsFrom uint64) (snap session.Snapshot, begin func()) {
	f.mu.Lock()
	f.events = false // nothing older than the snapshot may follow it
	f.mu.Unlock()
	snap, sub := f.client.srv.backend.Subscribe(logsFrom)
	return snap, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.ended {
			sub.Close()
			return
		}
		if f.sub != nil {
			f.sub.Close() // lets deliver look for the new one
		}
		f.sub, f.fresh, f.events = sub, &renewal{snap: snap}, true
	}
}

// end ends the subscription; deliver returns.
func (f *feed) end() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ended = true
	if f.sub != nil {
		f.sub.Close()
	}
}

// deliver sends notices until the feed or the session ends.
func (f *feed) deliver(ctx context.Context) {
	for {
		sub := f.current()
		wait, cancel := f.logs.deadline(ctx)
		notices, err := sub.Next(wait)
		cancel()
		for _, n := range notices {
			f.tell(sub, n)
		}
		if f.logs.isDue() {
			f.sendLogs(sub)
		}
		switch {
		case err == nil || ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded):
		case errors.Is(err, session.ErrLagged):
			f.renew(sub)
		case f.current() != sub: // subscribe has replaced it
		default:
			f.sendLogs(sub)
			return
		}
	}
}

// current returns the subscription in force. If it is new, the client gets what
// its snapshot says of diagnostics; what waits of the old one's log is in the
// snapshot as well.
func (f *feed) current() subscription {
	f.mu.Lock()
	sub, fresh := f.sub, f.fresh
	f.fresh = nil
	f.mu.Unlock()
	if fresh != nil {
		f.logs.restart(fresh.snap, fresh.logs)
		f.published.sync(fresh.snap.Diagnostics)
		f.progress.show(fresh.snap.Status)
		f.crashed = fresh.snap.Status.State == session.Crashed
	}
	return sub
}

// renew subscribes again after old was cut off by the session, so that the
// client misses nothing but log entries that are no longer kept.
func (f *feed) renew(old subscription) {
	f.sendLogs(old)
	snap, sub := f.client.srv.backend.Subscribe(f.logs.next())
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.sub != old || f.ended {
		sub.Close()
		return
	}
	f.sub, f.fresh = sub, &renewal{snap: snap, logs: true}
	f.sendStatus(snap.Status)
	f.sendBreakpoints()
}

// sendStatus sends the state to a client that wants events; the caller holds mu.
func (f *feed) sendStatus(s session.Status) {
	if f.events {
		_ = f.client.conn.Notify(protocol.MethodStatus, f.client.convertStatus(s)) // fails when the connection ends
	}
}

// sendBreakpoints sends the breakpoints to a client that wants events; the caller
// holds mu. They are those of now: a client whose request has changed them is not
// told again how they were before.
func (f *feed) sendBreakpoints() {
	if f.events {
		_ = f.client.conn.Notify(protocol.MethodBreakpointsChanged, convertBreakpoints(f.client.srv.backend.Breakpoints())) // fails when the connection ends
	}
}

// tellBreakpoints sends the breakpoints for a notice of sub.
func (f *feed) tellBreakpoints(sub subscription) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.sub == sub {
		f.sendBreakpoints()
	}
}

// answered sends the breakpoints if they are not those of an answer that is on
// its way: a notification of newer ones may have come before it.
func (f *feed) answered(list []session.Breakpoint) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !slices.Equal(list, f.client.srv.backend.Breakpoints()) {
		f.sendBreakpoints()
	}
}

// sendLogs sends the log entries of sub that wait, in the form that the client
// wants. The lock keeps subscribe from coming between.
func (f *feed) sendLogs(sub subscription) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.sub == sub && f.events:
		f.logs.sendEvent()
	case f.sub == sub && !f.aware:
		f.logs.sendMessages()
	}
	f.logs.drop()
}

// tell sends one notice of sub.
func (f *feed) tell(sub subscription, n session.Notice) {
	switch n := n.(type) {
	case session.DiagnosticsChanged:
		f.published.set(n.File, n.Diagnostics)
	case session.LogAppended:
		f.logs.add(n.Entries, n.Missed)
	case session.StatusChanged:
		f.progress.show(n.Status)
		f.event(sub, protocol.MethodStatus, f.client.convertStatus(n.Status))
		f.tellCrash(n.Status)
	case session.BreakpointsChanged:
		f.tellBreakpoints(sub)
	case session.Reloaded:
		f.sendLogs(sub) // the build's output comes before its outcome
		f.event(sub, protocol.MethodReloaded, ConvertReload(n.Reload))
		if !f.aware && n.Reload.Outcome == session.StartFailed {
			f.message("the new version failed to start: " + n.Reload.Message)
		}
	}
}

// event sends a hotdev/* notification if the client wants those of sub. The
// lock keeps subscribe from coming between.
func (f *feed) event(sub subscription, method string, params any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.events && f.sub == sub {
		_ = f.client.conn.Notify(method, params) // fails when the connection ends
	}
}

// tellCrash tells a client without hotdev/* that the app has crashed, once.
func (f *feed) tellCrash(s session.Status) {
	crashed := s.State == session.Crashed
	if crashed && !f.crashed && !f.aware {
		f.message("the app has crashed: " + s.Message)
	}
	f.crashed = crashed
}

func (f *feed) message(text string) {
	_ = f.client.conn.Notify(protocol.MethodShowMessage, protocol.MessageParams{Type: protocol.MessageError, Message: text})
}
