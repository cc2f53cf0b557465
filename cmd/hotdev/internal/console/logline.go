package console

import (
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/hotdev/hotdev/rpc/protocol"
)

// Log renders one log line. The app's own lines stay as they are: with
// colours their SGR sequences and hyperlinks are kept, everything that would
// move the cursor or change the terminal's modes is taken out.
func (f Format) Log(e protocol.LogEntry) string {
	text := f.Clean(e.Text)
	switch e.Stream {
	case "build":
		return f.paint(dim, "build: ") + text
	case "hotdev":
		return f.paint(dim, "hotdev: ") + f.paint(levelStyle(e.Level), text)
	default:
		return text
	}
}

func levelStyle(level string) style {
	switch level {
	case "error":
		return red
	case "warn":
		return yellow
	default:
		return ""
	}
}

// Clean makes one line of anybody's text safe to show. Of a line that rewrites
// itself with carriage returns (progress bars) only the last state is kept.
func (f Format) Clean(text string) string {
	text = strings.TrimRight(strings.ToValidUTF8(text, "\ufffd"), "\r")
	if i := strings.LastIndexByte(text, '\r'); i >= 0 {
		text = text[i+1:]
	}
	if !strings.ContainsFunc(text, isControl) {
		return text
	}
	var b strings.Builder
	styled, linked := false, false
	parser := ansi.GetParser()
	defer ansi.PutParser(parser)
	var state byte
	for len(text) > 0 {
		seq, width, n, next := ansi.DecodeSequence(text, state, parser)
		state, text = next, text[n:]
		switch {
		case width > 0 || seq == "\t" || !strings.ContainsFunc(seq, isControl):
			b.WriteString(seq)
		case !f.Color:
		case ansi.HasCsiPrefix(seq) && parser.Command() == 'm':
			b.WriteString(seq)
			styled = true
		case ansi.HasOscPrefix(seq) && parser.Command() == 8:
			b.WriteString(seq)
			linked = true
		}
	}
	if linked {
		b.WriteString("\x1b]8;;\x1b\\")
	}
	if styled {
		b.WriteString("\x1b[0m")
	}
	return b.String()
}

// cleanLines is Clean for each line of text.
func (f Format) cleanLines(text string) string {
	if !strings.ContainsFunc(text, isControl) {
		return text
	}
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		lines[i] = f.Clean(l)
	}
	return strings.Join(lines, "\n")
}

// isControl reports whether r is a C0 or C1 control code or DEL, or changes the
// direction of what follows (UAX #9, explicit formatting characters).
func isControl(r rune) bool {
	return r < 0x20 || r >= 0x7f && r < 0xa0 || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
}
