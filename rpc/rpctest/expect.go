package rpctest

import (
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/hotdev/hotdev/rpc/protocol"
)

// Verdict is what a state means for an expectation.
type Verdict int

// The verdicts.
const (
	Unmet      Verdict = iota // it may still come true
	Met                       // it is true
	Unmeetable                // it can't come true any more
)

// Expectation is something that the daemon should tell.
type Expectation struct {
	What  string
	Check func(s *State) Verdict
}

// Expect waits until the expectation is met. It fails the test as soon as it
// is unmeetable or the connection has ended.
func (e *Editor) Expect(x Expectation) {
	e.t.Helper()
	late := time.NewTimer(backstop)
	defer late.Stop()
	for {
		e.mu.Lock()
		verdict, ended, changed := x.Check(&e.state), e.state.Ended, e.changed
		e.mu.Unlock()
		switch {
		case verdict == Met:
			return
		case verdict == Unmeetable:
			e.fail(x, "can't be met any more")
		case ended:
			e.fail(x, "is unmet at the connection's end")
		}
		select {
		case <-changed:
		case <-late.C:
			e.fail(x, fmt.Sprintf("is unmet after %v", backstop))
		}
	}
}

func (e *Editor) fail(x Expectation, why string) {
	e.t.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.t.Fatalf("expected %s: %s. The daemon told:\n%s", x.What, why, &e.state)
}

// update changes the state and wakes Expect.
func (e *Editor) update(f func(*State)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	f(&e.state)
	close(e.changed)
	e.changed = make(chan struct{})
}

// act begins something that expectations are about.
func (e *Editor) act() {
	e.update(func(s *State) { s.Status, s.Reloads = nil, nil })
}

// ExpectReloaded waits for the outcome of the last act and returns the reload.
// Another outcome fails the test.
func (e *Editor) ExpectReloaded(want protocol.Outcome) protocol.Reload {
	e.t.Helper()
	var reload protocol.Reload
	e.Expect(Expectation{fmt.Sprintf("a reload with outcome %q", want), func(s *State) Verdict {
		r, ok := s.final()
		switch {
		case !ok:
			return Unmet
		case r.Outcome == want:
			reload = r
			return Met
		}
		return Unmeetable
	}})
	return reload
}

// ExpectState waits for a state and returns the status. A failed build or a
// crash fails the test unless it is what was expected.
func (e *Editor) ExpectState(want protocol.State) protocol.Status {
	e.t.Helper()
	var status protocol.Status
	e.Expect(Expectation{fmt.Sprintf("state %q", want), func(s *State) Verdict {
		if len(s.Status) == 0 {
			return Unmet
		}
		switch last := s.Status[len(s.Status)-1]; last.State {
		case want:
			status = last
			return Met
		case protocol.StateFailed, protocol.StateCrashed:
			return Unmeetable
		}
		return Unmet
	}})
	return status
}

// ExpectHold waits until saves are withheld as wanted. A reload that comes
// though they shall be fails the test.
func (e *Editor) ExpectHold(want protocol.Hold) protocol.Status {
	e.t.Helper()
	var status protocol.Status
	e.Expect(Expectation{fmt.Sprintf("saves withheld as %+v", want), func(s *State) Verdict {
		if n := len(s.Status); n > 0 && s.Status[n-1].Hold == want {
			status = s.Status[n-1]
			return Met
		}
		if _, reloaded := s.final(); reloaded && want.Withheld > 0 {
			return Unmeetable
		}
		return Unmet
	}})
	return status
}

// Finding is an expected diagnostic.
type Finding struct {
	Line    int    // counts from 1
	Message string // regular expression
}

// ExpectDiagnostics waits until the file at path shows exactly these findings,
// in any order. A build that has failed with other ones fails the test.
func (e *Editor) ExpectDiagnostics(path string, want ...Finding) []protocol.LSPDiagnostic {
	e.t.Helper()
	var shown []protocol.LSPDiagnostic
	e.Expect(Expectation{fmt.Sprintf("diagnostics %v in %s", want, path), func(s *State) Verdict {
		shown = s.Diagnostics[path]
		if matches(shown, want) {
			return Met
		}
		if r, ok := s.final(); ok && r.Outcome == protocol.OutcomeBuildFailed {
			return Unmeetable
		}
		return Unmet
	}})
	return shown
}

// matches tells whether each diagnostic is one of the findings, and each
// finding one of the diagnostics.
func matches(shown []protocol.LSPDiagnostic, want []Finding) bool {
	rest := slices.Clone(shown)
	for _, w := range want {
		pattern := regexp.MustCompile(w.Message)
		i := slices.IndexFunc(rest, func(d protocol.LSPDiagnostic) bool {
			return d.Range.Start.Line == w.Line-1 && pattern.MatchString(d.Message)
		})
		if i < 0 {
			return false
		}
		rest = slices.Delete(rest, i, i+1)
	}
	return len(rest) == 0
}

// ExpectLog waits for a log entry whose text matches pattern.
func (e *Editor) ExpectLog(pattern string) protocol.LogEntry {
	e.t.Helper()
	re := regexp.MustCompile(pattern)
	var entry protocol.LogEntry
	e.Expect(Expectation{"a log entry that matches " + pattern, func(s *State) Verdict {
		i := slices.IndexFunc(s.Logs, func(e protocol.LogEntry) bool { return re.MatchString(e.Text) })
		if i < 0 {
			return Unmet
		}
		entry = s.Logs[i]
		return Met
	}})
	return entry
}

// ExpectMessage waits for a window/showMessage that matches pattern.
func (e *Editor) ExpectMessage(pattern string) protocol.MessageParams {
	e.t.Helper()
	re := regexp.MustCompile(pattern)
	var message protocol.MessageParams
	e.Expect(Expectation{"a message that matches " + pattern, func(s *State) Verdict {
		i := slices.IndexFunc(s.Shown, func(m protocol.MessageParams) bool { return re.MatchString(m.Message) })
		if i < 0 {
			return Unmet
		}
		message = s.Shown[i]
		return Met
	}})
	return message
}

// ExpectEnd waits until the daemon has ended the connection.
func (e *Editor) ExpectEnd() {
	e.t.Helper()
	e.Expect(Expectation{"the end of the connection", func(s *State) Verdict {
		if s.Ended {
			return Met
		}
		return Unmet
	}})
}
