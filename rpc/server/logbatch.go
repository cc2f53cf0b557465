package server

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/hotdev/hotdev/rpc/protocol"
	"github.com/hotdev/hotdev/rpc/wire"
	"github.com/hotdev/hotdev/session"
	"github.com/hotdev/hotdev/session/diag"
)

const (
	logInterval  = 50 * time.Millisecond // shortest time between two batches
	maxBatch     = 2000                  // entries in one batch
	maxBatchText = 1 << 20               // bytes of text in one batch
	maxLogsAhead = 1 << 20               // bytes that may wait for the client when a batch is sent
	maxMessage   = 200                   // lines in one window/logMessage
)

// logBatch collects log entries for one client. When entries come faster than the
// client reads, the oldest are dropped and counted, so that an app that prints
// without end can't get a client cut off. It belongs to the feed's goroutine.
type logBatch struct {
	conn *wire.Conn

	entries []session.LogEntry
	bytes   int       // of text in entries
	missed  uint64    // entries dropped before the first of entries
	newest  uint64    // last sequence number seen
	due     time.Time // when the next batch may be sent
}

func newLogBatch(conn *wire.Conn) *logBatch { return &logBatch{conn: conn} }

// restart goes on with a new subscription: with its snapshot's entries, or with
// those after them.
func (b *logBatch) restart(snap session.Snapshot, with bool) {
	b.drop()
	if with {
		b.add(snap.Logs, snap.Missed)
	} else if n := len(snap.Logs); n > 0 {
		b.newest = snap.Logs[n-1].Seq
	}
}

// next is the sequence number after all that were seen.
func (b *logBatch) next() uint64 { return b.newest + 1 }

// add collects entries; missed were lost before them.
func (b *logBatch) add(entries []session.LogEntry, missed uint64) {
	if len(entries) == 0 {
		return
	}
	if missed > 0 { // what is there is not next to what comes
		missed += uint64(len(b.entries))
		b.entries, b.bytes = nil, 0
	}
	b.missed += missed
	b.entries = append(b.entries, entries...)
	for _, e := range entries {
		b.bytes += len(e.Text)
	}
	drop := 0
	for ; len(b.entries)-drop > maxBatch || b.bytes > maxBatchText && drop < len(b.entries)-1; drop++ {
		b.bytes -= len(b.entries[drop].Text)
	}
	b.entries = b.entries[drop:]
	b.missed += uint64(drop)
	b.newest = entries[len(entries)-1].Seq
}

// deadline is the context for waiting for more: it ends when a batch is due.
func (b *logBatch) deadline(ctx context.Context) (context.Context, context.CancelFunc) {
	if len(b.entries) == 0 {
		return ctx, func() {}
	}
	return context.WithDeadline(ctx, b.due)
}

// isDue tells whether the batch should be sent: it is time, and the client
// keeps up.
func (b *logBatch) isDue() bool {
	now := time.Now()
	if len(b.entries) == 0 || now.Before(b.due) {
		return false
	}
	b.due = now.Add(logInterval)
	return b.conn.Waiting() <= maxLogsAhead
}

// sendEvent sends the batch as hotdev/log.
func (b *logBatch) sendEvent() {
	if len(b.entries) > 0 {
		_ = b.conn.Notify(protocol.MethodLog, protocol.LogParams{Entries: convertLogs(b.entries), Missed: b.missed}) // fails when the connection ends
	}
}

// drop forgets what was collected.
func (b *logBatch) drop() {
	b.entries, b.bytes, b.missed = nil, 0, 0
}

// sendMessages sends the batch as window/logMessage, one for each run of entries
// of the same importance.
func (b *logBatch) sendMessages() {
	entries, missed := b.entries, b.missed
	if drop := len(entries) - maxMessage; drop > 0 {
		entries, missed = entries[drop:], missed+uint64(drop)
	}
	var lines []string
	if missed > 0 {
		lines = append(lines, fmt.Sprintf("… %d lines left out", missed))
	}
	for i, e := range entries {
		lines = append(lines, diag.StripANSI(e.Text))
		if i+1 < len(entries) && messageType(entries[i+1]) == messageType(e) {
			continue
		}
		_ = b.conn.Notify(protocol.MethodLogMessage, protocol.MessageParams{Type: messageType(e), Message: strings.Join(lines, "\n")})
		lines = lines[:0]
	}
}

// messageType is how important an entry is.
func messageType(e session.LogEntry) protocol.MessageType {
	switch e.Level {
	case "error":
		return protocol.MessageError
	case "warn":
		return protocol.MessageWarning
	case "info":
		return protocol.MessageInfo
	}
	return protocol.MessageLog
}
