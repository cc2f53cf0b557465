package tui

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/hotdev/hotdev/rpc/protocol"
)

// errorLines lists what is wrong, each with its source line.
func errorLines(f Format, list []protocol.Diagnostic) []string {
	if len(list) == 0 {
		return []string{dim.Styled("nothing is wrong")}
	}
	var lines []string
	for _, d := range list {
		for l := range strings.SplitSeq(f.Diagnostic(d), "\n") {
			lines = append(lines, flatten(l))
		}
	}
	return lines
}

// historyLines lists reloads, the newest first.
func historyLines(f Format, list []protocol.Reload) []string {
	if len(list) == 0 {
		return []string{dim.Styled("nothing was saved yet")}
	}
	var lines []string
	for _, r := range list {
		lines = append(lines, dim.Styled(f.Clock(r.Time))+"  "+reloadLine(f, r))
	}
	return lines
}

// reloadLine renders a reload without its diagnostics, which have a pane.
func reloadLine(f Format, r protocol.Reload) string {
	r.Diagnostics = nil
	return flatten(strings.ReplaceAll(f.Reload(r), "\n", " "))
}

// routeLines lists the running version's routes with their numbers.
func routeLines(f Format, m ansi.Method, list []protocol.Route) []string {
	if len(list) == 0 {
		return []string{dim.Styled("no routes are known: the app has printed none yet (gin does in its debug mode)")}
	}
	rows := [][]string{{"METHOD", "PATH", "HITS", "ERRORS", "P50", "HANDLER", ""}}
	for _, r := range list {
		p50 := ""
		if r.Hits > 0 {
			p50 = fmt.Sprintf("%.1f ms", r.P50)
		}
		rows = append(rows, []string{r.Method, r.Path, fmt.Sprint(r.Hits), fmt.Sprint(r.Errors), p50, r.Handler, place(f, r.File, r.Line)})
	}
	lines := table(f, m, rows, "  >>>  ")
	lines[0] = dim.Styled(lines[0])
	for i, r := range list {
		if r.Errors > 0 {
			lines[i+1] = red.Styled(lines[i+1])
		}
	}
	return lines
}

// breakpointLines lists breakpoints; a hollow mark has one that is not in the
// running version.
func breakpointLines(f Format, m ansi.Method, list []protocol.Breakpoint) []string {
	if len(list) == 0 {
		return []string{dim.Styled("no breakpoints")}
	}
	rows := make([][]string, len(list))
	for i, b := range list {
		var what []string
		for _, part := range [][2]string{{"if", b.Condition}, {"hits", b.HitCondition}, {"log", b.LogMessage}} {
			if part[1] != "" {
				what = append(what, part[0]+" "+part[1])
			}
		}
		rows[i] = []string{place(f, b.File, b.Line), strings.Join(what, ", "), b.Owner, b.Message}
	}
	lines := table(f, m, rows, "    ")
	for i, b := range list {
		mark := red.Styled("● ")
		if !b.Verified {
			mark, lines[i] = "○ ", dim.Styled(lines[i])
		}
		lines[i] = mark + lines[i]
	}
	return lines
}

// place writes file:line, "" without a file.
func place(f Format, file string, line int) string {
	if file == "" {
		return ""
	}
	return fmt.Sprintf("%s:%d", f.Path(file), line)
}

// table sets rows in columns; those with a > in align stand at the right.
func table(f Format, m ansi.Method, rows [][]string, align string) []string {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			row[i] = flatten(f.Clean(cell))
			widths[i] = max(widths[i], m.StringWidth(row[i]))
		}
	}
	lines := make([]string, len(rows))
	for i, row := range rows {
		for j, cell := range row {
			pad := strings.Repeat(" ", widths[j]-m.StringWidth(cell))
			if align[j] == '>' {
				lines[i] += pad + cell + "  "
			} else if widths[j] > 0 {
				lines[i] += cell + pad + "  "
			}
		}
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return lines
}

// details is the second line of the head: what the state line leaves out.
func details(f Format, st protocol.Status) string {
	app, requests := st.App, ""
	if st.Profile != "" {
		app += " (" + st.Profile + ")"
	}
	if r := st.Running; r != nil {
		if q := r.Requests; q.Count > 0 || q.InFlight > 0 {
			requests = fmt.Sprintf("%d requests, %d failed, %d open, p50 %.1f p95 %.1f p99 %.1f ms", q.Count, q.Errors, q.InFlight, q.P50, q.P95, q.P99)
		}
	}
	return f.Clean(join(app, requests, debugger(st.Debug)))
}

// debugger says what is worth to know of the debugger; "" is nothing.
func debugger(d protocol.Debug) string {
	switch d.State {
	case "", "off", "idle":
		return ""
	case "attached":
		return fmt.Sprintf("debugger attached (%d)", d.Clients)
	default:
		return strings.TrimSpace("debugger " + d.State + " " + d.Reason)
	}
}
