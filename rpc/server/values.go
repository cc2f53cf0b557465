package server

import (
	"time"

	"github.com/hotdev/hotdev/rpc/protocol"
	"github.com/hotdev/hotdev/session"
	"github.com/hotdev/hotdev/session/build"
	"github.com/hotdev/hotdev/session/diag"
)

// timestamp is t as the protocol has it: RFC 3339 with milliseconds.
func timestamp(t time.Time) string { return t.Format("2006-01-02T15:04:05.000Z07:00") }

// milliseconds is d as the protocol has it.
func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func (c *client) convertStatus(s session.Status) protocol.Status {
	converted := protocol.Status{
		App:         s.App,
		State:       protocol.State(s.State),
		Message:     s.Message,
		Rev:         s.Rev,
		Profile:     s.Profile,
		Workspace:   s.Root,
		Diagnostics: s.Diagnostics,
		Hold:        protocol.Hold{Clients: s.Hold.Holds, Withheld: s.Hold.Withheld},
		Debug:       convertDebug(s.Debug),
		Proxy:       protocol.Proxy(s.Proxy),
		Daemon:      c.srv.daemon(),
	}
	if r := s.Running; r != nil {
		converted.Running = &protocol.Running{
			Rev:       r.Rev,
			BuildID:   r.BuildID,
			PID:       r.PID,
			Address:   r.Address,
			StartedAt: timestamp(r.StartedAt),
			Requests: protocol.Requests{
				Count:    r.Requests.Requests,
				Errors:   r.Requests.Errors,
				InFlight: r.Requests.InFlight,
				P50:      milliseconds(r.Requests.P50),
				P95:      milliseconds(r.Requests.P95),
				P99:      milliseconds(r.Requests.P99),
			},
		}
		for _, l := range r.Listeners {
			converted.Running.Listeners = append(converted.Running.Listeners, protocol.Listener(l))
		}
	}
	if b := s.LastBuild; b != nil {
		converted.LastBuild = &protocol.LastBuild{Rev: b.Rev, OK: b.OK, Reason: b.Reason, Build: convertBuild(b.Build), Phases: convertPhases(b.Phases)}
	}
	return converted
}

func convertBuild(h build.How) *protocol.Build {
	if h.Method == "" {
		return nil
	}
	return &protocol.Build{Method: protocol.BuildMethod(h.Method), Reason: h.Reason, Link: h.Link}
}

func convertDebug(d session.DebugStatus) protocol.Debug {
	return protocol.Debug{Mode: d.Mode, State: string(d.State), Reason: d.Reason, Clients: d.Clients, Endpoint: d.Endpoint}
}

func convertPhases(p session.Phases) protocol.Phases {
	return protocol.Phases{
		Queue:         milliseconds(p.Queue),
		Check:         milliseconds(p.Check),
		Compile:       milliseconds(p.Compile),
		Link:          milliseconds(p.Link),
		Launch:        milliseconds(p.Launch),
		Ready:         milliseconds(p.Ready),
		FirstResponse: milliseconds(p.FirstResponse),
	}
}

// ConvertReload returns r as the protocol has it.
func ConvertReload(r session.Reload) protocol.Reload {
	converted := protocol.Reload{
		Rev:     r.Rev,
		BackTo:  r.BackTo,
		Time:    timestamp(r.Time),
		Reason:  r.Reason,
		Files:   r.Files,
		Outcome: protocol.Outcome(r.Outcome),
		Message: r.Message,
		Build:   convertBuild(r.Build),
		Phases:  convertPhases(r.Phases),
		Total:   milliseconds(r.Total),
		BuildID: r.BuildID,
		Ahead:   r.Ahead,
	}
	if s := r.Speculation; s.Builds > 0 {
		converted.Speculation = &protocol.Speculation{Builds: s.Builds, CPU: milliseconds(s.CPU), Wall: milliseconds(s.Wall)}
	}
	if len(r.Diagnostics) > 0 {
		converted.Diagnostics = convertDiagnostics(r.Diagnostics)
	}
	return converted
}

func convertLogs(entries []session.LogEntry) []protocol.LogEntry {
	converted := make([]protocol.LogEntry, 0, len(entries))
	for _, e := range entries {
		converted = append(converted, protocol.LogEntry{
			Seq:    e.Seq,
			Time:   timestamp(e.Time),
			Stream: string(e.Stream),
			Text:   e.Text,
			Level:  e.Level,
			File:   e.File,
			Line:   e.Line,
		})
	}
	return converted
}

func convertRoutes(routes []session.Route) []protocol.Route {
	converted := make([]protocol.Route, 0, len(routes))
	for _, r := range routes {
		converted = append(converted, protocol.Route{
			Method:  r.Method,
			Path:    r.Path,
			Handler: r.Handler,
			File:    r.File,
			Line:    r.Line,
			Hits:    r.Hits,
			Errors:  r.Errors,
			P50:     milliseconds(r.P50),
		})
	}
	return converted
}

func convertDiagnostics(list []diag.Diagnostic) []protocol.Diagnostic {
	converted := make([]protocol.Diagnostic, 0, len(list))
	for _, d := range list {
		c := protocol.Diagnostic{
			File:     d.File,
			Line:     d.Line,
			Col:      d.Col,
			EndLine:  d.EndLine,
			EndCol:   d.EndCol,
			Severity: severityName(d.Severity),
			Owner:    string(d.Owner),
			Code:     d.Code,
			Message:  d.Message,
			Fix:      convertFix(d.Fix),
		}
		for _, r := range d.Related {
			c.Related = append(c.Related, protocol.Related{File: r.File, Line: r.Line, Col: r.Col, Message: r.Message})
		}
		converted = append(converted, c)
	}
	return converted
}

func convertFix(f *diag.Fix) *protocol.Fix {
	if f == nil {
		return nil
	}
	converted := protocol.Fix(*f)
	return &converted
}

func severityName(s diag.Severity) string {
	switch s {
	case diag.Warning:
		return "warning"
	case diag.Info:
		return "info"
	case diag.Hint:
		return "hint"
	}
	return "error"
}
