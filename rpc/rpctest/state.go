package rpctest

import (
	"fmt"
	"strings"

	"github.com/hotdev/hotdev/rpc/protocol"
	"github.com/hotdev/hotdev/rpc/wire"
)

// State is what an editor was told so far. "Since" means since the last thing
// that the editor did: a save or a command.
type State struct {
	Diagnostics map[string][]protocol.LSPDiagnostic // by path; as shown
	Published   []protocol.PublishDiagnosticsParams // all, in order
	Status      []protocol.Status                   // since
	Reloads     []protocol.Reload                   // since
	Breakpoints []protocol.Breakpoint               // all
	Logs        []protocol.LogEntry
	Shown       []protocol.MessageParams // window/showMessage
	Logged      []protocol.MessageParams // window/logMessage
	Progress    []protocol.ProgressParams
	Ended       bool // the connection
	EndedBy     error
}

// take adds what a notification tells.
func (s *State) take(method string, params []byte) error {
	switch method {
	case protocol.MethodPublishDiagnostics:
		return taken(params, func(p protocol.PublishDiagnosticsParams) {
			s.Published = append(s.Published, p)
			path, err := protocol.FilePath(p.URI)
			if err != nil {
				path = p.URI
			}
			s.Diagnostics[path] = p.Diagnostics
		})
	case protocol.MethodStatus:
		return taken(params, func(p protocol.Status) { s.Status = append(s.Status, p) })
	case protocol.MethodReloaded:
		return taken(params, func(p protocol.Reload) { s.Reloads = append(s.Reloads, p) })
	case protocol.MethodBreakpointsChanged:
		return taken(params, func(p protocol.BreakpointsResult) { s.Breakpoints = p.Breakpoints })
	case protocol.MethodLog:
		return taken(params, func(p protocol.LogParams) { s.Logs = append(s.Logs, p.Entries...) })
	case protocol.MethodShowMessage:
		return taken(params, func(p protocol.MessageParams) { s.Shown = append(s.Shown, p) })
	case protocol.MethodLogMessage:
		return taken(params, func(p protocol.MessageParams) { s.Logged = append(s.Logged, p) })
	case protocol.MethodProgress:
		return taken(params, func(p protocol.ProgressParams) { s.Progress = append(s.Progress, p) })
	}
	return fmt.Errorf("a notification that no editor knows")
}

func taken[P any](params []byte, f func(P)) error {
	var p P
	if err := wire.Unmarshal(params, &p); err != nil {
		return err
	}
	f(p)
	return nil
}

// final returns the reload that the editor's last act came to, once it has.
func (s *State) final() (r protocol.Reload, ok bool) {
	for _, r := range s.Reloads {
		if r.Outcome != protocol.OutcomeSuperseded {
			return r, true
		}
	}
	return r, false
}

// String is for the message of a failed test.
func (s *State) String() string {
	var b strings.Builder
	for path, list := range s.Diagnostics {
		for _, d := range list {
			fmt.Fprintf(&b, "  diagnostic %s:%d:%d: %s\n", path, d.Range.Start.Line+1, d.Range.Start.Character+1, d.Message)
		}
	}
	for _, st := range s.Status {
		fmt.Fprintf(&b, "  status %s rev %d: %s\n", st.State, st.Rev, st.Message)
	}
	for _, r := range s.Reloads {
		fmt.Fprintf(&b, "  reload rev %d %s: %s (%s)\n", r.Rev, r.Outcome, r.Reason, r.Message)
	}
	for _, p := range s.Breakpoints {
		fmt.Fprintf(&b, "  breakpoint %s:%d verified %v: %s\n", p.File, p.Line, p.Verified, p.Message)
	}
	for _, m := range append(s.Shown, s.Logged...) {
		fmt.Fprintf(&b, "  message %d: %s\n", m.Type, m.Message)
	}
	for _, e := range s.Logs[max(0, len(s.Logs)-30):] {
		fmt.Fprintf(&b, "  log %d %s: %s\n", e.Seq, e.Stream, e.Text)
	}
	if s.Ended {
		fmt.Fprintf(&b, "  the connection has ended: %v\n", s.EndedBy)
	}
	if b.Len() == 0 {
		return "  nothing was told"
	}
	return strings.TrimSuffix(b.String(), "\n")
}
