package tui

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// tabWidth is how many columns a tab takes at most.
const tabWidth = 8

// Styles of what is hotdev's own; SGR parameters (ECMA-48 8.3.117).
var (
	dim    = ansi.NewStyle(ansi.AttrFaint)
	bold   = ansi.NewStyle(ansi.AttrBold)
	active = ansi.NewStyle(ansi.AttrBold, ansi.AttrReverse)
	red    = ansi.NewStyle(ansi.AttrRedForegroundColor)
	yellow = ansi.NewStyle(ansi.AttrYellowForegroundColor)
	cyan   = ansi.NewStyle(ansi.AttrCyanForegroundColor)
)

// fit makes s exactly width columns wide: what is too much is cut off with an
// ellipsis, what is missing is blank.
func fit(m ansi.Method, s string, width int) string {
	if width <= 0 {
		return ""
	}
	w := m.StringWidth(s)
	if w > width {
		s = m.Truncate(s, width, "…")
		w = m.StringWidth(s) // less than width where a wide character does not fit
	}
	return s + strings.Repeat(" ", max(0, width-w))
}

// flatten makes a line of clean text as wide on every terminal: tabs become
// spaces, and of pictures that are several characters, which terminals do not
// agree on (👨‍👩‍👧, ❤️), the first one stays.
func flatten(s string) string {
	s = expandTabs(s)
	if !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) || ansi.StringWidth(s) == ansi.StringWidthWc(s) {
		return s
	}
	var b strings.Builder
	var state byte
	for len(s) > 0 {
		seq, width, n, next := ansi.DecodeSequence(s, state, nil)
		s, state = s[n:], next
		first, size := utf8.DecodeRuneInString(seq)
		if width > 0 && !unicode.IsLetter(first) && width != ansi.StringWidthWc(seq) {
			seq = seq[:size]
		}
		b.WriteString(seq)
	}
	return b.String()
}

// expandTabs replaces tabs by spaces up to the next multiple of tabWidth.
func expandTabs(s string) string {
	if !strings.Contains(s, "\t") {
		return s
	}
	var b strings.Builder
	column := 0
	for i, part := range strings.Split(s, "\t") {
		if i > 0 {
			n := tabWidth - column%tabWidth
			b.WriteString(strings.Repeat(" ", n))
			column += n
		}
		b.WriteString(part)
		column += ansi.StringWidth(part)
	}
	return b.String()
}

// highlight shows the byte ranges of a styled line's plain text in reverse video;
// the ranges are in order and do not overlap.
func highlight(styled string, ranges [][2]int) string {
	if len(ranges) == 0 {
		return styled
	}
	var b strings.Builder
	parser := ansi.GetParser()
	defer ansi.PutParser(parser)
	at, marked := 0, false
	var state byte
	for len(styled) > 0 {
		seq, width, n, next := ansi.DecodeSequence(styled, state, parser)
		styled, state = styled[n:], next
		if width == 0 && strings.HasPrefix(seq, "\x1b") {
			b.WriteString(seq)
			if marked {
				b.WriteString(reverse) // seq may have reset it
			}
			continue
		}
		for len(ranges) > 0 && at >= ranges[0][1] {
			ranges = ranges[1:]
		}
		if in := len(ranges) > 0 && at+len(seq) > ranges[0][0]; in != marked {
			marked = in
			b.WriteString(map[bool]string{true: reverse, false: noReverse}[in])
		}
		b.WriteString(seq)
		at += len(seq)
	}
	if marked {
		b.WriteString(noReverse)
	}
	return b.String()
}

// separate makes the styles of rows that are parts of one text end with each row
// and begin again with the next one.
func separate(rows []string) []string {
	parser := ansi.GetParser()
	defer ansi.PutParser(parser)
	var open, link string // what styles the text that follows
	for i, row := range rows {
		before := link + open
		var state byte
		for rest := row; len(rest) > 0; {
			seq, _, n, next := ansi.DecodeSequence(rest, state, parser)
			rest, state = rest[n:], next
			switch {
			case ansi.HasCsiPrefix(seq) && parser.Command() == 'm':
				if open += seq; seq == "\x1b[0m" || seq == "\x1b[m" {
					open = ""
				}
			case ansi.HasOscPrefix(seq) && parser.Command() == 8:
				link = seq
			}
		}
		rows[i] = before + row
		if open != "" {
			rows[i] += ansi.ResetStyle
		}
		if link != "" {
			rows[i] += ansi.ResetHyperlink()
		}
	}
	return rows
}

const (
	reverse   = "\x1b[7m"
	noReverse = "\x1b[27m"
)

// join writes the parts that are not empty with a dot between them.
func join(parts ...string) string {
	kept := parts[:0:0]
	for _, p := range parts {
		if p != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, " · ")
}
