package tui

import (
	"slices"
	"strings"
	"unicode"
)

// query selects log lines.
type query struct{ terms []term }

// term is one condition of a query.
type term struct {
	field string // stream or level; "": the line's text
	text  string
	not   bool // the line must not match
	fold  bool // upper and lower case are the same, as text has no upper case
}

// parseFilter reads a filter: words that must all be in a line, -WORD for one
// that must not, stream:NAME, and level:NAME for that level and worse.
func parseFilter(s string) query {
	var q query
	for word := range strings.FieldsSeq(s) {
		t := term{text: word}
		if rest, ok := strings.CutPrefix(word, "-"); ok && rest != "" {
			t.not, t.text = true, rest
		}
		for _, field := range []string{"stream", "level"} {
			if rest, ok := strings.CutPrefix(t.text, field+":"); ok && rest != "" {
				t.field, t.text = field, rest
			}
		}
		t.fold = folds(t.text)
		q.terms = append(q.terms, t)
	}
	return q
}

// parseSearch reads what is searched for: the text as it is.
func parseSearch(s string) query {
	if s == "" {
		return query{}
	}
	return query{[]term{{text: s, fold: folds(s)}}}
}

// folds reports whether text has no upper case letter.
func folds(text string) bool { return !strings.ContainsFunc(text, unicode.IsUpper) }

func (q query) empty() bool { return len(q.terms) == 0 }

func (q query) match(l *line) bool {
	for _, t := range q.terms {
		if t.match(l) == t.not {
			return false
		}
	}
	return true
}

func (t term) match(l *line) bool {
	switch t.field {
	case "stream":
		return l.stream == t.text
	case "level":
		return l.level != "" && slices.Index(levels, l.level) >= slices.Index(levels, t.text)
	default:
		return index(l.plain, t.text, t.fold) >= 0
	}
}

// levels are the levels of log lines, the worst one last.
var levels = []string{"debug", "info", "warn", "error"}

// ranges returns where in plain the texts are that q selects it for: byte
// ranges, in order and apart.
func (q query) ranges(plain string) (list [][2]int) {
	for _, t := range q.terms {
		if t.field != "" || t.not {
			continue
		}
		for at := 0; ; {
			i := index(plain[at:], t.text, t.fold)
			if i < 0 {
				break
			}
			list = append(list, [2]int{at + i, at + i + len(t.text)})
			at += i + len(t.text)
		}
	}
	slices.SortFunc(list, func(a, b [2]int) int { return a[0] - b[0] })
	return slices.CompactFunc(list, func(a, b [2]int) bool { return b[0] < a[1] })
}

// index returns where text first is in s, -1 if nowhere. With fold the letters
// A to Z of s are the same as a to z, which text has only.
func index(s, text string, fold bool) int {
	if !fold {
		return strings.Index(s, text)
	}
	first := text[0]
	for i := 0; i+len(text) <= len(s); i++ {
		if lower(s[i]) == first && equalFold(s[i:i+len(text)], text) {
			return i
		}
	}
	return -1
}

func equalFold(s, lowered string) bool {
	for i := range len(s) {
		if lower(s[i]) != lowered[i] {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
