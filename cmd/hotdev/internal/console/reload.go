package console

import (
	"fmt"
	"strings"

	"github.com/hotdev/hotdev/rpc/protocol"
)

// Reload renders the record of a reload: one line, and for a failed one the
// diagnostics below it.
func (f Format) Reload(r protocol.Reload) string {
	mark, st := "✓ ", green
	switch r.Outcome {
	case protocol.OutcomeBuildFailed, protocol.OutcomeStartFailed:
		mark, st = "✗ ", red
	case protocol.OutcomeSuperseded, protocol.OutcomeUnchanged:
		mark, st = "· ", dim
	}
	var b strings.Builder
	b.WriteString(f.paint(st, mark+r.Title()))
	b.WriteString(dotted(join(f.cause(r), f.cleanLines(outcome(r)), millis(r.Total)+f.phases(r.Phases), ahead(r), f.slowly(r.Build))))
	for _, d := range r.Diagnostics {
		b.WriteByte('\n')
		b.WriteString(f.Diagnostic(d))
	}
	return b.String()
}

func ahead(r protocol.Reload) string {
	if !r.Ahead {
		return ""
	}
	return "built before the save"
}

// slowly says why go build was used; "" when it was not, or had to be.
func (f Format) slowly(b *protocol.Build) string {
	if b == nil || b.Method != protocol.BuildGo || b.Reason == "" {
		return ""
	}
	return f.paint(dim, f.Build(*b))
}

// cause names the files of a save, or the reason of a command.
func (f Format) cause(r protocol.Reload) string {
	switch n := len(r.Files); n {
	case 0:
		return f.cleanLines(r.Reason)
	case 1, 2, 3:
		names := make([]string, n)
		for i, file := range r.Files {
			names[i] = f.Path(file)
		}
		return strings.Join(names, ", ")
	default:
		return fmt.Sprintf("%s and %d more files", f.Path(r.Files[0]), n-1)
	}
}

func outcome(r protocol.Reload) string {
	if r.Message != "" {
		return r.Message
	}
	switch r.Outcome {
	case protocol.OutcomeUnchanged:
		return "same program, nothing restarted"
	case protocol.OutcomeBrowser:
		return "pages reload"
	case protocol.OutcomeConfig:
		return "settings read again"
	case protocol.OutcomeBuilt:
		return "built"
	case protocol.OutcomeBuildFailed:
		return "build failed"
	case protocol.OutcomeStartFailed:
		return "did not start"
	case protocol.OutcomeSuperseded:
		return "overtaken by a newer save"
	case protocol.OutcomeRestarted:
		return "restarted"
	default: // swapped and rolledBack go without saying
		return ""
	}
}

// phases writes " (compile 210 · link 150)" in ms, without the phases that did
// not take place.
func (f Format) phases(p protocol.Phases) string {
	part := func(name string, ms float64) string {
		if ms < 0.5 {
			return ""
		}
		return fmt.Sprintf("%s %.0f", name, ms)
	}
	s := join(part("queue", p.Queue), part("check", p.Check), part("compile", p.Compile), part("link", p.Link),
		part("launch", p.Launch), part("ready", p.Ready), part("first response", p.FirstResponse))
	if s == "" {
		return ""
	}
	return f.paint(dim, " ("+s+")")
}
