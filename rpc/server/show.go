package server

import (
	"fmt"
	"strings"

	"github.com/hotdev/hotdev/rpc/protocol"
	"github.com/hotdev/hotdev/rpc/wire"
)

// show tells people the result of a command whose client would drop it: one
// that does not know hotdev/*.
func (c *client) show(result any, err error) {
	if then, ok := result.(wire.Then); ok {
		result = then.Result
	}
	m := protocol.MessageParams{Type: protocol.MessageInfo, Message: text(result)}
	if err != nil {
		m = protocol.MessageParams{Type: protocol.MessageError, Message: err.Error()}
	}
	if m.Message != "" {
		_ = c.conn.Notify(protocol.MethodShowMessage, m) // fails when the connection ends
	}
}

// text is a command's result for people; "" if there is nothing to say.
func text(result any) string {
	var lines []string
	switch r := result.(type) {
	case protocol.Status:
		line := fmt.Sprintf("%s, rev %d", r.State, r.Rev)
		if r.Message != "" {
			line += ": " + r.Message
		}
		lines = append(lines, line)
		if r.Running != nil && r.Running.Address != "" {
			lines = append(lines, fmt.Sprintf("rev %d serves on %s", r.Running.Rev, r.Running.Address))
		}
	case protocol.Reload:
		lines = append(lines, reloadText(r))
	case protocol.HistoryResult:
		for _, reload := range r.Reloads {
			lines = append(lines, reloadText(reload))
		}
	case protocol.WhyResult:
		line := fmt.Sprintf("%s: %s", r.Class, r.Reason)
		if b := r.Build; b != nil && b.Method == protocol.BuildGo && b.Reason != "" {
			line += fmt.Sprintf(" (built by go build: %s)", b.Reason)
		}
		lines = append(lines, line)
	case protocol.RoutesResult:
		for _, route := range r.Routes {
			lines = append(lines, fmt.Sprintf("%-7s %s → %s", route.Method, route.Path, route.Handler))
		}
	case protocol.LogParams:
		for _, e := range r.Entries[max(0, len(r.Entries)-maxMessage):] {
			lines = append(lines, e.Text)
		}
	case protocol.DiagnosticsResult:
		for _, d := range r.Diagnostics {
			lines = append(lines, fmt.Sprintf("%s:%d:%d: %s: %s", d.File, d.Line, d.Col, d.Severity, d.Message))
		}
	case protocol.BreakpointsResult:
		for _, b := range r.Breakpoints {
			line := b.Function
			if line == "" {
				line = fmt.Sprintf("%s:%d", b.File, b.Line)
			}
			if !b.Verified {
				line += " (not verified) " + b.Message
			}
			lines = append(lines, line)
		}
	case protocol.DebugEndpoint:
		lines = append(lines, "debug adapter on "+r.Network+":"+r.Address)
	}
	return strings.Join(lines, "\n")
}

func reloadText(r protocol.Reload) string {
	head := r.Title()
	if r.BackTo != 0 {
		head += ":"
	}
	line := fmt.Sprintf("%s %s in %.0f ms: %s", head, r.Outcome, r.Total, r.Reason)
	if r.Message != "" {
		line += " (" + r.Message + ")"
	}
	return line
}
