package session

import (
	"time"

	"github.com/hotdev/hotdev/session/diag"
)

// Notice is a change that a subscriber is told of: one of StatusChanged,
// DiagnosticsChanged, LogAppended, Reloaded, Answered and BreakpointsChanged.
type Notice interface{ notice() }

// StatusChanged carries the new state.
type StatusChanged struct{ Status Status }

// DiagnosticsChanged carries all diagnostics of one file; an empty list clears
// it. Rev is the revision that they belong to.
type DiagnosticsChanged struct {
	File        string
	Rev         int
	Diagnostics []diag.Diagnostic
}

// LogAppended carries new log entries, oldest first. Missed counts entries just
// before them that this subscriber was too slow to get.
type LogAppended struct {
	Entries []LogEntry
	Missed  uint64
}

// Reloaded carries the record of a reload that came to its end.
type Reloaded struct{ Reload Reload }

// Answered carries the record of a reload once more: the version that came of
// it has answered its first request, the answer was complete At that time, and
// Phases.FirstResponse is known.
type Answered struct {
	Reload Reload
	At     time.Time
}

// BreakpointsChanged says that Session.Breakpoints returns others than before.
type BreakpointsChanged struct{}

func (BreakpointsChanged) notice() {}
func (StatusChanged) notice()      {}
func (DiagnosticsChanged) notice() {}
func (LogAppended) notice()        {}
func (Reloaded) notice()           {}
func (Answered) notice()           {}

// Snapshot is the state at the moment of a subscription; the notices of the
// subscription start right after it.
type Snapshot struct {
	Status      Status
	Diagnostics map[string][]diag.Diagnostic // by file
	Logs        []LogEntry                   // from the wanted sequence number on
	Missed      uint64                       // entries from there on that are no longer kept
}
