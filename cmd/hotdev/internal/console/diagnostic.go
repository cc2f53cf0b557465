package console

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"

	"github.com/hotdev/hotdev/rpc/protocol"
)

// tabWidth is how many columns a tab of a quoted source line takes.
const tabWidth = 4

// Diagnostic renders d as path:line:col: message, with the source line and a
// caret below it when the file can be read, then its related places and its
// mend.
func (f Format) Diagnostic(d protocol.Diagnostic) string {
	var b strings.Builder
	b.WriteString(f.paint(bold, f.position(d.File, d.Line, d.Col)+": "))
	b.WriteString(f.paint(severityStyle(d.Severity), severityPrefix(d.Severity)+f.indent(d.Message)))
	b.WriteString(f.quote(d))
	for _, r := range d.Related {
		fmt.Fprintf(&b, "\n    %s: %s", f.position(r.File, r.Line, r.Col), f.indent(r.Message))
	}
	if d.Fix != nil {
		b.WriteString("\n    " + f.paint(cyan, "mend: "+f.Clean(strings.Join(d.Fix.Command, " "))))
	}
	return b.String()
}

// indent sets the further lines of a message apart from the next diagnostic.
func (f Format) indent(message string) string {
	return strings.ReplaceAll(f.cleanLines(message), "\n", "\n    ")
}

// position writes file:line:col, without the parts that are unknown.
func (f Format) position(file string, line, col int) string {
	s := f.Path(file)
	if line > 0 {
		s += fmt.Sprintf(":%d", line)
		if col > 0 {
			s += fmt.Sprintf(":%d", col)
		}
	}
	return s
}

func severityStyle(severity string) style {
	switch severity {
	case "error":
		return red
	case "warning":
		return yellow
	default:
		return cyan
	}
}

// severityPrefix marks everything that is not an error, as compilers do.
func severityPrefix(severity string) string {
	if severity == "error" {
		return ""
	}
	return severity + ": "
}

// quote returns the source line of d and a marker below it, each on a line of
// its own with a leading line break; "" when there is nothing to show.
func (f Format) quote(d protocol.Diagnostic) string {
	if f.ReadFile == nil || d.Line < 1 {
		return ""
	}
	data, err := f.ReadFile(d.File)
	if err != nil {
		return ""
	}
	line, ok := nthLine(data, d.Line)
	if !ok || !utf8.ValidString(line) {
		return ""
	}
	gutter := fmt.Sprintf("%5d | ", d.Line)
	blank := strings.Repeat(" ", len(gutter)-2) + "| "
	text, marker := expandTabs(line), ""
	if d.Col >= 1 && d.Col <= len(line)+1 {
		start := ansi.StringWidth(expandTabs(line[:d.Col-1]))
		marker = strings.Repeat(" ", start) + "^" + strings.Repeat("~", tildes(d, line, start))
		text, marker = window(text, marker, start, f.Width-len(gutter)-1)
	}
	quoted := "\n" + f.paint(dim, gutter) + strings.TrimRight(text, " ")
	if marker != "" {
		quoted += "\n" + f.paint(dim, blank) + f.paint(severityStyle(d.Severity), marker)
	}
	return quoted
}

// tildes returns how many columns after the caret at column start belong to d.
func tildes(d protocol.Diagnostic, line string, start int) int {
	if d.EndLine != d.Line || d.EndCol <= d.Col || d.EndCol > len(line)+1 {
		return 0
	}
	return max(0, ansi.StringWidth(expandTabs(line[:d.EndCol-1]))-start-1)
}

// window cuts text and its marker to width columns such that the caret at
// column start stays visible; a width below 20 cuts nothing.
func window(text, marker string, start, width int) (string, string) {
	if width < 20 || ansi.StringWidth(text) <= width {
		return text, marker
	}
	left := 0
	if start >= width-10 {
		left = start - width/2
	}
	text, marker = ansi.Cut(text, left, left+width), ansi.Cut(marker, left, left+width)
	return text, marker
}

// nthLine returns line n (from 1) of data without its line end.
func nthLine(data []byte, n int) (string, bool) {
	for ; n > 1; n-- {
		_, after, ok := bytes.Cut(data, []byte("\n"))
		if !ok {
			return "", false
		}
		data = after
	}
	line, _, _ := bytes.Cut(data, []byte("\n"))
	return strings.TrimRight(string(line), "\r"), true
}

// expandTabs replaces tabs by spaces up to the next multiple of tabWidth, and
// other control characters by one space each.
func expandTabs(s string) string {
	if !strings.ContainsFunc(s, isControl) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\t':
			w := ansi.StringWidth(b.String())
			b.WriteString(strings.Repeat(" ", tabWidth-w%tabWidth))
		case isControl(r):
			b.WriteByte(' ')
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
