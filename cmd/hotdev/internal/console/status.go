package console

import (
	"fmt"
	"strings"

	"github.com/hotdev/hotdev/rpc/protocol"
)

// Status renders the state as one line: what the app does, which version
// serves and where.
func (f Format) Status(st protocol.Status) string {
	st.Message = f.Clean(strings.ReplaceAll(st.Message, "\n", " "))
	switch st.State {
	case protocol.StateBuilding:
		return f.paint(yellow, fmt.Sprintf("● building rev %d…", st.Rev)) + dotted(join(st.Message, f.still(st)))
	case protocol.StateStarting:
		return f.paint(yellow, fmt.Sprintf("● starting rev %d…", st.Rev)) + dotted(f.still(st))
	case protocol.StateRunning, protocol.StatePaused:
		return f.running(st)
	case protocol.StateFailed:
		return f.failed(st)
	case protocol.StateCrashed:
		return f.paint(red, "● crashed") + dotted(st.Message)
	default: // idle, stopped
		return f.paint(dim, "● "+string(st.State)) + dotted(st.Message)
	}
}

func (f Format) running(st protocol.Status) string {
	word, hue := "running", green
	if st.State == protocol.StatePaused {
		word, hue = "paused", yellow
	}
	head, took := "● "+word, ""
	if r := st.Running; r != nil {
		head = fmt.Sprintf("● %s rev %d", word, r.Rev)
		if b := st.LastBuild; b != nil && b.OK && b.Rev == r.Rev {
			took = millis(total(b.Phases))
		}
	}
	problems := ""
	if st.Diagnostics > 0 {
		problems = f.paint(yellow, count(st.Diagnostics, "problem"))
	}
	return f.paint(hue, head) + dotted(join(took, AppURL(st), st.Message, problems))
}

// still says which older version goes on serving.
func (f Format) still(st protocol.Status) string {
	if st.Running == nil {
		return ""
	}
	s := fmt.Sprintf("rev %d still serves", st.Running.Rev)
	if u := AppURL(st); u != "" {
		s += " " + u
	}
	return s
}

// failed renders a failed build or start; its message already says what goes
// on serving.
func (f Format) failed(st protocol.Status) string {
	switch {
	case st.Diagnostics > 0:
		return f.paint(red, "● "+count(st.Diagnostics, "error")) + dotted(f.still(st))
	case st.Message != "":
		return f.paint(red, "● failed") + dotted(st.Message)
	default:
		return f.paint(red, "● failed") + dotted(f.still(st))
	}
}

// Build says what built a program, and why not in a quicker way.
func (f Format) Build(b protocol.Build) string {
	method := map[protocol.BuildMethod]string{
		protocol.BuildIncremental: "hotdev",
		protocol.BuildGo:          "go build",
		protocol.BuildCommand:     "the [build] command",
	}[b.Method]
	if b.Link != "" {
		method += ", linked by " + b.Link
	}
	if b.Reason != "" {
		method += ": " + b.Reason
	}
	return f.Clean(method)
}

func dotted(s string) string {
	if s == "" {
		return ""
	}
	return " · " + s
}
